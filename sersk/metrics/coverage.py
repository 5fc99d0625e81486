"""Risk against coverage: how often answers are wrong if only the most confident are given."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk._utils.ranking import rank_answers
from sersk.metrics.calibration import top_confidence


def risk_coverage(
    y_true: ArrayLike, proba: ArrayLike, *, classes: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of clips that are answered, and of wrong answers, for each threshold.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        True labels.
    proba : array-like of shape (n_clips, n_classes)
        Probabilities. A clip is answered if the highest of its probabilities reaches a threshold.
    classes : array-like of shape (n_classes,) or None, default=None
        Labels of the columns of `proba`; None means the sorted labels of `y_true`.

    Returns
    -------
    coverage : ndarray of shape (n_thresholds,)
        Share of the clips that are answered, rising to 1.
    risk : ndarray of shape (n_thresholds,)
        Share of wrong answers among those [1]_.
    threshold : ndarray of shape (n_thresholds,)
        The thresholds, falling: each confidence that occurs.

    Raises
    ------
    ValueError
        If shapes do not fit together, a label is not among `classes`, or a probability is not
        between 0 and 1.

    See Also
    --------
    sersk.AbstainingClassifier : Gives the most confident answers only.
    sersk.RiskCoverageDisplay : Draws the curve.

    References
    ----------
    .. [1] R. El-Yaniv and Y. Wiener, "On the foundations of noise-free selective classification",
       Journal of Machine Learning Research, 11, 2010.

    Examples
    --------
    >>> from sersk.metrics import risk_coverage
    >>> proba = [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]]
    >>> coverage, risk, threshold = risk_coverage(["anger", "sad", "sad", "sad"], proba)
    >>> coverage.tolist(), risk.tolist(), threshold.tolist()
    ([0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 0.0, 0.25], [0.9, 0.8, 0.7, 0.6])
    """
    confidence, correct = top_confidence(y_true, proba, classes)
    return rank_answers(confidence, correct)

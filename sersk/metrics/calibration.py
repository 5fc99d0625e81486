"""Calibration: whether the confidence of a classifier agrees with its accuracy."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import Interval, validate_params


@validate_params(
    {
        "y_true": ["array-like"],
        "proba": ["array-like"],
        "classes": ["array-like", None],
        "n_bins": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def expected_calibration_error(
    y_true: ArrayLike, proba: ArrayLike, *, classes: ArrayLike | None = None, n_bins: int = 15
) -> float:
    """Return the mean distance between confidence and accuracy.

    The confidence of a prediction is the probability of the predicted class. Predictions are
    sorted by confidence into bins of equal width, open below and closed above. In each bin the
    mean confidence is compared with the share of correct predictions; the differences are
    averaged, weighted by the number of predictions in each bin.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        True labels.
    proba : array-like of shape (n_clips, n_classes)
        Probabilities of the classes.
    classes : array-like of shape (n_classes,), default=None
        Labels of the columns of `proba`; None means the sorted labels of `y_true`.
    n_bins : int, default=15
        Number of bins between 0 and 1; 15 is the number in the paper.

    Returns
    -------
    ece : float
        Between 0 (calibrated) and 1.

    Raises
    ------
    ValueError
        If shapes do not fit together, a label is not among `classes`, or a probability is not
        between 0 and 1.

    See Also
    --------
    sklearn.calibration.calibration_curve : The same bins, for two classes, as a curve.
    sklearn.metrics.log_loss : A proper score, which also rewards discrimination.

    Notes
    -----
    The value depends on the number of bins, and is biased upwards where bins hold few clips.
    Compare models on the same clips only.

    References
    ----------
    M. P. Naeini, G. F. Cooper, M. Hauskrecht (2015). Obtaining well calibrated probabilities
    using Bayesian binning. AAAI.

    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017). On calibration of modern neural
    networks. ICML.

    Examples
    --------
    Four clips with a confidence of 0.75, three of them classified correctly:

    >>> from sersk import expected_calibration_error
    >>> proba = [[0.75, 0.25]] * 4
    >>> expected_calibration_error(["anger", "anger", "anger", "sad"], proba)
    0.0
    >>> expected_calibration_error(["sad", "sad", "sad", "anger"], proba)
    0.5
    """
    confidence, correct = top_confidence(y_true, proba, classes)
    # searchsorted on the inner edges: a value on an edge goes to the bin below
    bins = np.searchsorted(np.linspace(0, 1, n_bins + 1)[1:-1], confidence)
    gaps = np.bincount(bins, confidence - correct, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(confidence))


def top_confidence(
    y_true: ArrayLike, proba: ArrayLike, classes: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the confidence of each prediction, and whether the prediction is correct.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        True labels.
    proba : array-like of shape (n_clips, n_classes)
        Probabilities of the classes.
    classes : array-like of shape (n_classes,), default=None
        Labels of the columns of `proba`; None means the sorted labels of `y_true`.

    Returns
    -------
    confidence : ndarray of shape (n_clips,)
        Highest probability of each clip: that of the predicted class.
    correct : ndarray of bool of shape (n_clips,)
        Whether the predicted class is the true one.

    Raises
    ------
    ValueError
        If shapes do not fit together, a label is not among `classes`, or a probability is not
        between 0 and 1.
    """
    true: NDArray[Any] = column_or_1d(y_true)
    proba = np.asarray(proba, dtype=float)
    labels: NDArray[Any] = np.unique(true) if classes is None else column_or_1d(classes)
    if proba.shape != (len(true), len(labels)) or len(true) == 0:
        raise ValueError(
            f"expected_calibration_error: proba has shape {proba.shape}; for {len(true)} labels "
            f"and {len(labels)} classes it should be {(len(true), len(labels))}, with at least "
            "1 clip."
        )
    if unknown := sorted(set(true.tolist()) - set(labels.tolist()), key=str):
        raise ValueError(
            f"expected_calibration_error: y_true holds {unknown}, which are not among the "
            f"classes {labels.tolist()}."
        )
    # Rows of float32 sum to 1 only approximately, so a value may exceed 1 a little.
    if not (proba >= 0).all() or not (proba <= 1 + 1e-6).all():
        raise ValueError(
            "expected_calibration_error: proba holds values that are not between 0 and 1; pass "
            "the result of predict_proba."
        )
    return proba.max(axis=1), labels[proba.argmax(axis=1)] == true

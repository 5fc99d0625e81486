"""Coverage and risk of answers that are ranked by confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rank_answers(
    confidence: NDArray[Any], correct: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
    """Return the share of answers at each threshold of confidence, and how many are wrong.

    Parameters
    ----------
    confidence : ndarray of shape (n_clips,)
        Confidence of each answer.
    correct : ndarray of bool of shape (n_clips,)
        Whether it is right.

    Returns
    -------
    coverage : ndarray of shape (n_thresholds,)
        Share of answers whose confidence is at least the threshold, rising to 1.
    risk : ndarray of shape (n_thresholds,)
        Share of wrong ones among these.
    threshold : ndarray of shape (n_thresholds,)
        Each confidence that occurs, falling.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk._utils.ranking import rank_answers
    >>> found = rank_answers(np.array([0.5, 0.9, 0.5]), np.array([False, True, True]))
    >>> [values.round(2).tolist() for values in found]
    [[0.33, 1.0], [0.0, 0.33], [0.9, 0.5]]
    """
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    # of equal confidences all or none are answered
    ends = np.flatnonzero(np.append(ranked[:-1] != ranked[1:], True))
    wrong = np.cumsum(~np.asarray(correct, bool)[order])[ends]
    return (ends + 1) / len(ranked), wrong / (ends + 1), ranked[ends]

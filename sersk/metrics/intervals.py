"""Intervals of shares and of their means, for as few clips as a single speaker has.

Intervals over speakers are in `metrics`: clips of one voice are alike, so these here say nothing
of other speakers.
"""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils._param_validation import Interval, validate_params


@validate_params(
    {
        "y_true": ["array-like"],
        "y_pred": ["array-like"],
        "clips": ["array-like", None],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def uar_interval(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    clips: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> tuple[float, float]:
    """Return a confidence interval of the UAR of one speaker over his or her clips.

    It says how the UAR might vary with other clips of the same speaker and the same model.

    Parameters
    ----------
    y_true : array-like of shape (n_predictions,)
        True labels.
    y_pred : array-like of shape (n_predictions,)
        Predicted labels.
    clips : array-like of shape (n_predictions,) or None, default=None
        Which clip was predicted, where one was several times, by models of different seeds: such
        predictions are no further evidence. None means that each is of another clip.
    confidence_level : float, default=0.95
        How often such an interval should hold the true value.

    Returns
    -------
    low, high : float
        Bounds in [0, 1]; the UAR is between them.

    Raises
    ------
    ValueError
        If the lengths differ, or there is no prediction.

    See Also
    --------
    bootstrap_by_speaker : Over speakers, for the score of a whole evaluation.

    Notes
    -----
    The stratified Wilson interval with equal weights [1]_: the recalls of the classes are shares,
    each with an interval of Wilson [2]_, narrowed such that their mean has the level wanted. Unlike
    an interval by bootstrap it does not shrink to a point where all clips, or none, are right. Of
    true recalls near 0 or 1 and few clips it holds somewhat fewer than it says, as Wilson's does:
    92 % in place of 95 % for three recalls of 0.98 and eight clips of each class.

    References
    ----------
    .. [1] X. Yan and X. G. Su (2010). Stratified Wilson and Newcombe confidence intervals for
       multiple binomial proportions. Statistics in Biopharmaceutical Research 2 (3).
    .. [2] E. B. Wilson (1927). Probable inference, the law of succession, and statistical
       inference. Journal of the American Statistical Association 22.

    Examples
    --------
    Of eight clips six right, and all of them:

    >>> from sersk.metrics import uar_interval
    >>> true = ["anger"] * 4 + ["sad"] * 4
    >>> low, high = uar_interval(true, ["anger"] * 3 + ["sad"] * 4 + ["anger"])
    >>> round(low, 2), round(high, 2)
    (0.41, 0.93)
    >>> low, high = uar_interval(true, true)
    >>> round(low, 2), high
    (0.68, 1.0)
    """
    true, predicted = column_or_1d(y_true), column_or_1d(y_pred)
    names: NDArray[Any] = np.arange(len(true)) if clips is None else column_or_1d(clips)
    check_consistent_length(true, predicted, names)
    if len(true) == 0:
        raise ValueError("uar_interval: y_true has 0 labels; at least 1 is needed.")
    right, n = [], []
    for label in np.unique(true):
        rows = true == label
        _, clip = np.unique(names[rows], return_inverse=True)
        share = np.bincount(clip, predicted[rows] == label) / np.bincount(clip)
        right.append(share.sum())
        n.append(len(share))
    low, high = _mean_of_wilson(np.array(right), np.array(n, dtype=float), confidence_level)
    return float(low), float(high)


def wilson_interval(
    right: ArrayLike, n: ArrayLike, confidence_level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's confidence intervals of shares.

    Parameters
    ----------
    right : array-like of shape (n_shares,)
        How many are right.
    n : array-like of shape (n_shares,)
        Of how many, at least 1 each.
    confidence_level : float, default=0.95
        How often such an interval should hold the true value.

    Returns
    -------
    low, high : ndarray of shape (n_shares,)
        Bounds in [0, 1].

    See Also
    --------
    scipy.stats.binomtest : The same for a single share, and other intervals.

    Examples
    --------
    >>> from sersk.metrics.intervals import wilson_interval
    >>> low, high = wilson_interval([5, 10], [10, 10])
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.24, 0.72], [0.76, 1.0])
    """
    z = stats.norm.ppf((1 + confidence_level) / 2)
    return _wilson(np.asarray(right, dtype=float), np.asarray(n, dtype=float), z)


def _wilson(
    right: NDArray[np.float64], n: NDArray[np.float64], z: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle = (right + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(right * (n - right) / n + z**2 / 4)
    # exact where none or all are right, whatever rounding did
    low = np.where(right <= 0, 0.0, np.clip(middle - half, 0, 1))
    return low, np.where(right >= n, 1.0, np.clip(middle + half, 0, 1))


def _mean_of_wilson(
    right: NDArray[np.float64], n: NDArray[np.float64], confidence_level: float
) -> tuple[float, float]:
    z = stats.norm.ppf((1 + confidence_level) / 2)
    # Variances at Wilson's middles: at the shares themselves they vanish where all are right.
    middle = (right + z**2 / 2) / (n + z**2)
    variance = middle * (1 - middle) / n
    narrowed = z * np.sqrt(variance.sum()) / np.sqrt(variance).sum()
    low, high = _wilson(right, n, narrowed)
    return float(low.mean()), float(high.mean())

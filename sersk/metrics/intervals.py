"""Confidence intervals: of scores over speakers (bootstrap), of one speaker over clips (Wilson).

Clips of one speaker are alike, so an interval over clips says nothing about other speakers.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d
from sklearn.utils._param_validation import Interval, validate_params

from sersk.metrics.scores import confusion_by_speaker, scores_of_confusions

# Resamples worked on at a time, so that memory does not grow with their number.
_CHUNK = 500


@validate_params(
    {
        "y_true": ["array-like"],
        "y_pred": ["array-like"],
        "groups": ["array-like"],
        "n_resamples": [Interval(Integral, 1, None, closed="left")],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def bootstrap_by_speaker(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    groups: ArrayLike,
    *,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
) -> dict[str, tuple[float, float]]:
    """Return confidence intervals of UAR, accuracy and macro F1 by resampling speakers.

    Clips of one speaker are alike, so whole speakers are drawn with replacement, each with all
    clips. The interval estimates how the score varies with the set of test speakers.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        True labels.
    y_pred : array-like of shape (n_clips,)
        Predicted labels.
    groups : array-like of shape (n_clips,)
        Speaker of each clip.
    n_resamples : int, default=2000
        Number of sets of speakers to draw.
    confidence_level : float, default=0.95
        Probability that such an interval contains the true value.
    random_state : int, RandomState instance or None, default=0
        Seed of the draws.

    Returns
    -------
    intervals : dict of str to (float, float)
        Lower and upper bound of ``"uar"``, ``"accuracy"`` and ``"macro_f1"``; NaN if there is
        only one speaker.

    Raises
    ------
    ValueError
        If the lengths differ, or there is no clip.

    See Also
    --------
    scipy.stats.bootstrap : Resampling of single observations.

    Notes
    -----
    The bounds are quantiles of the resampled values, further out than the nominal quantiles, as
    Hesterberg advises. Plain quantiles are too narrow for few speakers, by the ratio of the
    normal to Student's t distribution times ``sqrt((n - 1) / n)``.

    The models are not fitted again. The interval covers the choice of test speakers, not the
    choice of training speakers, and not the seed.

    References
    ----------
    T. C. Hesterberg (2015). What teachers should know about the bootstrap: resampling in the
    undergraduate statistics curriculum. The American Statistician 69 (4).

    A. C. Davison, D. V. Hinkley (1997). Bootstrap methods and their application. Cambridge
    University Press.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.metrics import bootstrap_by_speaker
    >>> y_true = np.tile(["anger", "sad"], 40)
    >>> y_pred = np.where(np.arange(80) % 5 == 0, "sad", y_true)
    >>> low, high = bootstrap_by_speaker(y_true, y_pred, np.arange(80) // 10)["accuracy"]
    >>> bool(low <= np.mean(y_true == y_pred) <= high)
    True
    """
    arrays: list[NDArray[Any]] = [column_or_1d(values) for values in (y_true, y_pred, groups)]
    check_consistent_length(*arrays)
    if len(arrays[0]) == 0:
        raise ValueError("bootstrap_by_speaker: y_true has 0 clips; at least 1 is needed.")
    confusions = confusion_by_speaker(*arrays)
    n_speakers = len(confusions)
    if n_speakers < 2:
        return dict.fromkeys(("uar", "accuracy", "macro_f1"), (np.nan, np.nan))
    rng = check_random_state(random_state)
    parts: list[dict[str, NDArray[np.float64]]] = []
    for start in range(0, n_resamples, _CHUNK):
        size = min(_CHUNK, n_resamples - start)
        times_drawn = rng.multinomial(n_speakers, np.full(n_speakers, 1 / n_speakers), size=size)
        parts.append(scores_of_confusions(np.tensordot(times_drawn, confusions, axes=1)))
    tail = _tail(confidence_level, n_speakers)
    intervals = {}
    for name in parts[0]:
        low, high = np.quantile(np.concatenate([part[name] for part in parts]), [tail, 1 - tail])
        intervals[name] = float(low), float(high)
    return intervals


def _tail(confidence_level: float, n_speakers: int) -> float:
    """Return the share of resampled values outside the interval, on each side."""
    t = stats.t.ppf((1 + confidence_level) / 2, n_speakers - 1)
    return float(stats.norm.cdf(-np.sqrt(n_speakers / (n_speakers - 1)) * t))


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
    """Return a confidence interval of the UAR of one speaker over the speaker's clips.

    It estimates how the UAR varies with other clips of the same speaker and the same model.

    Parameters
    ----------
    y_true : array-like of shape (n_predictions,)
        True labels.
    y_pred : array-like of shape (n_predictions,)
        Predicted labels.
    clips : array-like of shape (n_predictions,) or None, default=None
        Clip of each prediction. Predictions of one clip, by models of several seeds, count as
        one observation. None means that each prediction is of another clip.
    confidence_level : float, default=0.95
        Probability that such an interval contains the true value.

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
    each with a Wilson interval [2]_, narrowed such that their mean has the nominal level. Unlike
    a bootstrap interval, it does not shrink to a point where all clips are correct, or none. For
    true recalls near 0 or 1 and few clips its coverage is below the nominal level, as that of
    Wilson's interval is: 92 % instead of 95 % for three recalls of 0.98 and eight clips of each
    class.

    References
    ----------
    .. [1] X. Yan and X. G. Su (2010). Stratified Wilson and Newcombe confidence intervals for
       multiple binomial proportions. Statistics in Biopharmaceutical Research 2 (3).
    .. [2] E. B. Wilson (1927). Probable inference, the law of succession, and statistical
       inference. Journal of the American Statistical Association 22.

    Examples
    --------
    Six of eight clips correct, then all of them:

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
    """Return Wilson confidence intervals of shares.

    Parameters
    ----------
    right : array-like of shape (n_shares,)
        Number of correct observations, for each share.
    n : array-like of shape (n_shares,)
        Number of observations, at least 1 each.
    confidence_level : float, default=0.95
        Probability that such an interval contains the true value.

    Returns
    -------
    low, high : ndarray of shape (n_shares,)
        Bounds in [0, 1].

    See Also
    --------
    scipy.stats.binomtest : The same for a single share, and other intervals.

    Examples
    --------
    >>> from sersk.metrics import wilson_interval
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
    # exact at 0 and 1, despite rounding
    low = np.where(right <= 0, 0.0, np.clip(middle - half, 0, 1))
    return low, np.where(right >= n, 1.0, np.clip(middle + half, 0, 1))


def _mean_of_wilson(
    right: NDArray[np.float64], n: NDArray[np.float64], confidence_level: float
) -> tuple[float, float]:
    z = stats.norm.ppf((1 + confidence_level) / 2)
    # Variances at Wilson's centres: at the shares themselves they are 0 where all are correct.
    middle = (right + z**2 / 2) / (n + z**2)
    variance = middle * (1 - middle) / n
    narrowed = z * np.sqrt(variance.sum()) / np.sqrt(variance).sum()
    low, high = _wilson(right, n, narrowed)
    return float(low.mean()), float(high.mean())

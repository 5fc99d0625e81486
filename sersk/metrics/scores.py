"""What scikit-learn's metrics leave open: UAR by fold, calibration error, intervals by speaker.

Everything else of a report is scikit-learn's own function, called in `sersk.evaluation.report`.
"""

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.metrics import recall_score
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d
from sklearn.utils._param_validation import Interval, validate_params

# Resamples worked on at a time, so that memory does not grow with their number.
_CHUNK = 500


def unweighted_average_recall(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return the mean of the recalls of the classes that are in `y_true`.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        True labels.
    y_pred : array-like of shape (n_clips,)
        Predicted labels.

    Returns
    -------
    uar : float
        Between 0 and 1; 1 / n_classes is chance.

    Raises
    ------
    ValueError
        If the lengths differ, or there is no clip.

    See Also
    --------
    sklearn.metrics.balanced_accuracy_score : The same value; warns where a class is predicted
        that is not in `y_true`, as happens in every small fold.

    Examples
    --------
    >>> from sersk.metrics import unweighted_average_recall
    >>> unweighted_average_recall(["sad", "sad", "sad", "anger"], ["sad", "sad", "anger", "anger"])
    0.83...
    """
    labels = np.unique(np.asarray(y_true))
    return float(recall_score(y_true, y_pred, labels=labels, average="macro", zero_division=0.0))


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
    """Return how far confidence is from accuracy, on average over clips.

    Clips are sorted by the probability of their most probable class into bins of equal width,
    open below and closed above. In each bin the mean of these probabilities is compared with
    the share of clips that are classified rightly.

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
    sklearn.metrics.log_loss : A proper score, which also rewards telling classes apart.

    Notes
    -----
    The value depends on the number of bins, and is biased upwards where bins hold few clips:
    compare it between models on the same clips only.

    References
    ----------
    M. P. Naeini, G. F. Cooper, M. Hauskrecht (2015). Obtaining well calibrated probabilities
    using Bayesian binning. AAAI.

    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017). On calibration of modern neural
    networks. ICML.

    Examples
    --------
    Four clips at 0.75, three of them right:

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
    """Return the probability of each clip's most probable class, and whether it is the true one.

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
        Highest probability of each clip.
    correct : ndarray of bool of shape (n_clips,)
        Whether that class is the true one.

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
    # Rows of float32 add up to 1 only nearly, so may exceed it a little.
    if not (proba >= 0).all() or not (proba <= 1 + 1e-6).all():
        raise ValueError(
            "expected_calibration_error: proba holds values that are not between 0 and 1; pass "
            "what predict_proba gives."
        )
    return proba.max(axis=1), labels[proba.argmax(axis=1)] == true


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

    Clips of one speaker are alike, so what is drawn anew, with replacement, is speakers with
    all their clips: the interval says what another set of speakers might have given.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        True labels.
    y_pred : array-like of shape (n_clips,)
        Predicted labels.
    groups : array-like of shape (n_clips,)
        Speaker of each clip.
    n_resamples : int, default=2000
        How many sets of speakers to draw.
    confidence_level : float, default=0.95
        How often such an interval should hold the true value.
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
    The bounds are quantiles of the resampled values, further out than the nominal ones, as
    Hesterberg advises: plain quantiles are too narrow for few speakers, in the proportion of
    the normal to Student's t distribution times ``sqrt((n - 1) / n)``.

    The models stay as they are: the interval knows of other speakers to be tested on, not of
    other speakers to be trained on, nor of other seeds.

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
    confusions = _confusion_by_speaker(*arrays)
    n_speakers = len(confusions)
    if n_speakers < 2:
        return dict.fromkeys(("uar", "accuracy", "macro_f1"), (np.nan, np.nan))
    rng = check_random_state(random_state)
    parts: list[dict[str, NDArray[np.float64]]] = []
    for start in range(0, n_resamples, _CHUNK):
        size = min(_CHUNK, n_resamples - start)
        times_drawn = rng.multinomial(n_speakers, np.full(n_speakers, 1 / n_speakers), size=size)
        parts.append(_scores_of(np.tensordot(times_drawn, confusions, axes=1)))
    tail = _tail(confidence_level, n_speakers)
    intervals = {}
    for name in parts[0]:
        low, high = np.quantile(np.concatenate([part[name] for part in parts]), [tail, 1 - tail])
        intervals[name] = float(low), float(high)
    return intervals


def _confusion_by_speaker(y_true: Any, y_pred: Any, groups: Any) -> NDArray[np.float64]:
    """Return one confusion matrix a speaker; rows are true classes."""
    classes, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    true, predicted = np.split(codes, 2)
    speakers, speaker = np.unique(groups, return_inverse=True)
    n = len(classes)
    cells = np.bincount((speaker * n + true) * n + predicted, minlength=len(speakers) * n * n)
    return cells.reshape(len(speakers), n, n).astype(float)


def _scores_of(confusions: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return scikit-learn's scores of many confusion matrices at once."""
    right = np.diagonal(confusions, axis1=1, axis2=2)
    true, predicted = confusions.sum(axis=2), confusions.sum(axis=1)
    return {
        "uar": _mean_over_classes(right, true),
        "accuracy": right.sum(axis=1) / true.sum(axis=1),
        # F1 is 2 TP / (2 TP + FP + FN), over the classes that are true or predicted at all
        "macro_f1": _mean_over_classes(2 * right, true + predicted),
    }


def _mean_over_classes(
    part: NDArray[np.float64], whole: NDArray[np.float64]
) -> NDArray[np.float64]:
    there = whole > 0
    ratio = np.divide(part, whole, out=np.zeros_like(part), where=there)
    return ratio.sum(axis=1) / there.sum(axis=1)


def _tail(confidence_level: float, n_speakers: int) -> float:
    """Return the share of resampled values to leave out on each side."""
    t = stats.t.ppf((1 + confidence_level) / 2, n_speakers - 1)
    return float(stats.norm.cdf(-np.sqrt(n_speakers / (n_speakers - 1)) * t))

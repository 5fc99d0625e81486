"""Unweighted average recall (UAR), and scores of many confusion matrices at once.

All other scores of a report are scikit-learn's own functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import recall_score


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
    sklearn.metrics.balanced_accuracy_score : The same value, with a warning where a predicted
        class is not in `y_true`, as happens in every small fold.

    Examples
    --------
    >>> from sersk.metrics import unweighted_average_recall
    >>> unweighted_average_recall(["sad", "sad", "sad", "anger"], ["sad", "sad", "anger", "anger"])
    0.83...
    """
    labels = np.unique(np.asarray(y_true))
    return float(recall_score(y_true, y_pred, labels=labels, average="macro", zero_division=0.0))


def confusion_by_speaker(
    y_true: NDArray[Any], y_pred: NDArray[Any], groups: NDArray[Any]
) -> NDArray[np.float64]:
    """Return one confusion matrix for each speaker.

    Parameters
    ----------
    y_true : ndarray of shape (n_clips,)
        True labels.
    y_pred : ndarray of shape (n_clips,)
        Predicted labels.
    groups : ndarray of shape (n_clips,)
        Speaker of each clip.

    Returns
    -------
    confusions : ndarray of float64 of shape (n_speakers, n_classes, n_classes)
        Counts; rows are the true classes. Speakers and classes are sorted.
    """
    classes, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    true, predicted = np.split(codes, 2)
    speakers, speaker = np.unique(groups, return_inverse=True)
    n = len(classes)
    cells = np.bincount((speaker * n + true) * n + predicted, minlength=len(speakers) * n * n)
    return cells.reshape(len(speakers), n, n).astype(float)


def scores_of_confusions(confusions: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return UAR, accuracy and macro F1 of many confusion matrices at once.

    Parameters
    ----------
    confusions : ndarray of shape (n_matrices, n_classes, n_classes)
        Counts; rows are the true classes.

    Returns
    -------
    scores : dict of str to ndarray of float64 of shape (n_matrices,)
        ``"uar"``, ``"accuracy"`` and ``"macro_f1"``, as scikit-learn computes them; UAR and
        macro F1 over the classes that are true.
    """
    right = np.diagonal(confusions, axis1=1, axis2=2)
    true, predicted = confusions.sum(axis=2), confusions.sum(axis=1)
    return {
        "uar": _mean_over_classes(right, true, true > 0),
        "accuracy": right.sum(axis=1) / true.sum(axis=1),
        # F1 is 2 TP / (2 TP + FP + FN)
        "macro_f1": _mean_over_classes(2 * right, true + predicted, true > 0),
    }


def _mean_over_classes(
    part: NDArray[np.float64], whole: NDArray[np.float64], present: NDArray[np.bool_]
) -> NDArray[np.float64]:
    ratio = np.divide(part, whole, out=np.zeros_like(part), where=present)
    return ratio.sum(axis=1) / present.sum(axis=1)

"""Checks of what a classifier is given: clips, labels, weights, speakers.

Each check is a function that returns what it has checked. Estimators set their own attributes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_X_y,
    validate_data,
)

from sersk._utils import columns
from sersk._utils.storage import check_finite, is_on_disk
from sersk.base import has_views
from sersk.classifiers.nan_rows import naming_nan_rows

_X_CHECKS: dict[str, Any] = {
    "dtype": [np.float32, np.float16],
    "order": "C",
    "allow_nd": True,
}


def check_clips(X: Any, y: Any, estimator: Any) -> tuple[NDArray[Any], Any]:
    """Return features with an axis of views, and labels.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Features of any shape; with views a `ViewArray` (n_clips, n_views, ...). A `numpy.memmap`
        may be larger than memory and is checked some clips at a time.
    y : array-like of shape (n_clips,) or None
        Labels; None in prediction.
    estimator : estimator
        The estimator that messages name.

    Returns
    -------
    views : ndarray of float32 or float16 of shape (n_clips, n_views, ...)
        The features, C-contiguous. Without views, n_views is 1.
    y : ndarray of shape (n_clips,) or None
        The labels.

    Raises
    ------
    ValueError
        If `X` has no features, is not finite, lengths differ, or `y` is continuous.
    """
    marked = has_views(X)
    on_disk = is_on_disk(X)
    checks = _X_CHECKS | {"ensure_all_finite": not on_disk}
    with naming_nan_rows(X, estimator):
        if y is not None:
            X, y = check_X_y(X, y, estimator=estimator, **checks)
        else:
            X = check_array(X, estimator=estimator, input_name="X", **checks)
    if y is not None:
        check_classification_targets(y)
    if on_disk:
        check_finite(X, estimator)
    if marked and X.ndim == 2:
        raise ValueError(
            f"{type(estimator).__name__}: X has shape {X.shape} and is marked as views of clips, "
            "which have shape (n_clips, n_views, n_bands, n_frames)."
        )
    return (X if marked else X[:, None]), y


class Training(NamedTuple):
    """Checked training data, and what an estimator learns of its form."""

    views: NDArray[Any]  # (n_clips, n_views, ...)
    y: NDArray[Any]
    input_shape: tuple[int, ...]  # of one clip, without views
    classes: NDArray[Any]


def check_training(
    X: Any,
    y: Any,
    estimator: Any,
    *,
    known: tuple[tuple[int, ...], NDArray[Any]] | None = None,
    classes: Any = None,
) -> Training:
    """Return checked clips and labels, their shape and classes.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Features of any shape; with views a `ViewArray` (n_clips, n_views, ...).
    y : array-like of shape (n_clips,)
        Labels.
    estimator : estimator
        The estimator that messages name. scikit-learn sets its `n_features_in_` and
        `feature_names_in_` if `known` is None.
    known : tuple of (input_shape, classes) or None, default=None
        Of an earlier fit; new clips have to agree with them.
    classes : array-like or None, default=None
        All classes, if `y` may lack some.

    Returns
    -------
    training : Training
        Features with an axis of views, labels, shape of a clip, sorted classes.

    Raises
    ------
    ValueError
        If clips or labels are unfit, or disagree with `known`.
    """
    if y is None:  # in the words that scikit-learn's checks expect
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    columns.check_values(type(estimator).__name__, "y", y)
    views, y = check_clips(X, y, estimator)
    shape = views.shape[2:] if known is None else known[0]
    check_clip_shape(X, views, shape, estimator, reset=known is None)
    found = (
        find_classes(y if classes is None else classes, estimator) if known is None else known[1]
    )
    check_known_labels(y, found, estimator)
    return Training(views, y, shape, found)


def find_classes(y: Any, estimator: Any) -> NDArray[Any]:
    """Return the sorted classes among labels.

    Parameters
    ----------
    y : array-like of shape (n_clips,)
        Labels.
    estimator : estimator
        The estimator that messages name.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        At least two.

    Raises
    ------
    ValueError
        If there is one class only.
    """
    classes = np.unique(np.asarray(y))
    if len(classes) < 2:
        raise ValueError(
            f"{type(estimator).__name__}: y holds only one class, {classes[0]!r}; at least 2 are "
            "needed."
        )
    return classes


def check_known_labels(y: NDArray[Any], classes: NDArray[Any], estimator: Any) -> None:
    """Raise if labels are not among the classes.

    Parameters
    ----------
    y : ndarray of shape (n_clips,)
        Labels.
    classes : ndarray of shape (n_classes,)
        The classes.
    estimator : estimator
        The estimator that messages name.

    Raises
    ------
    ValueError
        With the unknown labels.
    """
    if (unknown := np.setdiff1d(y, classes)).size:
        raise ValueError(
            f"{type(estimator).__name__}: y holds the labels {unknown.tolist()}, which are not "
            f"among the classes {classes.tolist()}."
        )


def check_clip_shape(
    X: Any, views: NDArray[Any], known: tuple[int, ...], estimator: Any, *, reset: bool = False
) -> None:
    """Raise if clips have another shape, or vectors other names, than in fit.

    Parameters
    ----------
    X : array-like
        Features as they were given.
    views : ndarray of shape (n_clips, n_views, ...)
        The same, as `check_clips` returns them.
    known : tuple of int
        Shape of one clip's features in fit, without views.
    estimator : estimator
        The estimator that messages name.
    reset : bool, default=False
        Whether scikit-learn sets the estimator's `n_features_in_` and `feature_names_in_`.

    Raises
    ------
    ValueError
        With both shapes, and what was probably meant.
    """
    marked, clip = has_views(X), views.shape[2:]
    # scikit-learn checks names and number of columns of vectors; other shapes are compared below.
    vectors = views.ndim == 3 and not marked and len(known) == 1
    validate_data(estimator, X, skip_check_array=True, ensure_2d=vectors, reset=reset)
    if clip == known:
        return
    given = views.shape if marked else (len(views), *clip)
    hint = ""
    if given == known:
        hint = " For a single clip pass X[None]."
    elif not marked and given[2:] == known:
        hint = " If axis 1 holds views of each clip, mark them: sersk.as_views(X)."
    raise ValueError(
        f"{type(estimator).__name__}: X has shape {given}, thus clips of shape {clip}, but it was "
        f"fitted on clips of shape {known}.{hint}"
    )


def check_weights(
    sample_weight: Any, views: NDArray[Any], estimator: Any, *, dtype: Any = np.float32
) -> NDArray[Any]:
    """Return the weight of each clip.

    Parameters
    ----------
    sample_weight : array-like of shape (n_clips,) or None
        Weights; None for 1 each.
    views : ndarray of shape (n_clips, n_views, ...)
        Features.
    estimator : estimator
        The estimator that messages name.
    dtype : dtype, default=numpy.float32
        Type of the weights.

    Returns
    -------
    weights : ndarray of shape (n_clips,)
        Weights, none negative.

    Raises
    ------
    ValueError
        If weights are negative, all of them zero, or of another length.
    """
    if sample_weight is not None:
        columns.check_weights(type(estimator).__name__, sample_weight)
    weights = _check_sample_weight(
        sample_weight, views[:, 0], dtype=dtype, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError(
            f"{type(estimator).__name__}: every sample_weight is zero, nothing is left to train on."
        )
    return weights


def check_groups(groups: Any, views: NDArray[Any], estimator: Any) -> NDArray[Any] | None:
    """Return the speaker of each clip.

    Parameters
    ----------
    groups : array-like of shape (n_clips,) or None
        Speakers.
    views : ndarray of shape (n_clips, n_views, ...)
        Features.
    estimator : estimator
        The estimator that messages name.

    Returns
    -------
    groups : ndarray of shape (n_clips,) or None
        Speakers.

    Raises
    ------
    ValueError
        If there are more or fewer than clips, or a clip has none.
    """
    if groups is None:
        return None
    columns.check_values(type(estimator).__name__, "groups", groups)
    groups = column_or_1d(np.asarray(groups))
    check_consistent_length(views, groups)
    return groups

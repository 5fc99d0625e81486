"""Checks of clips as vectors, with or without views."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from sersk._utils.columns import check_values
from sersk.base import has_views
from sersk.classifiers.checks import check_groups, check_weights, find_classes
from sersk.classifiers.nan_rows import naming_nan_rows


def check_vectors(
    X: Any, y: Any, estimator: Any, *, reset: bool
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return vectors with an axis of views, and labels.

    Parameters
    ----------
    X : array-like of shape (n_clips, n_features)
        Vectors; with views a `ViewArray` (n_clips, n_views, n_features).
    y : array-like of shape (n_clips,) or None
        Labels. None on `reset` is refused.
    estimator : estimator
        The estimator that messages name. On `reset` its `n_features_in_` and
        `feature_names_in_` are set.
    reset : bool
        Whether it is being fitted; if not, clips must have as many features as then.

    Returns
    -------
    views : ndarray of shape (n_clips, n_views, n_features)
        Vectors. Without views, n_views is 1.
    y : ndarray of shape (n_clips,) or None
        Labels.

    Raises
    ------
    ValueError
        If `X` has another number of dimensions or of features or is not finite, or `y` is
        continuous.
    """
    who, marked = type(estimator).__name__, has_views(X)
    shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
    if len(shape) != 3 if marked else len(shape) > 2:
        hint = (
            "" if marked else " If axis 1 holds views of each clip, mark them: sersk.as_views(X)."
        )
        raise ValueError(
            f"{who}: X has shape {shape}, but it takes vectors, (n_clips, n_features), or marked "
            "views of them, (n_clips, n_views, n_features). Features with an axis of time are for "
            f"SpeechEmotionClassifier; FunctionalsTransformer gives vectors.{hint}"
        )
    # scikit-learn would count the views as features
    checks: Any = {"dtype": [np.float64, np.float32], "allow_nd": True, "ensure_2d": not marked}
    checked: Any
    if reset:
        if y is not None:
            check_values(who, "y", y)
        with naming_nan_rows(X, estimator):
            checked, y = validate_data(estimator, X, y, **checks)
        check_classification_targets(y)
        estimator.n_features_in_ = checked.shape[-1]
        estimator._learned_from_views = marked
    else:
        # Views have no names of features, while the clips to predict may be a data frame.
        if getattr(estimator, "_learned_from_views", False) and not marked:
            X = np.asarray(X)
        with naming_nan_rows(X, estimator):
            checked = validate_data(estimator, X, reset=False, **checks)
    if checked.shape[-1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {checked.shape[-1]} features, but {who} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    return (checked if marked else checked[:, np.newaxis]), y


class TrainingVectors(NamedTuple):
    """What a classifier of vectors is trained on: the clips whose weight is not 0.

    Attributes
    ----------
    views : ndarray of shape (n_clips, n_views, n_features)
        Vectors.
    y : ndarray of shape (n_clips,)
        Labels.
    weight : ndarray of float64 of shape (n_clips,)
        Weight of each clip, positive.
    speakers : ndarray of shape (n_clips,) or None
        Speaker of each clip.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    views: NDArray[Any]
    y: NDArray[Any]
    weight: NDArray[np.float64]
    speakers: NDArray[Any] | None
    classes: NDArray[Any]


def check_training_vectors(
    X: Any, y: Any, sample_weight: Any, groups: Any, estimator: Any
) -> TrainingVectors:
    """Check all that `fit` is given, and leave out the clips of weight 0.

    Parameters
    ----------
    X : array-like of shape (n_clips, n_features)
        Vectors; with views a `ViewArray` (n_clips, n_views, n_features).
    y : array-like of shape (n_clips,)
        Labels.
    sample_weight : array-like of shape (n_clips,) or None
        Weights; None for 1 each.
    groups : array-like of shape (n_clips,) or None
        Speakers.
    estimator : estimator
        The estimator that messages name. Its `n_features_in_` and `feature_names_in_` are set.

    Returns
    -------
    training : TrainingVectors
        The clips to train on.

    Raises
    ------
    ValueError
        If `X` has another number of dimensions or is not finite, `y` is continuous or holds one
        class only, weights are negative or all of them zero, or lengths differ.
    """
    views, labels = check_vectors(X, y, estimator, reset=True)
    weight = check_weights(sample_weight, views, estimator, dtype=np.float64)
    speakers = check_groups(groups, views, estimator)
    y, used = np.asarray(labels), weight > 0
    if not used.all():  # otherwise nothing is copied
        views, y, weight = views[used], y[used], weight[used]
        speakers = None if speakers is None else speakers[used]
    return TrainingVectors(views, y, weight, speakers, find_classes(y, estimator))

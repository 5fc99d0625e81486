"""Clips as vectors, with or without views: their checks and their scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from sersk.base import has_views


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
        checked, y = validate_data(estimator, X, y, **checks)
        check_classification_targets(y)
        estimator.n_features_in_ = checked.shape[-1]
    else:
        checked = validate_data(estimator, X, reset=False, **checks)
    if checked.shape[-1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {checked.shape[-1]} features, but {who} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    return (checked if marked else checked[:, np.newaxis]), y


def mean_and_scale(
    clean: NDArray[Any], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of each feature over weighted clips.

    Parameters
    ----------
    clean : ndarray of shape (n_clips, n_features)
        Vectors of clean clips.
    weight : ndarray of shape (n_clips,)
        Weight of each clip.

    Returns
    -------
    mean : ndarray of shape (n_features,)
        Means.
    scale : ndarray of shape (n_features,)
        Standard deviations; 1 for a feature that has one value only.
    """
    clean = clean.astype(np.float64)
    mean = np.average(clean, axis=0, weights=weight)
    scale = np.sqrt(np.average(np.square(clean - mean), axis=0, weights=weight))
    # A feature of one value has a standard deviation of rounding errors.
    scale[scale <= 10 * np.finfo(np.float32).eps * np.abs(mean)] = 1
    return mean, scale


def standardize(
    X: NDArray[Any],
    mean: NDArray[np.float64],
    scale: NDArray[np.float64],
    clip_value: float | None,
) -> NDArray[np.float64]:
    """Return features with mean 0 and standard deviation 1, clipped.

    Parameters
    ----------
    X : ndarray of shape (..., n_features)
        Vectors.
    mean, scale : ndarray of shape (n_features,)
        As `mean_and_scale` returns them.
    clip_value : float or None
        Outliers are clipped at this many standard deviations; None for no clipping.

    Returns
    -------
    standard : ndarray of float64 of shape (..., n_features)
        New array.
    """
    standard = (X - mean) / scale
    if clip_value is not None:
        np.clip(standard, -clip_value, clip_value, out=standard)
    return standard

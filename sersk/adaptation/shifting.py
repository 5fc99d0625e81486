"""The step of a pipeline that standardises features, and its statistics shifted to other clips."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.classifiers.discriminant import DiscriminantClassifier
from sersk.classifiers.vector_classifier import VectorClassifier
from sersk.features.normalization import FeatureNormalizer, SpeakerNormalizer

Floats = NDArray[np.float64]


def find_standardizing(steps: list[Any]) -> int | None:
    """Return which step standardises features by the training clips.

    Parameters
    ----------
    steps : list of estimator
        The steps of a fitted pipeline.

    Returns
    -------
    position : int or None
        Of a `FeatureNormalizer`; otherwise of the last step, if it standardises vectors and they
        are not normalised by speaker before. None if there is none.
    """
    for position, step in enumerate(steps):
        if isinstance(step, FeatureNormalizer):
            return position
    if any(isinstance(step, SpeakerNormalizer) for step in steps):
        return None
    vectors = (DiscriminantClassifier, VectorClassifier)
    return len(steps) - 1 if isinstance(steps[-1], vectors) else None


def measure(features: Any) -> tuple[Floats, Floats]:
    """Return mean and variance of each feature.

    Parameters
    ----------
    features : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
        Features of clips.

    Returns
    -------
    mean, variance : ndarray of shape (n_features,) or (n_bands,)
        Over clips, and over frames.
    """
    values = np.asarray(features, np.float64)
    axes = (0,) if values.ndim == 2 else (0, 2)
    return values.mean(axis=axes), values.var(axis=axes)


def shift(step: Any, mean: Floats, variance: Floats, share: float) -> Any:
    """Return a copy of a step whose statistics are shifted towards others.

    Parameters
    ----------
    step : estimator
        With ``mean_`` and ``scale_``. It is not changed.
    mean, variance : ndarray of shape (n_features,)
        The other statistics.
    share : float
        How far, from 0 to 1.

    Returns
    -------
    shifted : estimator
        With the weighted means of means and of variances.
    """
    shifted = copy.copy(step)
    shifted.mean_ = (1 - share) * step.mean_ + share * mean
    mixed = (1 - share) * np.square(step.scale_) + share * variance
    # all clips may have one value
    shifted.scale_ = np.where(mixed > 0, np.sqrt(mixed), step.scale_)
    return shifted

"""Clips as vectors: the scale of their features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK_VALUES = 2**20


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
    # in chunks of rows, since all clips in float64 may be twice as large as `clean`
    step = max(1, _CHUNK_VALUES // clean.shape[1])
    chunks = [slice(start, start + step) for start in range(0, len(clean), step)]
    shares = weight / weight.sum()
    mean = sum(shares[rows] @ clean[rows].astype(np.float64) for rows in chunks)
    variance = sum(shares[rows] @ np.square(clean[rows] - mean) for rows in chunks)
    scale = np.sqrt(variance)
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

"""Mean and standard deviation of each band, over chunks of clips that may lie on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk._utils.storage import release

# Clips that are read, in double precision, and normalised at a time.
_CHUNK_SIZE = 32


def compute_statistics(
    X: NDArray[Any], clips: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of each band over the clean views of some clips.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_views, n_bands, n_frames)
        Features. NaN is left out.
    clips : ndarray of int of shape (n_chosen,)
        Which clips.

    Returns
    -------
    mean, scale : ndarray of shape (n_bands,)
        The mean, NaN for a band of NaN only; the standard deviation, 1 for a constant band.
    """
    clean = X[:, 0]
    n_values, total, squares = np.zeros((3, clean.shape[1]))
    for values in _chunks(clean, clips):
        n_values += np.count_nonzero(~np.isnan(values), axis=(0, 2))
        total += np.nansum(values, axis=(0, 2))
    n_values[n_values == 0] = np.nan
    mean = total / n_values
    for values in _chunks(clean, clips):  # a second pass: the mean of squares alone would cancel
        squares += np.nansum(np.square(values - mean[:, np.newaxis]), axis=(0, 2))
    scale = np.sqrt(squares / n_values)
    # The standard deviation of a constant band is a rounding error.
    scale[scale <= np.finfo(np.float32).eps * np.abs(mean)] = 1
    return mean, scale


def pool(
    statistics: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the statistics for a clip of any of several corpora, which count equally.

    Parameters
    ----------
    statistics : sequence of (mean, scale), each of shape (n_bands,)
        Those of each corpus.

    Returns
    -------
    mean, scale : ndarray of shape (n_bands,)
        The mean of the means, and the root of the mean of the variances.
    """
    if len(statistics) == 1:
        return statistics[0]
    means, scales = map(np.stack, zip(*statistics, strict=True))
    return means.mean(axis=0), np.sqrt(np.square(scales).mean(axis=0))


def normalize(
    X: NDArray[Any],
    clips: NDArray[np.intp],
    mean: NDArray[np.float64],
    scale: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Subtract the mean of each band and divide by its scale, for some clips.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_views, n_bands, n_frames)
        Features.
    clips : ndarray of int of shape (n_chosen,)
        Which clips.
    mean, scale : ndarray of shape (n_bands,)
        As of `compute_statistics`.
    out : ndarray of float32 of the shape of X
        Where to write the normalised features of these clips.
    """
    center, spread = (each[:, np.newaxis].astype(np.float32) for each in (mean, scale))
    for start in range(0, len(clips), _CHUNK_SIZE):
        some = clips[start : start + _CHUNK_SIZE]
        features = X[some].astype(np.float32, copy=False)
        features -= center
        features /= spread
        out[some] = features
        release(X)
        release(out)


def _chunks(X: NDArray[Any], clips: NDArray[np.intp]) -> Iterator[NDArray[np.float64]]:
    """Yield some clips at a time, as (n_clips, n_bands, n_frames) in double precision."""
    for start in range(0, len(clips), _CHUNK_SIZE):
        chunk = X[clips[start : start + _CHUNK_SIZE]].astype(np.float64)
        release(X)
        yield chunk

"""Statistics of contours: their distribution, their course over time, their motion.

Functions from arrays of shape (n_frames, n_contours) to (n_statistics, n_contours).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PERCENTILES = (1, 10, 25, 50, 75, 90, 99)

SPREAD = (
    "mean",
    "std",
    "skewness",
    "kurtosis",
    *(f"p{percent:02d}" for percent in _PERCENTILES),
    "iqr",
    "p25_to_p50",
    "p50_to_p75",
    "p01_to_p99",
    "p10_to_p90",
)
COURSE = (
    "slope",
    "curvature",
    "residual",
    "first_third",
    "second_third",
    "last_third",
    "place_of_max",
    "place_of_min",
)
MOTION = (
    "mean_change",
    "mean_rise",
    "mean_fall",
    "share_of_rises",
    "rate_of_crossings",
    "rate_of_peaks",
    "height_of_peaks",
)
MIN_FRAMES = 3


def describe_spread(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return moments, percentiles and ranges, as named in `SPREAD`.

    Parameters
    ----------
    X : ndarray of shape (n_frames, n_contours)
        Contours, at least `MIN_FRAMES` frames.

    Returns
    -------
    statistics : ndarray of shape (n_statistics, n_contours)
        The statistics.
    """
    mean, std = X.mean(axis=0), X.std(axis=0)
    # The standard deviation of a constant contour is a rounding error.
    is_flat = std <= 1e-9 * (1 + np.abs(mean))
    scaled = np.where(is_flat, 0, X - mean) / np.where(is_flat, 1, std)
    squared = np.square(scaled)
    ordered = np.sort(X, axis=0)
    # The same as numpy.percentile in a fraction of the time.
    place = np.array(_PERCENTILES) / 100 * (len(X) - 1)
    below = np.minimum(place.astype(int), len(X) - 2)
    part = (place - below)[:, np.newaxis]
    p01, p10, p25, p50, p75, p90, p99 = (1 - part) * ordered[below] + part * ordered[below + 1]
    return np.stack(
        [
            mean,
            np.where(is_flat, 0, std),
            (squared * scaled).mean(axis=0),
            np.square(squared).mean(axis=0),
            *(p01, p10, p25, p50, p75, p90, p99),
            *(p75 - p25, p50 - p25, p75 - p50, p99 - p01, p90 - p10),
        ]
    )


def describe_course(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the course of contours from begin to end, as named in `COURSE`.

    Parameters
    ----------
    X : ndarray of shape (n_frames, n_contours)
        Contours, at least `MIN_FRAMES` frames.

    Returns
    -------
    statistics : ndarray of shape (n_statistics, n_contours)
        Weights of a straight line and a parabola over time from -1 to 1, and the root of the mean
        squared distance from them; means of the three thirds above that of the whole; places of
        the largest and smallest value, from 0 to 1.
    """
    line = np.linspace(-1, 1, len(X))[:, np.newaxis]
    parabola = np.square(line) - np.square(line).mean()
    centred = X - X.mean(axis=0)
    slope = (line * centred).sum(axis=0) / np.square(line).sum()
    curvature = (parabola * centred).sum(axis=0) / np.square(parabola).sum()
    residual = np.sqrt(np.square(centred - line * slope - parabola * curvature).mean(axis=0))
    thirds = [part.mean(axis=0) for part in np.array_split(centred, 3)]
    places = [X.argmax(axis=0) / len(X), X.argmin(axis=0) / len(X)]
    return np.stack([slope, curvature, residual, *thirds, *places])


def describe_motion(X: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return how contours move from frame to frame, as named in `MOTION`.

    Parameters
    ----------
    X : ndarray of shape (n_frames, n_contours)
        Contours, at least `MIN_FRAMES` frames.
    step : float
        Time from one frame to the next (s).

    Returns
    -------
    statistics : ndarray of shape (n_statistics, n_contours)
        Changes a second; crossings of the mean and local maxima a second, and how far the latter
        are above the mean.
    """
    change = np.diff(X, axis=0) / step
    rises, falls = change > 0, change < 0
    centred = X - X.mean(axis=0)
    peaks = (X[1:-1] > X[:-2]) & (X[1:-1] >= X[2:])
    return np.stack(
        [
            np.abs(change).mean(axis=0),
            (change * rises).sum(axis=0) / np.maximum(rises.sum(axis=0), 1),
            -(change * falls).sum(axis=0) / np.maximum(falls.sum(axis=0), 1),
            rises.mean(axis=0),
            (np.diff(np.sign(centred), axis=0) != 0).mean(axis=0) / step,
            peaks.mean(axis=0) / step,
            (centred[1:-1] * peaks).sum(axis=0) / np.maximum(peaks.sum(axis=0), 1),
        ]
    )


def differentiate(X: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return the slopes (a second) of lines fitted to five frames.

    Parameters
    ----------
    X : ndarray of shape (n_frames, n_contours)
        Contours; before the first frame and after the last one they are held.
    step : float
        Time from one frame to the next (s).

    Returns
    -------
    slopes : ndarray of shape (n_frames, n_contours)
        The slopes.
    """
    held = np.pad(X, ((2, 2), (0, 0)), mode="edge")
    return (held[3:-1] - held[1:-3] + 2 * (held[4:] - held[:-4])) / (10 * step)


def run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the lengths of the runs of True.

    Parameters
    ----------
    mask : ndarray of bool of shape (n_frames,)
        Which frames.

    Returns
    -------
    lengths : ndarray of shape (n_runs,)
        Number of frames of each run.
    """
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)

"""Lengths and rates of voiced parts, pauses and syllables, jitter and shimmer of a clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sersk.features.functionals.contours import Contours
from sersk.features.functionals.statistics import run_lengths

TEMPO = (
    *(
        f"{frames}_{name}"
        for frames in ("voiced", "voiceless", "active", "pause")
        for name in ("rate", "mean_length", "std_length", "max_length", "share")
    ),
    "length",
    "syllable_rate",
    "syllable_interval_std",
    "jitter",
    "jitter_of_slope",
    "shimmer",
)
_SYLLABLE_WINDOW = 0.1  # s, over which the level is smoothed before its peaks are counted
_SYLLABLE_RANGE = 25.0  # dB below the loudest peak, at most, of a peak that is counted


def describe_tempo(contours: Contours, step: float) -> NDArray[np.float64]:
    """Return the functionals of lengths and rates, as named in `TEMPO`.

    Parameters
    ----------
    contours : Contours
        Contours of a clip, with the groups "pitch" and "level".
    step : float
        Time from one frame to the next (s).

    Returns
    -------
    functionals : ndarray of shape (n_functionals,)
        Lengths (s), rates (a second), shares, jitter (semitones) and shimmer (dB).
    """
    active, voiced = contours.active, contours.voiced
    duration = len(active) * step
    numbers: list[float] = []
    for mask in (voiced, ~voiced, active, ~active):
        lengths = run_lengths(mask) * step
        known = lengths if len(lengths) else np.zeros(1)
        numbers += [len(lengths) / duration, known.mean(), known.std(), known.max(), mask.mean()]
    level = contours.groups["level"][:, 0]
    window = np.hanning(2 * round(_SYLLABLE_WINDOW / step / 2) + 3)[1:-1]
    half = len(window) // 2
    smooth = np.convolve(np.pad(level, half, mode="edge"), window / window.sum(), "valid")
    is_peak = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])
    peaks = np.flatnonzero(is_peak & (smooth[1:-1] > smooth.max() - _SYLLABLE_RANGE))
    intervals = np.diff(peaks) * step
    numbers += [duration, len(peaks) / duration, intervals.std() if len(intervals) else 0.0]
    pitch = contours.groups["pitch"][:, 0]
    both, three = voiced[1:] & voiced[:-1], voiced[2:] & voiced[1:-1] & voiced[:-2]
    for change, pairs in (
        (np.diff(pitch), both),
        (np.diff(pitch, n=2), three),
        (np.diff(level), both),
    ):
        numbers.append(np.abs(change[pairs]).mean() if pairs.any() else 0.0)
    return np.array(numbers)

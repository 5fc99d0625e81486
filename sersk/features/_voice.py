"""Contours of the voice: their units, and how gaps are bridged.

The voice is tracked in `sersk.signal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.signal import Voicing

# Lower bound of the power: -100 dB.
_AMIN = 1e-10
# Semitones are counted from A1.
_REFERENCE = 55.0  # Hz
_SPLIT = 1000.0  # Hz, between the two bands of the tilt; the reference of the centroid
_BAND = (50.0, 5000.0)  # Hz, of tilt, centroid and flatness


def compute_contour(name: str, voicing: Voicing, fmin: float, fmax: float) -> NDArray[np.float64]:
    """Compute a contour of the voice.

    Parameters
    ----------
    name : str
        As in the parameter `contours` of `sersk.PitchTransformer`.
    voicing : Voicing
        The tracked voice.
    fmin : float
        Lowest fundamental frequency (Hz).
    fmax : float
        Highest fundamental frequency (Hz).

    Returns
    -------
    contour : ndarray of shape (n_frames,)
        The contour.
    """
    voiced = voicing.f0 > 0
    if name == "pitch":
        return bridge(to_semitones(voicing.f0, fmin, fmax), voiced)
    if name == "voiced":
        return voiced.astype(float)
    if name == "harmonicity":
        return voicing.harmonicity
    if name == "level":
        return to_decibels(voicing.level)
    bins = slice(*(round(edge / voicing.bin_width) for edge in _BAND))
    # With the floor, silence is white noise: its values are arbitrary but finite.
    power = voicing.power[:, bins].astype(float) + _AMIN
    frequencies = np.arange(bins.start, bins.start + power.shape[1]) * voicing.bin_width
    if name == "tilt":
        low = frequencies < _SPLIT
        return 10 * np.log10(power[:, low].sum(axis=1) / power[:, ~low].sum(axis=1))
    if name == "centroid":
        return np.log2(power @ frequencies / power.sum(axis=1) / _SPLIT)
    return 10 * (np.log10(power).mean(axis=1) - np.log10(power.mean(axis=1)))


def check_range(estimator: Any) -> None:
    """Raise if the range of fundamental frequencies is empty or too high for the sample rate.

    Parameters
    ----------
    estimator : estimator
        Has `sample_rate`, `fmin` and `fmax`.

    Raises
    ------
    ValueError
        If `fmin` is not below `fmax`, or `fmax` above a quarter of `sample_rate`.

    Examples
    --------
    >>> from sersk import PitchTransformer
    >>> from sersk.features._voice import check_range
    >>> check_range(PitchTransformer())
    """
    name = type(estimator).__name__
    if estimator.fmin >= estimator.fmax:
        raise ValueError(
            f"{name}: fmin={estimator.fmin} Hz must be below fmax={estimator.fmax} Hz."
        )
    if estimator.fmax > estimator.sample_rate / 4:
        raise ValueError(
            f"{name}: fmax={estimator.fmax} Hz is above {estimator.sample_rate / 4} Hz, a quarter "
            f"of sample_rate={estimator.sample_rate}: a period would be fewer than 4 samples. "
            "Lower fmax, or load the clips at a higher rate."
        )


def to_semitones(frequency: NDArray, fmin: float, fmax: float) -> NDArray[np.float64]:
    """Return frequencies (Hz) in semitones above 55 Hz; for none, the middle of the range.

    Parameters
    ----------
    frequency : ndarray
        Frequencies (Hz), 0 for none.
    fmin : float
        Lowest frequency of the range (Hz).
    fmax : float
        Highest frequency of the range (Hz).

    Returns
    -------
    semitones : ndarray
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features._voice import to_semitones
    >>> to_semitones(np.array([55.0, 110.0, 0.0]), 55.0, 220.0).tolist()
    [0.0, 12.0, 12.0]
    """
    middle = np.sqrt(float(fmin) * float(fmax))
    return 12 * np.log2(np.where(frequency > 0, frequency, middle) / _REFERENCE)


def to_decibels(power: NDArray) -> NDArray[np.float64]:
    """Return power in decibels, at least -100.

    Parameters
    ----------
    power : ndarray
        Power.

    Returns
    -------
    decibels : ndarray
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features._voice import to_decibels
    >>> to_decibels(np.array([1.0, 0.01, 0.0])).tolist()
    [0.0, -20.0, -100.0]
    """
    return 10 * np.log10(np.maximum(power, _AMIN))


def bridge(contour: NDArray, known: NDArray[np.bool_]) -> NDArray:
    """Interpolate unknown values linearly; before the first and after the last known one, hold.

    Parameters
    ----------
    contour : ndarray of shape (n_frames,)
        Values.
    known : ndarray of bool of shape (n_frames,)
        Which of them to keep.

    Returns
    -------
    contour : ndarray of shape (n_frames,)
        The contour; unchanged where nothing is known.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features._voice import bridge
    >>> contour = np.array([9.0, 1.0, 9.0, 3.0])
    >>> bridge(contour, np.array([False, True, False, True])).tolist()
    [1.0, 1.0, 2.0, 3.0]
    """
    if not known.any():
        return contour
    frames = np.arange(len(contour))
    return np.interp(frames, frames[known], contour[known])

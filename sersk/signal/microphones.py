"""What microphones and amplifiers do: a tilted spectrum, and peaks that are cut off."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft
from numpy.typing import NDArray

_PIVOT = 1000.0  # Hz, where the gain is 0 dB
_LOWEST = 50.0  # Hz; the gain is constant below


def tilt_spectrum(waveform: NDArray, sample_rate: float, tilt_db: float) -> NDArray:
    """Raise or lower the spectrum of a waveform by a number of decibels an octave.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    sample_rate : float
        Its sample rate (Hz).
    tilt_db : float
        Change of the gain from one octave to the next (dB): negative for a dull microphone,
        positive for a shrill one.

    Returns
    -------
    tilted : ndarray of shape (n_samples,)
        The waveform through that filter. The gain is 0 dB at 1,000 Hz, and constant below 50 Hz;
        the filter delays nothing.

    Raises
    ------
    ValueError
        If `tilt_db` is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.microphones import tilt_spectrum
    >>> time = np.arange(22_050) / 22_050
    >>> tone = np.sin(2 * np.pi * 4000 * time)  # two octaves above 1,000 Hz
    >>> tilted = tilt_spectrum(tone, 22_050, -6)
    >>> float(20 * np.log10(np.std(tilted) / np.std(tone)).round(1))
    -12.0
    """
    if not np.isfinite(tilt_db):
        raise ValueError(f"tilt_spectrum: tilt_db={tilt_db} must be a finite number (dB/octave).")

    def tilt(frequencies: NDArray) -> NDArray:
        return tilt_db * np.log2(np.maximum(frequencies, _LOWEST) / _PIVOT)

    return shape_spectrum(waveform, sample_rate, tilt)


def shape_spectrum(
    waveform: NDArray, sample_rate: float, gain_db: Callable[[NDArray], NDArray]
) -> NDArray:
    """Send a waveform through a filter that delays nothing.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    sample_rate : float
        Its sample rate (Hz).
    gain_db : callable
        ``gain_db(frequencies)`` gives the gain (dB) at frequencies (Hz), both arrays of one shape.

    Returns
    -------
    shaped : ndarray of shape (n_samples,)
        The waveform through that filter, of the same type.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.microphones import shape_spectrum
    >>> softer = shape_spectrum(np.ones(5), 8000, lambda frequencies: 0 * frequencies - 6.0206)
    >>> softer.round(3)
    array([0.5, 0.5, 0.5, 0.5, 0.5])
    """
    # Zeros after the waveform, so that its end does not come round to its beginning.
    n_fft = scipy.fft.next_fast_len(len(waveform) + round(0.1 * sample_rate), real=True)
    spectrum = scipy.fft.rfft(waveform.astype(np.float64), n_fft)
    frequencies = np.arange(len(spectrum)) * sample_rate / n_fft
    spectrum *= 10 ** (gain_db(frequencies) / 20)
    return scipy.fft.irfft(spectrum, n_fft)[: len(waveform)].astype(waveform.dtype)


def clip_peaks(waveform: NDArray, clipping_db: float) -> NDArray:
    """Cut off the peaks of a waveform, as an amplifier that is driven too far.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    clipping_db : float
        How far below the highest peak samples are cut off (dB); 0 or less changes nothing.

    Returns
    -------
    clipped : ndarray of shape (n_samples,)
        The waveform without its peaks. Its level is not restored.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.microphones import clip_peaks
    >>> clip_peaks(np.array([0.1, -1.0, 0.8]), clipping_db=6.0206).round(3)
    array([ 0.1, -0.5,  0.5])
    """
    if clipping_db <= 0:
        return waveform.copy()
    bound = np.abs(waveform).max(initial=0) * waveform.dtype.type(10 ** (-clipping_db / 20))
    return np.clip(waveform, -bound, bound)

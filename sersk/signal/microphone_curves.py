"""Microphones: curves of their gain over frequency, drawn at random, and one of a telephone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

from sersk.signal.microphones import shape_spectrum

# A microphone is even between these frequencies, up to its ripple: for hands-free telephones
# TS 26.131 allows +-5 dB there, and more outside.
_BAND = (200.0, 5000.0)  # Hz
_KNOTS = 62.5 * 2.0 ** np.arange(9)  # Hz, one an octave up to 16 kHz
_LOWER_EDGE = (50.0, _BAND[0])  # Hz, from where it falls towards 0 Hz
_UPPER_EDGE = (_BAND[1], 16_000.0)  # Hz, from where it falls towards half of the sample rate
_STEEPEST = 2.0  # of a fall, as a multiple of the ripple an octave: a ripple of 6 dB, 12 dB
_LOWEST = 20.0  # Hz; the gain is constant below

_HIGH_PASS = 200.0  # Hz
_RESONANCE, _QUALITY, _PEAK = 4000.0, 2.0, 4.0  # Hz, of the peak, dB
_LOW_PASS = 8000.0  # Hz


def draw_microphone(ripple_db: float, rng: np.random.Generator) -> Callable[[NDArray], NDArray]:
    """Draw the curve of a microphone: a smooth ripple over the octaves, and a fall at either end.

    Parameters
    ----------
    ripple_db : float
        Largest gain or loss between 200 and 5,000 Hz (dB), 0 or more.
    rng : numpy.random.Generator
        Generator of the curve.

    Returns
    -------
    gain_db : callable
        ``gain_db(frequencies)`` gives the gain (dB) at frequencies (Hz), both arrays of one shape.

    Raises
    ------
    ValueError
        If `ripple_db` is negative or not finite.

    Notes
    -----
    The gains at 62.5 Hz and at each octave above up to 16 kHz are drawn uniformly from
    ``(-ripple_db, ripple_db)``, and joined by a monotone cubic over the logarithm of the frequency.
    Below a corner between 50 and 200 Hz and above one between 5 and 16 kHz the gain falls besides,
    by 0 to ``2 * ripple_db`` an octave; below 20 Hz it is constant. With 5 dB, each curve is within
    the limits for the microphone of a hands-free telephone between 200 and 5,000 Hz [1]_.

    References
    ----------
    .. [1] 3GPP TS 26.131, "Terminal acoustic characteristics for telephony; Requirements", table
       13: sending sensitivity of a wideband hand-held hands-free telephone.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.microphone_curves import draw_microphone
    >>> gain_db = draw_microphone(5.0, np.random.default_rng(0))
    >>> gain_db(np.array([50.0, 250.0, 1000.0, 4000.0, 10_000.0])).round(1)
    array([ 1.3, -4.6,  3.1,  1.1,  2.1])
    """
    if not 0 <= ripple_db < np.inf:
        raise ValueError(f"draw_microphone: ripple_db={ripple_db}; expected a number of 0 or more.")
    gains = rng.uniform(-1, 1, len(_KNOTS))
    lower, upper = np.exp(rng.uniform(*np.log([_LOWER_EDGE, _UPPER_EDGE]).T))
    falls = rng.uniform(0, _STEEPEST, 2)
    ripple = scipy.interpolate.PchipInterpolator(np.log2(_KNOTS), gains)

    def gain_db(frequencies: NDArray) -> NDArray:
        octaves = np.log2(np.maximum(frequencies, _LOWEST))
        curve = ripple(np.clip(octaves, *np.log2(_KNOTS[[0, -1]])))
        curve -= falls[0] * np.maximum(np.log2(lower) - octaves, 0)
        curve -= falls[1] * np.maximum(octaves - np.log2(upper), 0)
        return ripple_db * curve

    return gain_db


def pass_microphone(
    waveform: NDArray, sample_rate: float, ripple_db: float, rng: np.random.Generator
) -> NDArray:
    """Record a waveform with a microphone that is drawn at random.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    sample_rate : float
        Its sample rate (Hz).
    ripple_db : float
        Largest gain or loss of the microphone between 200 and 5,000 Hz (dB); 0 changes nothing.
    rng : numpy.random.Generator
        Generator of the microphone's curve (`draw_microphone`).

    Returns
    -------
    recorded : ndarray of shape (n_samples,)
        The waveform through that filter, not delayed.

    Raises
    ------
    ValueError
        If `ripple_db` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.microphone_curves import pass_microphone
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(22_050) / 22_050)
    >>> recorded = pass_microphone(tone, 22_050, 5.0, np.random.default_rng(0))
    >>> float((20 * np.log10(np.std(recorded) / np.std(tone))).round(1))
    3.1
    """
    gain_db = draw_microphone(ripple_db, rng)
    return waveform.copy() if ripple_db == 0 else shape_spectrum(waveform, sample_rate, gain_db)


def pass_phone_microphone(waveform: NDArray, sample_rate: float) -> NDArray:
    """Record a waveform with the microphone of a mobile telephone, without a call.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    sample_rate : float
        Its sample rate (Hz).

    Returns
    -------
    recorded : ndarray of shape (n_samples,)
        The waveform as that microphone hears it.

    Notes
    -----
    A high-pass of fourth order at 200 Hz, as telephones had it against wind and handling [1]_; a
    resonance of 4 dB at 4 kHz and a low-pass of second order at 8 kHz, as of the small hole before
    the microphone and the air behind it [2]_. A resonance or low-pass at or above half of the
    sample rate is left out. Between 300 Hz and 5 kHz the curve is within the limits for hands-free
    telephones [3]_. It is a typical curve, not that of a certain telephone. The filters are causal,
    as those of a microphone.

    References
    ----------
    .. [1] B. Faber, "iPhone microphone frequency response comparison", Faber Acoustical, 2009:
       measurements of several models.
    .. [2] G. Feiertag et al., "Determining the acoustic resistance of small sound holes for MEMS
       microphones", Procedia Engineering 25, 2011.
    .. [3] 3GPP TS 26.131, "Terminal acoustic characteristics for telephony; Requirements", table
       13.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.microphone_curves import pass_phone_microphone
    >>> time = np.arange(22_050) / 22_050
    >>> tones = [np.sin(2 * np.pi * frequency * time) for frequency in (100, 1000, 4000, 10_000)]
    >>> heard = [pass_phone_microphone(tone, 22_050)[2000:] for tone in tones]
    >>> [round(20 * np.log10(np.std(tone) * 2**0.5)) for tone in heard]
    [-24, 0, 4, -20]
    """
    nyquist = sample_rate / 2
    sections = [scipy.signal.butter(4, _HIGH_PASS, "highpass", fs=sample_rate, output="sos")]
    if nyquist > _RESONANCE:
        sections.append(_peak(sample_rate))
    if nyquist > _LOW_PASS:
        sections.append(scipy.signal.butter(2, _LOW_PASS, fs=sample_rate, output="sos"))
    recorded = scipy.signal.sosfilt(np.concatenate(sections), waveform.astype(np.float64))
    return recorded.astype(waveform.dtype)


def _peak(sample_rate: float) -> NDArray[np.float64]:
    """Return the section of a peak, by the bilinear transform of its analogue filter."""
    angle = 2 * np.pi * _RESONANCE / sample_rate
    width = np.sin(angle) / (2 * _QUALITY)
    gain = 10 ** (_PEAK / 40)
    middle = -2 * np.cos(angle)
    numerator = np.array([1 + width * gain, middle, 1 - width * gain])
    denominator = np.array([1 + width / gain, middle, 1 - width / gain])
    return np.concatenate([numerator, denominator])[np.newaxis] / denominator[0]

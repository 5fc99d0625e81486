"""Noise of any colour, and mixing two sounds at a signal-to-noise ratio."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray


def colored_noise(
    n_samples: int,
    exponent: float,
    rng: np.random.Generator,
    dtype: np.dtype | type = np.float32,
) -> NDArray:
    """Draw Gaussian noise whose power falls as a power of the frequency.

    Parameters
    ----------
    n_samples : int
        Number of samples.
    exponent : float
        The power density is proportional to ``1 / frequency**exponent``: 0 is white noise, 1 pink
        (3 dB less an octave), 2 brown (6 dB less an octave), -1 blue.
    rng : numpy.random.Generator
        Generator of the noise.
    dtype : float32 or float64, default=float32
        Type of the samples.

    Returns
    -------
    noise : ndarray of shape (n_samples,)
        Noise without a constant part, unless it is white. Its level is arbitrary.

    Raises
    ------
    ValueError
        If `exponent` is not finite.

    See Also
    --------
    add_noise : Adds it to a waveform.

    Notes
    -----
    White noise is shaped in the frequency domain, as by Timmer and König [1]_, over twice the
    length, so that the end is not correlated with the beginning.

    References
    ----------
    .. [1] J. Timmer and M. König, "On generating power law noise", Astronomy and Astrophysics,
       300, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import colored_noise
    >>> noise = colored_noise(2**16, 1.0, np.random.default_rng(0))
    >>> power = np.square(np.abs(np.fft.rfft(noise)))
    >>> octaves = [power[2**i : 2 ** (i + 1)].sum() for i in (12, 13, 14)]
    >>> [round(10 * np.log10(power / octaves[0])) for power in octaves]  # as much in each octave
    [0, 0, 0]
    """
    if not np.isfinite(exponent):
        raise ValueError(f"colored_noise: exponent={exponent} must be a finite number.")
    dtype = np.dtype(dtype).type
    if exponent == 0:
        return rng.standard_normal(n_samples, dtype=dtype)
    n_fft = scipy.fft.next_fast_len(2 * n_samples, real=True)
    spectrum = scipy.fft.rfft(rng.standard_normal(n_fft, dtype=dtype))
    bins = np.arange(len(spectrum), dtype=np.float64)
    bins[0] = np.inf if exponent > 0 else 0
    # Relative to the highest bin, so that no exponent overflows.
    weight = np.exp(-exponent / 2 * np.log(np.maximum(bins, 1e-300) / bins[-1]))
    spectrum *= (weight / weight.max()).astype(dtype)
    return scipy.fft.irfft(spectrum, n_fft)[:n_samples]


def mix_at_snr(waveform: NDArray, noise: NDArray, snr_db: float) -> NDArray:
    """Add a noise to a waveform, scaled to a signal-to-noise ratio.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    noise : ndarray of shape (n_samples,)
        The noise, of any level.
    snr_db : float
        Power of the waveform over that of the noise (dB), both over the whole length.

    Returns
    -------
    mixed : ndarray of shape (n_samples,)
        The waveform with its noise. Silence stays silent, and silent noise adds nothing.

    See Also
    --------
    add_noise : Draws the noise.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import mix_at_snr
    >>> mix_at_snr(np.array([1.0, -1.0]), np.array([5.0, 5.0]), snr_db=20)
    array([ 1.1, -0.9])
    """
    # Scaled by the power of these samples, so that the ratio is exact in short clips too.
    powers = [np.mean(np.square(signal, dtype=np.float64)) for signal in (waveform, noise)]
    if not powers[1]:
        return waveform.copy()
    scale = np.sqrt(powers[0] / powers[1]) * 10 ** (-snr_db / 20)
    mixed = (noise * scale).astype(waveform.dtype, copy=False)
    mixed += waveform
    return mixed


def add_noise(
    waveform: NDArray, snr_db: float, rng: np.random.Generator, *, exponent: float = 0.0
) -> NDArray:
    """Add Gaussian noise, white or of another colour.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    snr_db : float
        Power of the waveform over that of the noise (dB), both over the whole length.
    rng : numpy.random.Generator
        Generator of the noise.
    exponent : float, default=0.0
        Colour of the noise, see `colored_noise`: 0 is white, 1 pink, 2 brown.

    Returns
    -------
    noisy : ndarray of shape (n_samples,)
        The waveform with its noise; silence stays silent.

    See Also
    --------
    colored_noise : The noise alone.
    sersk.signal.babble.add_babble : Many voices at a time.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import add_noise
    >>> waveform = np.sin(np.arange(1000.0))
    >>> noise = add_noise(waveform, 20, np.random.default_rng(0)) - waveform
    >>> float(10 * np.log10(np.mean(waveform**2) / np.mean(noise**2)).round(6))
    20.0
    """
    noise = colored_noise(len(waveform), exponent, rng, waveform.dtype)
    return mix_at_snr(waveform, noise, snr_db)

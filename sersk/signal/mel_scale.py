"""The mel scale, and the triangles of mel bands on it.

They equal those of librosa, which takes a second to import and brings a compiler (numba) along.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Linear up to 1 kHz, logarithmic above (Slaney).
_HZ_PER_MEL = 200.0 / 3
_MIN_LOG_HZ = 1000.0
_MIN_LOG_MEL = _MIN_LOG_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def mel_frequencies(n: int, fmin: float, fmax: float) -> NDArray[np.float64]:
    """Return frequencies that are equally far apart on the mel scale of Slaney [1]_.

    Parameters
    ----------
    n : int
        Number of frequencies.
    fmin, fmax : float
        The first and the last one (Hz).

    Returns
    -------
    frequencies : ndarray of float64 of shape (n,)
        Frequencies (Hz), equal to those of ``librosa.mel_frequencies``.

    References
    ----------
    .. [1] M. Slaney, "Auditory Toolbox", Technical Report 1998-010, Interval Research Corporation.

    Examples
    --------
    >>> from sersk.signal.mel_scale import mel_frequencies
    >>> mel_frequencies(3, 0.0, 800.0).round(6).tolist()
    [0.0, 400.0, 800.0]
    """
    mels = np.linspace(_to_mel(fmin), _to_mel(fmax), n)
    frequencies = _HZ_PER_MEL * mels
    high = mels >= _MIN_LOG_MEL
    frequencies[high] = _MIN_LOG_HZ * np.exp(_LOG_STEP * (mels[high] - _MIN_LOG_MEL))
    return frequencies


def mel_triangles(
    sample_rate: float, n_fft: int, n_mels: int, fmin: float, fmax: float
) -> NDArray[np.float32]:
    """Return the weights of each bin of a spectrum in each mel band: triangles of equal area.

    Parameters
    ----------
    sample_rate : float
        Samples a second of the waveforms (Hz).
    n_fft : int
        Samples a frame.
    n_mels : int
        Number of bands.
    fmin, fmax : float
        Where the first triangle begins and the last one ends (Hz).

    Returns
    -------
    weights : ndarray of float32 of shape (n_mels, n_fft // 2 + 1)
        Weights, equal to those of ``librosa.filters.mel``.

    Examples
    --------
    >>> from sersk.signal.mel_scale import mel_triangles
    >>> mel_triangles(22050, 2048, 128, 0.0, 8000.0).shape
    (128, 1025)
    """
    bins = np.fft.rfftfreq(n=n_fft, d=1.0 / sample_rate)
    edges = mel_frequencies(n_mels + 2, fmin, fmax)
    widths = np.diff(edges)
    ramps = np.subtract.outer(edges, bins)
    rising = -ramps[:-2] / widths[:-1, np.newaxis]
    falling = ramps[2:] / widths[1:, np.newaxis]
    weights = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    weights *= (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    return weights


def _to_mel(frequency: float) -> float:
    if frequency >= _MIN_LOG_HZ:
        return _MIN_LOG_MEL + np.log(frequency / _MIN_LOG_HZ) / _LOG_STEP
    return frequency / _HZ_PER_MEL

"""Log-mel spectrograms as OpenAI's Whisper computes them, of a clip of any length.

They are not made by `sersk.signal`: Whisper mirrors the ends of a clip where librosa pads zeros.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz
N_FFT = 400
HOP_LENGTH = 160
_BLOCK = 3000  # frames at a time, 30 s, so that the spectra of an hour need no gigabyte


@lru_cache
def mel_filters(n_mels: int) -> NDArray[np.float32]:
    """Return triangles of unit area on Slaney's mel scale, from 0 to 8,000 Hz.

    Parameters
    ----------
    n_mels : int
        Number of bands: 80, or 128 in Whisper large-v3.

    Returns
    -------
    filters : ndarray of float32 of shape (201, n_mels)
        Weight of each bin of the spectrum in each band.

    Examples
    --------
    >>> from sersk.features.whisper.log_mel import mel_filters
    >>> mel_filters(80).shape
    (201, 80)
    """
    # 1,000 Hz are 15 mel. Below, the scale is linear; above, a factor of 6.4 takes 27 mel.
    slope, knee, growth = 3 / 200, 15.0, np.log(6.4) / 27
    top = knee + np.log(SAMPLE_RATE / 2 / 1000) / growth
    mels = np.linspace(0, top, n_mels + 2)
    edges = np.where(mels < knee, mels / slope, 1000 * np.exp(growth * (mels - knee)))
    bins = np.arange(N_FFT // 2 + 1)[:, np.newaxis] * SAMPLE_RATE / N_FFT
    rise = (bins - edges[:-2]) / np.diff(edges)[:-1]
    fall = (edges[2:] - bins) / np.diff(edges)[1:]
    area = 2 / (edges[2:] - edges[:-2])
    return (np.maximum(0, np.minimum(rise, fall)) * area).astype(np.float32)


def log_mel(waveform: NDArray[np.float32], n_mels: int = 80) -> NDArray[np.float32]:
    """Compute the input of Whisper's encoder, without padding to 30 s.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        A clip at 16,000 Hz of at least 201 samples.
    n_mels : int, default=80
        Number of bands.

    Returns
    -------
    features : ndarray of float32 of shape (n_samples // 160, n_mels)
        Logarithms of the power in each band, at most 8 (80 dB) below their maximum over the clip,
        plus 4, divided by 4. A frame every 10 ms.

    Notes
    -----
    Whisper's own pipeline pads clips to 30 s. The values of its first frames are the same, but for
    the last frame or two, where the padding is within the window.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.whisper.log_mel import log_mel
    >>> log_mel(np.zeros(16_000, np.float32)).shape
    (100, 80)
    """
    padded = np.pad(waveform, N_FFT // 2, mode="reflect")
    n_frames = len(waveform) // HOP_LENGTH
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_LENGTH][:n_frames]
    # In double precision: power 80 dB below that of the loudest frame stays accurate.
    window = np.hanning(N_FFT + 1)[:-1]
    filters = mel_filters(n_mels)
    out = np.empty((n_frames, n_mels), np.float32)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # the caller sees that the values are not finite
        for start in range(0, n_frames, _BLOCK):
            spectra = scipy.fft.rfft(frames[start : start + _BLOCK] * window, axis=-1)
            power = (spectra.real**2 + spectra.imag**2).astype(np.float32)
            np.matmul(power, filters, out=out[start : start + _BLOCK])
    np.log10(np.maximum(out, np.float32(1e-10), out=out), out=out)
    np.maximum(out, out.max() - np.float32(8), out=out)
    out += np.float32(4)
    out /= np.float32(4)
    return out

"""Autocorrelation of windowed frames, corrected for the window: near 1 at the period of a voice.

Pitch tracking (`sersk.signal.pitch_tracking`) and speech activity (`sersk.audio.speech_tracking`)
are built on it.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray


def window_correction(
    window: NDArray[np.float64], n_fft: int, lags: slice, *, n_lag_fft: int | None = None
) -> NDArray[np.float32]:
    """Return one over the window's own autocorrelation, which is 1 at lag 0.

    Parameters
    ----------
    window : ndarray of shape (n_window,)
        The window of a frame.
    n_fft : int
        Samples of a transform, including the zeros after the frame.
    lags : slice
        Range of lags.
    n_lag_fft : int or None, default=None
        Lags of the inverse transform, a multiple of `n_fft` for lags closer together than
        samples; `n_fft` if None.

    Returns
    -------
    correction : ndarray of float32 of shape (n_lags,)
        Factor of each lag.
    """
    own = scipy.fft.irfft(np.square(np.abs(scipy.fft.rfft(window, n_fft))), n_lag_fft or n_fft)
    return (own[0] / own[lags]).astype(np.float32)


def correlate(
    power: NDArray[np.float32], n_lag_fft: int, lags: slice, correction: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the autocorrelation of frames at lags, relative to lag 0; of silence 0.

    Parameters
    ----------
    power : ndarray of float32 of shape (n_frames, n_bins)
        Power spectra.
    n_lag_fft : int
        As in `window_correction`.
    lags : slice
        Range of lags.
    correction : ndarray of float32 of shape (n_lags,)
        From `window_correction`.

    Returns
    -------
    correlation : ndarray of float32 of shape (n_frames, n_lags)
        Near 1 at the period of a periodic frame.
    """
    correlation = scipy.fft.irfft(power, n_lag_fft)
    zero = correlation[:, :1].copy()
    scale = np.divide(1, zero, out=np.zeros_like(zero), where=zero > np.finfo(np.float32).tiny)
    return correlation[:, lags] * scale * correction

"""What the transforms have in common: the window, and how many frames are worked on at a time."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Windowed frames that are transformed in one go: 64 frames of 2,048 float32 samples. A third more
# or less measures the same; half of it pays for more calls, double of it leaves the cache.
_BLOCK_BYTES = 512 * 1024


@lru_cache(maxsize=16)
def hann_window(n_fft: int, dtype: np.dtype) -> NDArray:
    """Return the periodic Hann window."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(dtype)
    window.flags.writeable = False
    return window


def frames_a_block(n_fft: int, dtype: np.dtype) -> int:
    """Return how many frames stay in the cache, windowed and transformed."""
    return max(1, _BLOCK_BYTES // (n_fft * dtype.itemsize))


def as_float(waveforms: ArrayLike) -> NDArray:
    """Return an array of float64 as it is, of anything else as float32."""
    array = np.asarray(waveforms)
    array = array if array.dtype == np.float64 else array.astype(np.float32, copy=False)
    if array.ndim < 1:
        raise ValueError("stft: waveforms have shape (); (..., n_samples) is expected.")
    return array

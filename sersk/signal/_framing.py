"""Windows, frames and blocks of frames, shared by all transforms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk.signal.backend import active_backend

# Bytes of windowed frames that are transformed in one call: 64 frames of 2,048 float32 samples. A
# third more or less takes the same time; half needs more calls, and twice as many do not fit into
# the cache.
_BLOCK_BYTES = 512 * 1024


@lru_cache(maxsize=16)
def hann_window(n_fft: int, dtype: np.dtype) -> NDArray:
    """Return the periodic Hann window."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(dtype)
    window.flags.writeable = False
    return window


def frames_a_block(n_fft: int, dtype: np.dtype) -> int:
    """Return the number of frames in a block."""
    return max(1, _BLOCK_BYTES // (n_fft * dtype.itemsize))


def as_float(waveforms: ArrayLike) -> NDArray:
    """Return float64 arrays unchanged, and anything else as float32."""
    array = np.asarray(waveforms)
    array = array if array.dtype == np.float64 else array.astype(np.float32, copy=False)
    if array.ndim < 1:
        raise ValueError("stft: waveforms have shape (); (..., n_samples) is expected.")
    return array


def frames_in_blocks(
    waveforms: NDArray, window: NDArray, n_frames: int, hop_length: int, *, center: bool, n_fft: int
) -> Iterator[tuple[tuple[int, ...], slice, NDArray]]:
    """Cut waveforms into windowed frames, a block of frames of one waveform at a time.

    Parameters
    ----------
    waveforms : ndarray of float32 or float64 of shape (..., n_samples)
        Waveforms.
    window : ndarray of shape (n_window,)
        Factor of each sample of a frame, of the waveforms' type.
    n_frames : int
        Frames of each waveform.
    hop_length : int
        Samples from one frame to the next.
    center : bool
        Whether frame ``t`` is centred on sample ``t * hop_length``; otherwise it begins there.
    n_fft : int
        Samples of a transform, which determine the number of frames in a block.

    Yields
    ------
    index : tuple of int
        Which waveform, over all of the axes but the last.
    frames : slice
        Which of its frames.
    windowed : ndarray of shape (n_frames_in_block, n_window)
        The frames, zeros beyond the waveform's ends; the next block is written to the same memory.
    """
    backend = active_backend()
    n_block = min(frames_a_block(n_fft, waveforms.dtype), max(1, n_frames))
    buffer = np.empty((n_block, len(window)), waveforms.dtype)
    before = len(window) // 2 if center else 0
    for index in np.ndindex(waveforms.shape[:-1]):
        for start in range(0, n_frames, n_block):
            stop = min(start + n_block, n_frames)
            rows = buffer[: stop - start]
            first = start * hop_length - before
            backend.window_frames(waveforms[index], first, hop_length, window, rows)
            yield index, slice(start, stop), rows

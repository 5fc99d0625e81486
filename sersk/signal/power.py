"""Power spectra of waveforms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk.signal._framing import as_float
from sersk.signal.backend import active_backend
from sersk.signal.forward import count_frames, stft_in_blocks


def power_spectrogram(
    waveforms: ArrayLike,
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    n_used_bins: int | None = None,
) -> NDArray:
    """Compute the squared magnitude of the short-time Fourier transform.

    Parameters
    ----------
    waveforms : array-like of shape (..., n_samples)
        Waveforms. float64 is transformed in double precision, anything else as float32.
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.
    n_used_bins : int or None, default=None
        Number of bins to compute, from 0 Hz up; None computes all of them.

    Returns
    -------
    power : ndarray of shape (..., n_frames, n_used_bins)
        Power, float32 (float64 for float64).

    Raises
    ------
    ValueError
        As `stft` does, and if `n_used_bins` is not between 1 and ``n_fft // 2 + 1``.

    See Also
    --------
    stft : The complex spectra.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import power_spectrogram
    >>> power_spectrogram(np.zeros((2, 88_200), dtype=np.float32), n_used_bins=744).shape
    (2, 173, 744)
    """
    waveforms = as_float(waveforms)
    n_frames = count_frames(waveforms.shape[-1], n_fft=n_fft, hop_length=hop_length)
    n_used_bins = n_fft // 2 + 1 if n_used_bins is None else n_used_bins
    blocks = power_in_blocks(waveforms, n_fft=n_fft, hop_length=hop_length, n_used_bins=n_used_bins)
    power = np.empty((*waveforms.shape[:-1], n_frames, n_used_bins), waveforms.dtype)
    for index, frames, block in blocks:
        power[index][frames] = block
    return power


def power_in_blocks(
    waveforms: ArrayLike,
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    n_used_bins: int,
    window: NDArray | None = None,
    center: bool = True,
) -> Iterator[tuple[tuple[int, ...], slice, NDArray]]:
    """Compute the power of spectra, a block of frames of one waveform at a time.

    Parameters
    ----------
    waveforms : array-like of shape (..., n_samples)
        Waveforms. float64 is transformed in double precision, anything else as float32.
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.
    n_used_bins : int
        Number of bins to compute, from 0 Hz up.
    window : ndarray of shape (n_window,) or None, default=None
        As in `stft_in_blocks`.
    center : bool, default=True
        As in `stft_in_blocks`.

    Returns
    -------
    blocks : iterator of (tuple of int, slice, ndarray)
        Which waveform, over all of the axes but the last; which of its frames; and their power of
        shape ``(n_frames_in_block, n_used_bins)``. The next block is written to the same memory.

    Raises
    ------
    ValueError
        As `power_spectrogram` and `stft_in_blocks` do.

    See Also
    --------
    power_spectrogram : All frames at once.
    stft_in_blocks : The complex spectra.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import power_in_blocks
    >>> blocks = power_in_blocks(np.zeros(88_200, dtype=np.float32), n_used_bins=744)
    >>> [power.shape for index, frames, power in blocks]
    [(64, 744), (64, 744), (45, 744)]
    """
    if not 1 <= n_used_bins <= n_fft // 2 + 1:
        raise ValueError(
            f"power_spectrogram: n_used_bins={n_used_bins}; n_fft={n_fft} has "
            f"{n_fft // 2 + 1} bins."
        )
    return _powers(as_float(waveforms), n_fft, hop_length, n_used_bins, window, center)


def _powers(
    waveforms: NDArray,
    n_fft: int,
    hop_length: int,
    n_used_bins: int,
    window: NDArray | None = None,
    center: bool = True,
) -> Iterator[tuple[tuple[int, ...], slice, NDArray]]:
    backend, buffer = active_backend(), np.empty((0, n_used_bins), waveforms.dtype)
    blocks = stft_in_blocks(
        waveforms, n_fft=n_fft, hop_length=hop_length, window=window, center=center
    )
    for index, frames, spectra in blocks:
        if len(spectra) > len(buffer):  # the first block is the longest
            buffer = np.empty((len(spectra), n_used_bins), waveforms.dtype)
        power = buffer[: len(spectra)]
        backend.power(spectra, power)
        yield index, frames, power

"""The inverse short-time Fourier transform: from complex spectra to waveforms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from sersk.signal._framing import frames_a_block, hann_window
from sersk.signal.backend import active_backend


def istft(spectra: ArrayLike, *, hop_length: int = 512, length: int) -> NDArray:
    """Compute the waveforms whose short-time spectra are nearest to the given ones.

    Parameters
    ----------
    spectra : array-like of shape (..., n_frames, n_bins)
        Complex spectra, as `stft` gives them.
    hop_length : int, default=512
        Samples from one frame to the next.
    length : int
        Samples of each waveform; samples that no frame reaches are zero.

    Returns
    -------
    waveforms : ndarray of shape (..., length)
        Waveforms, float32 (float64 for complex128).

    Raises
    ------
    ValueError
        If there are no frames, fewer than 2 bins, `hop_length` is less than 1 or `length` is
        negative.

    See Also
    --------
    stft : The forward transform.

    Notes
    -----
    The least-squares inverse of [1]_: frames are weighted with the window once more, added up
    where they overlap, and divided by the sum of the squared windows. The values are those of
    ``librosa.istft(..., length=length)``.

    References
    ----------
    .. [1] D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier
       transform", IEEE Transactions on Acoustics, Speech, and Signal Processing, 32(2), 1984.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import istft, stft
    >>> waveform = np.sin(np.arange(4096, dtype=np.float32))
    >>> bool(np.allclose(istft(stft(waveform), length=4096), waveform, atol=1e-6))
    True
    """
    spectra = np.asarray(spectra)
    if spectra.ndim < 2 or spectra.shape[-2] < 1 or spectra.shape[-1] < 2:
        raise ValueError(
            f"istft: spectra have shape {spectra.shape}; (..., n_frames, n_bins) is expected, "
            "with at least 1 frame and 2 bins."
        )
    if hop_length < 1 or length < 0:
        raise ValueError(
            f"istft: hop_length={hop_length} and length={length}; hop_length must be at least 1 "
            "and length at least 0."
        )
    n_fft = 2 * (spectra.shape[-1] - 1)
    waveforms = np.empty((*spectra.shape[:-2], length), np.zeros(0, spectra.dtype).real.dtype)
    n_block = frames_a_block(n_fft, waveforms.dtype)
    for index in np.ndindex(spectra.shape[:-2]):
        frames = spectra[index]
        blocks = (frames[start : start + n_block] for start in range(0, len(frames), n_block))
        istft_of_blocks(
            blocks, len(frames), n_fft=n_fft, hop_length=hop_length, out=waveforms[index]
        )
    return waveforms


def istft_of_blocks(
    blocks: Iterable[NDArray],
    n_frames: int,
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    out: NDArray,
) -> NDArray:
    """Compute one waveform from an iterator over blocks of spectra.

    Parameters
    ----------
    blocks : iterable of ndarray of shape (n_frames_in_block, n_fft // 2 + 1)
        Consecutive frames, `n_frames` of them altogether.
    n_frames : int
        Number of frames, at least 1.
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.
    out : ndarray of shape (length,)
        Array for the waveform; samples that no frame reaches are zero.

    Returns
    -------
    waveform : ndarray of shape (length,)
        The waveform `out`.

    See Also
    --------
    istft : The same for an array of spectra.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import istft_of_blocks
    >>> blocks = (np.zeros((4, 1025), dtype=np.complex64) for _ in range(3))
    >>> istft_of_blocks(blocks, 12, out=np.empty(4000, dtype=np.float32)).any()
    np.False_
    """
    window = hann_window(n_fft, out.dtype)
    n_pieces = -(-n_fft // hop_length)  # hops that a frame reaches into
    total = np.zeros((n_frames + n_pieces) * hop_length, out.dtype)
    backend, start = active_backend(), 0
    for block in blocks:
        frames = scipy.fft.irfft(block, n=n_fft)
        backend.overlap_add(frames, start, hop_length, window, total)
        start += len(block)
    whole = total[n_fft // 2 :][: len(out)]
    divisor = _window_sum(n_frames, n_fft, hop_length, out.dtype)[: len(whole)]
    np.divide(whole, divisor, out=out[: len(whole)])
    out[len(whole) :] = 0
    return out


@lru_cache(maxsize=16)
def _window_sum(n_frames: int, n_fft: int, hop_length: int, dtype: np.dtype) -> NDArray:
    """Return the sum of the squared windows at each sample; 1 where it is nearly 0."""
    squared = np.square(hann_window(n_fft, np.dtype(np.float64)))
    n_pieces = -(-n_fft // hop_length)
    hops = np.zeros((n_frames + n_pieces, hop_length))
    for piece in range(n_pieces):
        part = squared[piece * hop_length : (piece + 1) * hop_length]
        hops[piece : piece + n_frames, : len(part)] += part
    total = hops.reshape(-1)[n_fft // 2 :].astype(dtype)
    total[total <= np.finfo(dtype).tiny] = 1
    total.flags.writeable = False
    return total

"""The one STFT of the house: short-time spectra of waveforms, and back.

Plain functions on the last axis. Features (mel, MFCC, chroma) and effects (time stretch, pitch
shift) are built on them elsewhere; nothing here knows of bands, decibels or estimators.
"""

# What makes it fast, and the same to the bit whatever company a clip comes in:
#
# - One waveform at a time, in blocks of frames small enough that a block's frames and its spectra
#   stay about the processor's second-level cache. One FFT over the frames of 20 clips takes 1.7
#   times as long, and the shape of the batch would reach into the arithmetic.
# - Memory that is used again. Arrays of a megabyte, made and dropped for each clip, are pages that
#   the system takes back and hands out anew: as much time as all of the arithmetic.
# - Frame after frame in memory, (n_frames, n_bins): an FFT reads and writes neighbours. Time along
#   the last axis, as many libraries have it, costs a transposition of every spectrum.
# - In single precision and for the usual frames, a Fourier transform that is compiled for this very
#   processor (`sersk._compiled`), three times as fast as scipy's; scipy's for all else. On one
#   thread: parallel work is over clips and is joblib's.

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import as_strided
from numpy.typing import ArrayLike, NDArray

from sersk._compiled import as_row, loops_for

# Windowed frames that are transformed in one go: 64 frames of 2,048 float32 samples. A third more
# or less measures the same; half of it pays for more calls, double of it leaves the cache.
_BLOCK_BYTES = 512 * 1024

_sharing = threading.local()


def stft(waveforms: ArrayLike, *, n_fft: int = 2048, hop_length: int = 512) -> NDArray:
    """Compute the short-time Fourier transform of waveforms.

    Frames are centred on the samples ``0, hop_length, 2 * hop_length, ...``, with zeros before the
    first sample and after the last, and weighted with a periodic Hann window.

    Parameters
    ----------
    waveforms : array-like of shape (..., n_samples)
        Waveforms. float64 is transformed in double precision, anything else as float32.
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.

    Returns
    -------
    spectra : ndarray of shape (..., n_frames, n_fft // 2 + 1)
        Complex spectra, complex64 (complex128 for float64), with
        ``n_frames = 1 + n_samples // hop_length``.

    Raises
    ------
    ValueError
        If there are no samples, `n_fft` is not a positive even number, or `hop_length` is less
        than 1.

    See Also
    --------
    istft : The way back.
    power_spectrogram : Only the power, and only of the bins in use.

    Notes
    -----
    The values are those of ``librosa.stft(..., pad_mode="constant")``; the last two axes are the
    other way round.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.spectrum import stft
    >>> stft(np.zeros((2, 3, 88_200), dtype=np.float32)).shape
    (2, 3, 173, 1025)
    """
    waveforms = _as_float(waveforms)
    n_frames = count_frames(waveforms.shape[-1], n_fft=n_fft, hop_length=hop_length)
    dtype = np.result_type(waveforms, np.complex64)
    spectra = np.empty((*waveforms.shape[:-1], n_frames, n_fft // 2 + 1), dtype)
    for index, frames, block in stft_in_blocks(waveforms, n_fft=n_fft, hop_length=hop_length):
        spectra[index][frames] = block
    return spectra


def stft_in_blocks(
    waveforms: ArrayLike, *, n_fft: int = 2048, hop_length: int = 512
) -> Iterator[tuple[tuple[int, ...], slice, NDArray]]:
    """Compute the spectra of waveforms, a block of frames of one waveform at a time.

    Parameters
    ----------
    waveforms : array-like of shape (..., n_samples)
        Waveforms. float64 is transformed in double precision, anything else as float32.
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.

    Yields
    ------
    index : tuple of int
        Which waveform this is, over all of the axes but the last.
    frames : slice
        Which of its frames these are.
    spectra : ndarray of shape (n_frames_in_block, n_fft // 2 + 1)
        Their complex spectra, the caller's to overwrite.

    Raises
    ------
    ValueError
        As `stft` does.

    See Also
    --------
    stft : All of them at once.

    Notes
    -----
    A block's size depends on `n_fft` alone, and only as much of a waveform is padded as a block
    needs: the memory in use grows neither with the number nor with the length of the waveforms.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.spectrum import stft_in_blocks
    >>> blocks = stft_in_blocks(np.zeros((1, 88_200), dtype=np.float32))
    >>> [(index, frames.start, frames.stop) for index, frames, spectra in blocks]
    [((0,), 0, 64), ((0,), 64, 128), ((0,), 128, 173)]
    """
    waveforms = _as_float(waveforms)
    n_samples = waveforms.shape[-1]
    n_frames = count_frames(n_samples, n_fft=n_fft, hop_length=hop_length)
    n_block = min(_frames_a_block(n_fft, waveforms.dtype), n_frames)
    loops = loops_for(n_fft, waveforms.dtype)
    if loops is not None:
        space = loops.Workspace(n_fft)
        for index in np.ndindex(waveforms.shape[:-1]):
            waveform = as_row(waveforms[index])
            for start in range(0, n_frames, n_block):
                stop = min(start + n_block, n_frames)
                spectra = np.empty((stop - start, n_fft // 2 + 1), np.complex64)
                loops.spectra(waveform, start, hop_length, space.plan, spectra.view(np.float32))
                yield index, slice(start, stop), spectra
        return
    window = _hann_window(n_fft, waveforms.dtype)
    segment = np.zeros((n_block - 1) * hop_length + n_fft, waveforms.dtype)
    step = segment.itemsize
    overlapping = as_strided(segment, (n_block, n_fft), (hop_length * step, step), writeable=False)
    windowed = np.empty((n_block, n_fft), waveforms.dtype)
    for index in np.ndindex(waveforms.shape[:-1]):
        for start in range(0, n_frames, n_block):
            stop = min(start + n_block, n_frames)
            origin = start * hop_length - n_fft // 2  # the segment's first sample in the waveform
            first, last = max(origin, 0), min(origin + len(segment), n_samples)
            segment[: first - origin] = 0
            segment[first - origin : last - origin] = waveforms[index][first:last]
            segment[last - origin :] = 0
            block = np.multiply(overlapping[: stop - start], window, out=windowed[: stop - start])
            yield index, slice(start, stop), scipy.fft.rfft(block, overwrite_x=True)


def istft(spectra: ArrayLike, *, hop_length: int = 512, length: int) -> NDArray:
    """Compute the waveforms whose short-time spectra are nearest to the given ones.

    Parameters
    ----------
    spectra : array-like of shape (..., n_frames, n_bins)
        Complex spectra, as `stft` gives them.
    hop_length : int, default=512
        Samples from one frame to the next.
    length : int
        Samples of each waveform; what the frames do not reach is zero.

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
    stft : The way there.

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
    >>> from sersk.features.spectrum import istft, stft
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
    n_block = _frames_a_block(n_fft, waveforms.dtype)
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
    """Compute one waveform from spectra that are made while they are used.

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
        Where to write the waveform; what the frames do not reach is zero.

    Returns
    -------
    waveform : ndarray of shape (length,)
        The waveform `out`.

    See Also
    --------
    istft : The same of spectra that are at hand.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.spectrum import istft_of_blocks
    >>> blocks = (np.zeros((4, 1025), dtype=np.complex64) for _ in range(3))
    >>> istft_of_blocks(blocks, 12, out=np.empty(4000, dtype=np.float32)).any()
    np.False_
    """
    window = _hann_window(n_fft, out.dtype)
    # Frames overlap in `n_pieces` pieces of one hop each. Piece p of frame t lies in hop t + p, so
    # that adding a whole column of pieces is one sum of two matrices, and not a loop over frames.
    n_pieces = -(-n_fft // hop_length)
    hops = np.zeros((n_frames + n_pieces, hop_length), out.dtype)
    start = 0
    for block in blocks:
        frames = _windowed_frames(block, window)
        for piece in range(n_pieces):
            part = frames[:, piece * hop_length : (piece + 1) * hop_length]
            hops[start + piece : start + piece + len(part), : part.shape[1]] += part
        start += len(block)
    whole = hops.reshape(-1)[n_fft // 2 :][: len(out)]
    divisor = _window_sum(n_frames, n_fft, hop_length, out.dtype)[: len(whole)]
    np.divide(whole, divisor, out=out[: len(whole)])
    out[len(whole) :] = 0
    return out


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
        Keep only so many bins from 0 Hz up, which saves the work for the others; all of them if
        None.

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
    >>> from sersk.features.spectrum import power_spectrogram
    >>> power_spectrogram(np.zeros((2, 88_200), dtype=np.float32), n_used_bins=744).shape
    (2, 173, 744)
    """
    waveforms = _as_float(waveforms)
    n_frames = count_frames(waveforms.shape[-1], n_fft=n_fft, hop_length=hop_length)
    n_used_bins = n_fft // 2 + 1 if n_used_bins is None else n_used_bins
    blocks = power_in_blocks(waveforms, n_fft=n_fft, hop_length=hop_length, n_used_bins=n_used_bins)
    power = np.empty((*waveforms.shape[:-1], n_frames, n_used_bins), waveforms.dtype)
    for index, frames, block in blocks:
        power[index][frames] = block
    return power


def power_in_blocks(
    waveforms: ArrayLike, *, n_fft: int = 2048, hop_length: int = 512, n_used_bins: int
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
        How many bins to keep, from 0 Hz up.

    Returns
    -------
    blocks : iterator of (tuple of int, slice, ndarray)
        Which waveform, over all of the axes but the last; which of its frames; and their power of
        shape ``(n_frames_in_block, n_used_bins)``. The next block is written to the same memory.

    Raises
    ------
    ValueError
        As `power_spectrogram` does.

    See Also
    --------
    power_spectrogram : All of it at once.
    stft_in_blocks : The complex spectra.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.spectrum import power_in_blocks
    >>> blocks = power_in_blocks(np.zeros(88_200, dtype=np.float32), n_used_bins=744)
    >>> [power.shape for index, frames, power in blocks]
    [(64, 744), (64, 744), (45, 744)]
    """
    if not 1 <= n_used_bins <= n_fft // 2 + 1:
        raise ValueError(
            f"power_spectrogram: n_used_bins={n_used_bins}; n_fft={n_fft} has "
            f"{n_fft // 2 + 1} bins."
        )
    if is_sharing():
        return _shared_powers(_as_float(waveforms), n_fft, hop_length, n_used_bins)
    return _powers(_as_float(waveforms), n_fft, hop_length, n_used_bins)


@contextmanager
def sharing_spectra() -> Iterator[None]:
    """Let features that are made meanwhile, in this thread, share the spectra of a waveform.

    Waveforms must not be changed meanwhile: they are known by where they lie in memory.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import ChromaTransformer, MelSpectrogramTransformer
    >>> from sersk.features.spectrum import sharing_spectra
    >>> X = np.zeros((2, 22050), dtype=np.float32)
    >>> with sharing_spectra():  # half of the Fourier transforms
    ...     mel = MelSpectrogramTransformer().fit_transform(X)
    ...     chroma = ChromaTransformer().fit_transform(X)
    """
    before = getattr(_sharing, "powers", None)
    _sharing.powers = {}
    try:
        yield
    finally:
        _sharing.powers = before


def is_sharing() -> bool:
    """Tell whether features of this thread share spectra at the moment, see `sharing_spectra`.

    Returns
    -------
    sharing : bool
        Whether they do.

    Examples
    --------
    >>> from sersk.features.spectrum import is_sharing, sharing_spectra
    >>> is_sharing()
    False
    >>> with sharing_spectra():
    ...     is_sharing()
    True
    """
    return getattr(_sharing, "powers", None) is not None


def _shared_powers(
    waveforms: NDArray, n_fft: int, hop_length: int, n_used_bins: int
) -> Iterator[tuple[tuple[int, ...], slice, NDArray]]:
    n_bins = n_fft // 2 + 1
    n_block = _frames_a_block(n_fft, waveforms.dtype)
    for index in np.ndindex(waveforms.shape[:-1]):
        waveform = waveforms[index]
        key = (waveform.ctypes.data, waveform.strides, len(waveform), n_fft, hop_length)
        if key not in _sharing.powers:
            powers = _powers(waveform, n_fft, hop_length, n_bins)
            power = [block.copy() for *_, block in powers]
            # the waveform too, so that nothing else can come to lie where it does
            _sharing.powers[key] = power, waveform
        power, _ = _sharing.powers[key]
        for number, block in enumerate(power):
            start = number * n_block
            yield index, slice(start, start + len(block)), block[:, :n_used_bins]


def _powers(
    waveforms: NDArray, n_fft: int, hop_length: int, n_used_bins: int
) -> Iterator[tuple[tuple[int, ...], slice, NDArray]]:
    n_frames = count_frames(waveforms.shape[-1], n_fft=n_fft, hop_length=hop_length)
    n_block = min(_frames_a_block(n_fft, waveforms.dtype), n_frames)
    scratch = np.empty((n_block, n_used_bins), waveforms.dtype)
    loops = loops_for(n_fft, waveforms.dtype)
    if loops is not None:
        space = loops.Workspace(n_fft)
        for index in np.ndindex(waveforms.shape[:-1]):
            waveform = as_row(waveforms[index])
            for start in range(0, n_frames, n_block):
                stop = min(start + n_block, n_frames)
                power = scratch[: stop - start]
                loops.powers(waveform, start, hop_length, space.plan, power)
                yield index, slice(start, stop), power
        return
    blocks = stft_in_blocks(waveforms, n_fft=n_fft, hop_length=hop_length)
    for index, frames, spectra in blocks:
        # numpy has vector code for the magnitude of neighbouring complex numbers; two strided
        # squares and their sum take longer than magnitude and square.
        power = np.abs(spectra[:, :n_used_bins], out=scratch[: len(spectra)])
        yield index, frames, np.square(power, out=power)


def _windowed_frames(spectra: NDArray, window: NDArray) -> NDArray:
    n_fft = len(window)
    loops = loops_for(n_fft, window.dtype)
    if loops is None:
        frames = scipy.fft.irfft(spectra, n=n_fft)
        frames *= window
        return frames
    frames = np.empty((len(spectra), n_fft), np.float32)
    numbers = np.ascontiguousarray(spectra, dtype=np.complex64).view(np.float32)
    space = loops.Workspace(n_fft)
    loops.frames(numbers, space.plan, frames)
    return frames


def count_frames(n_samples: int, *, n_fft: int = 2048, hop_length: int = 512) -> int:
    """Count the frames that `stft` makes of a waveform.

    Parameters
    ----------
    n_samples : int
        Samples of the waveform.
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.

    Returns
    -------
    n_frames : int
        The number of frames, ``1 + n_samples // hop_length``.

    Raises
    ------
    ValueError
        If there are no samples, `n_fft` is not a positive even number, or `hop_length` is less
        than 1.

    Examples
    --------
    >>> from sersk.features.spectrum import count_frames
    >>> count_frames(88_200)
    173
    """
    if n_samples < 1:
        raise ValueError(f"stft: the waveforms have {n_samples} samples; at least 1 is needed.")
    if n_fft < 2 or n_fft % 2:
        raise ValueError(f"stft: n_fft={n_fft} must be an even number, at least 2.")
    if hop_length < 1:
        raise ValueError(f"stft: hop_length={hop_length} must be at least 1.")
    return 1 + n_samples // hop_length


@lru_cache(maxsize=16)
def _hann_window(n_fft: int, dtype: np.dtype) -> NDArray:
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(dtype)
    window.flags.writeable = False
    return window


@lru_cache(maxsize=16)
def _window_sum(n_frames: int, n_fft: int, hop_length: int, dtype: np.dtype) -> NDArray:
    """Add up the squared windows under each sample; 1 where there is next to nothing."""
    squared = np.square(_hann_window(n_fft, np.dtype(np.float64)))
    n_pieces = -(-n_fft // hop_length)
    hops = np.zeros((n_frames + n_pieces, hop_length))
    for piece in range(n_pieces):
        part = squared[piece * hop_length : (piece + 1) * hop_length]
        hops[piece : piece + n_frames, : len(part)] += part
    total = hops.reshape(-1)[n_fft // 2 :].astype(dtype)
    total[total <= np.finfo(dtype).tiny] = 1
    total.flags.writeable = False
    return total


def _frames_a_block(n_fft: int, dtype: np.dtype) -> int:
    return max(1, _BLOCK_BYTES // (n_fft * dtype.itemsize))


def _as_float(waveforms: ArrayLike) -> NDArray:
    """Return an array of float64 as it is, of anything else as float32."""
    array = np.asarray(waveforms)
    array = array if array.dtype == np.float64 else array.astype(np.float32, copy=False)
    if array.ndim < 1:
        raise ValueError("stft: waveforms have shape (); (..., n_samples) is expected.")
    return array

"""Power spectra of waveforms."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk.signal._framing import as_float, frames_a_block
from sersk.signal.backend import active_backend
from sersk.signal.forward import count_frames, stft_in_blocks

_sharing = threading.local()


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
        How many bins to keep, from 0 Hz up.
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
    power_spectrogram : All of it at once.
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
    if is_sharing() and window is None and center:
        return _shared_powers(as_float(waveforms), n_fft, hop_length, n_used_bins)
    return _powers(as_float(waveforms), n_fft, hop_length, n_used_bins, window, center)


@contextmanager
def sharing_spectra() -> Iterator[None]:
    """Let features that this thread computes inside the block share the spectra of a waveform.

    Waveforms must not be changed inside the block: they are recognised by their address.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import ChromaTransformer, MelSpectrogramTransformer
    >>> from sersk.signal import sharing_spectra
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
    >>> from sersk.signal import is_sharing, sharing_spectra
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
    n_block = frames_a_block(n_fft, waveforms.dtype)
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

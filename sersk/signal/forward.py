"""The short-time Fourier transform: from waveforms to complex spectra."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from sersk.signal._framing import as_float, frames_in_blocks, hann_window


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
    istft : The inverse.
    power_spectrogram : Only the power, and only of the bins in use.

    Notes
    -----
    The values are those of ``librosa.stft(..., pad_mode="constant")``, with the last two axes
    transposed.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import stft
    >>> stft(np.zeros((2, 3, 88_200), dtype=np.float32)).shape
    (2, 3, 173, 1025)
    """
    waveforms = as_float(waveforms)
    n_frames = count_frames(waveforms.shape[-1], n_fft=n_fft, hop_length=hop_length)
    dtype = np.result_type(waveforms, np.complex64)
    spectra = np.empty((*waveforms.shape[:-1], n_frames, n_fft // 2 + 1), dtype)
    for index, frames, block in stft_in_blocks(waveforms, n_fft=n_fft, hop_length=hop_length):
        spectra[index][frames] = block
    return spectra


def stft_in_blocks(
    waveforms: ArrayLike,
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    window: NDArray | None = None,
    center: bool = True,
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
    window : ndarray of shape (n_window,) or None, default=None
        Factor of each sample of a frame. A frame has `n_window` samples, at most `n_fft`, and
        zeros behind them. A periodic Hann window of `n_fft` samples if None.
    center : bool, default=True
        Whether frame ``t`` is centred on sample ``t * hop_length``, with zeros beyond the ends of
        the waveform. Otherwise it begins there, and only whole frames count.

    Yields
    ------
    index : tuple of int
        Which waveform this is, over all of the axes but the last.
    frames : slice
        Which of its frames these are.
    spectra : ndarray of shape (n_frames_in_block, n_fft // 2 + 1)
        Their complex spectra; the caller may overwrite them.

    Raises
    ------
    ValueError
        As `stft` does, and if `window` has more than `n_fft` samples.

    See Also
    --------
    stft : All spectra at once.

    Notes
    -----
    The size of a block depends only on `n_fft` and the type, and only the samples of a block are
    padded. So the memory in use does not grow with the number or the length of the waveforms.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import stft_in_blocks
    >>> blocks = stft_in_blocks(np.zeros((1, 88_200), dtype=np.float32))
    >>> [(index, frames.start, frames.stop) for index, frames, spectra in blocks]
    [((0,), 0, 64), ((0,), 64, 128), ((0,), 128, 173)]
    """
    waveforms = as_float(waveforms)
    how: dict = {"n_fft": n_fft, "hop_length": hop_length}
    if window is None:
        window = hann_window(n_fft, waveforms.dtype)
    elif window.ndim != 1 or not 1 <= len(window) <= n_fft:
        raise ValueError(
            f"stft: window has shape {window.shape}; (n_window,) is expected, with 1 to "
            f"n_fft={n_fft} samples."
        )
    n_window = None if center else len(window)
    n_frames = count_frames(waveforms.shape[-1], **how, n_window=n_window)
    window = np.ascontiguousarray(window, waveforms.dtype)
    blocks = frames_in_blocks(waveforms, window, n_frames, hop_length, center=center, n_fft=n_fft)
    for index, frames, windowed in blocks:
        yield index, frames, scipy.fft.rfft(windowed, n_fft)


def count_frames(
    n_samples: int, *, n_fft: int = 2048, hop_length: int = 512, n_window: int | None = None
) -> int:
    """Count the frames that `stft` or `stft_in_blocks` makes of a waveform.

    Parameters
    ----------
    n_samples : int
        Samples of the waveform.
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.
    n_window : int or None, default=None
        Samples of a frame, if frames are not centred and only whole ones count.

    Returns
    -------
    n_frames : int
        The number of frames, ``1 + n_samples // hop_length`` of centred ones.

    Raises
    ------
    ValueError
        If there are no samples, `n_fft` is not a positive even number, or `hop_length` is less
        than 1.

    Examples
    --------
    >>> from sersk.signal import count_frames
    >>> count_frames(88_200)
    173
    >>> count_frames(88_200, n_window=2048)
    169
    """
    if n_samples < 1:
        raise ValueError(f"stft: the waveforms have {n_samples} samples; at least 1 is needed.")
    if n_fft < 2 or n_fft % 2:
        raise ValueError(f"stft: n_fft={n_fft} must be an even number, at least 2.")
    if hop_length < 1:
        raise ValueError(f"stft: hop_length={hop_length} must be at least 1.")
    if n_window is not None:
        return max(0, 1 + (n_samples - n_window) // hop_length)
    return 1 + n_samples // hop_length

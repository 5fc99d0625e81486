"""Filter banks: the weight of each bin of a spectrum in each band."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sersk.signal.mel_scale import mel_frequencies, mel_triangles

# Neighbouring bands that share one matrix product.
_BANDS_A_BLOCK = 16
# Half of the size from which OpenBLAS uses threads.
_MULTIPLICATIONS_A_PRODUCT = 2**17
# Chroma: bins count most at this octave above A0, 880 Hz, and with this deviation around it.
_CENTRE_OCTAVE, _OCTAVE_WIDTH = 5.0, 2.0


class FilterBank(NamedTuple):
    """A filter bank, without the bins that have no weight.

    Attributes
    ----------
    blocks : tuple of (slice, slice, ndarray)
        For each few neighbouring bands: the slice of the bands, the slice of the bins that these
        bands reach, and their weights of shape ``(n_bands, n_bins)``.
    band_frequencies : ndarray of shape (n_bands,)
        Centre frequency of each band (Hz); NaN for pitch classes, which have many.
    n_fft : int
        Samples a frame of the spectrum that the bank belongs to.
    n_used_bins : int
        Number of bins from 0 Hz up to the last one with a weight.
    """

    blocks: tuple[tuple[slice, slice, NDArray[np.float32]], ...]
    band_frequencies: NDArray[np.float64]
    n_fft: int
    n_used_bins: int


def apply_filter_bank(
    power: NDArray[np.float32], bank: FilterBank, out: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Sum the power of spectra into bands.

    Parameters
    ----------
    power : ndarray of float32 of shape (n_frames, n_bins)
        Power spectra of at least ``bank.n_used_bins`` bins.
    bank : FilterBank
        The bands.
    out : ndarray of float32 of shape (n_bands, n_frames)
        Array for the power in each band.

    Returns
    -------
    bands : ndarray of float32 of shape (n_bands, n_frames)
        The array `out`.

    Notes
    -----
    A mel triangle covers 4 to 35 of 744 bins: in one product with the dense filter bank, 98 % of
    the multiplications are by zero. Products of a few neighbouring bands with their own bins need
    an eighth of the multiplications. They are so small that BLAS uses no threads for them; threads
    would change the order of summation, and the rounding, on some processors.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import apply_filter_bank, mel_filter_bank
    >>> bank = mel_filter_bank(22050, 2048, 128, 0.0, 8000.0)
    >>> power = np.ones((173, bank.n_used_bins), np.float32)
    >>> apply_filter_bank(power, bank, np.empty((128, 173), np.float32)).shape
    (128, 173)
    """
    for bands, bins, weights in bank.blocks:
        n_frames = max(1, _MULTIPLICATIONS_A_PRODUCT // weights.size)
        for start in range(0, len(power), n_frames):
            frames = slice(start, start + n_frames)
            with np.errstate(invalid="ignore", over="ignore"):  # infinity times 0 is NaN
                np.matmul(weights, power[frames, bins].T, out=out[bands, frames])
    return out


def filter_bank_of(estimator: Any) -> FilterBank:
    """Make the mel filter bank that the parameters of an estimator describe.

    Parameters
    ----------
    estimator : estimator
        An estimator with `sample_rate`, `n_fft`, `n_mels`, `fmin` and `fmax`; ``fmax=None`` is
        half of `sample_rate`.

    Returns
    -------
    bank : FilterBank
        The bank, shared between callers: its arrays are read-only.

    Raises
    ------
    ValueError
        As `mel_filter_bank` does; the message begins with the estimator's name.
    """
    fmax = estimator.sample_rate / 2 if estimator.fmax is None else estimator.fmax
    try:
        return mel_filter_bank(
            estimator.sample_rate,
            estimator.n_fft,
            estimator.n_mels,
            float(estimator.fmin),
            float(fmax),
        )
    except ValueError as error:
        raise ValueError(f"{type(estimator).__name__}: {error}") from None


@lru_cache(maxsize=16)
def mel_filter_bank(
    sample_rate: float, n_fft: int, n_mels: int, fmin: float, fmax: float
) -> FilterBank:
    """Make a bank of Slaney-normalised mel filters.

    Parameters
    ----------
    sample_rate : float
        Samples a second of the waveforms (Hz).
    n_fft : int
        Samples a frame, an even number.
    n_mels : int
        Number of bands.
    fmin : float
        Lowest frequency (Hz).
    fmax : float
        Highest frequency (Hz).

    Returns
    -------
    bank : FilterBank
        The bank, shared between callers: its arrays are read-only.

    Raises
    ------
    ValueError
        If `fmax` is above half of `sample_rate` or not above `fmin`, `n_fft` is odd, or a band
        falls between two bins of the spectrum.

    Examples
    --------
    >>> from sersk.signal import mel_filter_bank
    >>> mel_filter_bank(22050, 2048, 128, 0.0, 8000.0).n_used_bins
    744
    """
    if n_fft % 2:
        raise ValueError(f"n_fft={n_fft} must be an even number.")
    if fmax > sample_rate / 2:
        raise ValueError(
            f"fmax={fmax} Hz is above {sample_rate / 2} Hz, half of sample_rate={sample_rate}, "
            "and a waveform has no higher frequencies; lower fmax, or load the clips at a higher "
            "rate."
        )
    if fmin >= fmax:
        raise ValueError(f"fmin={fmin} Hz must be below fmax={fmax} Hz.")
    weights = mel_triangles(sample_rate, n_fft, n_mels, fmin, fmax)
    n_empty = n_mels - np.count_nonzero(weights.any(axis=1))
    if n_empty:
        raise ValueError(
            f"n_mels={n_mels} bands from {fmin} to {fmax} Hz are too narrow for n_fft={n_fft}, "
            f"whose bins are {sample_rate / n_fft:.1f} Hz apart: {n_empty} of the bands hold no "
            "bin. Choose fewer bands or a longer frame."
        )
    blocks = []
    for start in range(0, n_mels, _BANDS_A_BLOCK):
        bands = slice(start, min(start + _BANDS_A_BLOCK, n_mels))
        reached = np.flatnonzero(weights[bands].any(axis=0))
        bins = slice(int(reached[0]), int(reached[-1]) + 1)
        block = np.ascontiguousarray(weights[bands, bins], dtype=np.float32)
        block.flags.writeable = False
        blocks.append((bands, bins, block))
    # One point more at each end: where the first triangle begins and the last one ends.
    frequencies = mel_frequencies(n_mels + 2, fmin, fmax)[1:-1]
    frequencies.flags.writeable = False
    return FilterBank(tuple(blocks), frequencies, n_fft, blocks[-1][1].stop)


@lru_cache(maxsize=16)
def chroma_filter_bank(
    sample_rate: float, n_fft: int, n_chroma: int, *, tuning: float = 0.0
) -> FilterBank:
    """Make the weights of each bin of a spectrum in each pitch class.

    Parameters
    ----------
    sample_rate : float
        Samples a second of the waveforms (Hz).
    n_fft : int
        Samples a frame, an even number.
    n_chroma : int
        Number of pitch classes in an octave.
    tuning : float, default=0.0
        Deviation from A4 = 440 Hz, in pitch classes.

    Returns
    -------
    bank : FilterBank
        The bank, shared between callers: its arrays are read-only. It has one block, of all pitch
        classes and all bins.

    Notes
    -----
    After [1]_: each bin counts for the pitch classes near it by a Gaussian of its own width, and
    bins count less the further they are from 880 Hz, by a Gaussian of two octaves. The weights are
    those of ``librosa.filters.chroma``.

    References
    ----------
    .. [1] D. P. W. Ellis, "Chroma feature analysis and synthesis", 2007,
       https://www.ee.columbia.edu/~dpwe/resources/matlab/chroma-ansyn/

    Examples
    --------
    >>> from sersk.signal import chroma_filter_bank
    >>> chroma_filter_bank(22050, 2048, 12).n_used_bins
    1025
    """
    # Not librosa.filters.chroma: its first call in a fresh environment compiles for 20 s.
    bins = np.arange(1, n_fft) * sample_rate / n_fft  # Hz, of the whole FFT without 0 Hz
    lowest = 27.5 * 2 ** (tuning / n_chroma)  # A0
    octaves = np.log2(bins / lowest)
    octaves = np.concatenate([[octaves[0] - 1.5], octaves])  # 0 Hz: below the first bin
    positions = n_chroma * octaves
    width = np.append(np.maximum(np.diff(positions), 1), 1)  # of a bin, in pitch classes
    half = round(n_chroma / 2)
    distance = (positions - np.arange(n_chroma)[:, np.newaxis] + half) % n_chroma - half
    weights = np.exp(-0.5 * np.square(2 * distance / width))
    weights /= np.linalg.norm(weights, axis=0)
    weights *= np.exp(-0.5 * np.square((octaves - _CENTRE_OCTAVE) / _OCTAVE_WIDTH))
    weights = np.roll(weights, -3 * (n_chroma // 12), axis=0)  # from A to C
    weights = np.ascontiguousarray(weights[:, : n_fft // 2 + 1], dtype=np.float32)
    frequencies = np.full(n_chroma, np.nan)
    for array in (weights, frequencies):
        array.flags.writeable = False
    block = slice(n_chroma), slice(weights.shape[1]), weights
    return FilterBank((block,), frequencies, n_fft, weights.shape[1])

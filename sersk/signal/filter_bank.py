"""Mel filter banks: which bins of a spectrum make up which band, and how much each counts."""

import warnings
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Bands that share one matrix product, see `sersk.features.mel.mel_spectrogram`.
_BANDS_A_BLOCK = 16


class MelFilterBank(NamedTuple):
    """A mel filter bank, cut down to the weights that are not zero.

    Attributes
    ----------
    blocks : tuple of (slice, slice, ndarray)
        For each few neighbouring bands: the slice of the bands, the slice of the bins that these
        bands reach, and their weights of shape ``(n_bands, n_bins)``.
    band_frequencies : ndarray of shape (n_mels,)
        Centre frequency of each band (Hz).
    n_fft : int
        Samples a frame of the spectrum that the bank belongs to.
    n_used_bins : int
        Number of bins from 0 Hz up to the last one with a weight.
    triangles : tuple of ndarray
        The same once more, for compiled loops: the first bin of each band; where its weights
        begin, and the last one's end; and the weights, rows of 4 that zeros fill up.
    """

    blocks: tuple[tuple[slice, slice, NDArray[np.float32]], ...]
    band_frequencies: NDArray[np.float64]
    n_fft: int
    n_used_bins: int
    triangles: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


def filter_bank_of(estimator: Any) -> MelFilterBank:
    """Make the mel filter bank that the parameters of an estimator describe.

    Parameters
    ----------
    estimator : estimator
        Has `sample_rate`, `n_fft`, `n_mels`, `fmin` and `fmax`, where None is half of
        `sample_rate`.

    Returns
    -------
    bank : MelFilterBank
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
) -> MelFilterBank:
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
    bank : MelFilterBank
        The bank, shared between callers: its arrays are read-only.

    Raises
    ------
    ValueError
        If `fmax` is above half of `sample_rate` or not above `fmin`, `n_fft` is odd, or a band
        falls between two bins of the spectrum.

    Examples
    --------
    >>> from sersk.features.mel import mel_filter_bank
    >>> mel_filter_bank(22050, 2048, 128, 0.0, 8000.0).n_used_bins
    744
    """
    if n_fft % 2:
        raise ValueError(f"n_fft={n_fft} must be an even number.")
    if fmax > sample_rate / 2:
        raise ValueError(
            f"fmax={fmax} Hz is above {sample_rate / 2} Hz, half of sample_rate={sample_rate}, "
            "and a waveform holds nothing there; lower fmax, or load the clips at a higher rate."
        )
    if fmin >= fmax:
        raise ValueError(f"fmin={fmin} Hz must be below fmax={fmax} Hz.")
    import librosa  # takes a second to import, hence only at the first use

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters detected")  # an error below
        weights = librosa.filters.mel(
            sr=sample_rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax
        )
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
    frequencies = librosa.mel_frequencies(n_mels + 2, fmin=fmin, fmax=fmax)[1:-1]
    frequencies.flags.writeable = False
    n_used_bins = blocks[-1][1].stop
    return MelFilterBank(tuple(blocks), frequencies, n_fft, n_used_bins, _triangles(weights))


def _triangles(
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    starts = (weights != 0).argmax(axis=1)
    rows = [np.trim_zeros(band) for band in weights]
    rows = [np.pad(row, (0, -len(row) % 4)) for row in rows]
    places = np.cumsum([0, *map(len, rows)])
    arrays = starts.astype(np.int64), places.astype(np.int64), np.concatenate(rows)
    for array in arrays:
        array.flags.writeable = False
    return arrays

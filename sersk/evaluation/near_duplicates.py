"""Near duplicates: copies that are resampled, compressed, cut or softer, so not equal to the bit.

Binary words of the spectrum propose pairs, as Haitsma and Kalker find songs. Correlation of the
waveforms decides. Exact copies are found in `leakage`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import butter, sosfilt

from sersk._utils.progress import track
from sersk.audio.reading import read_sound
from sersk.signal import power_in_blocks, with_backend

_SAMPLE_RATE = 8000  # Hz; higher frequencies differ between codecs
_N_FFT, _HOP = 2048, 96  # 256 ms and 12 ms: the overlap makes words robust to cuts at any sample
_LOWEST, _HIGHEST = 200.0, 3000.0  # Hz; with hum below, unrelated clips would be similar
_N_BITS = 32
_QUIETEST = 1e-4  # of a clip's loudest frame: words of the noise floor are random

# Measured (benchmarks/near_duplicates.py): planted copies have 18 words and more in common, and
# correlate from 0.86; unrelated clips with a common word correlate up to 0.37.
_MIN_WORDS = 4
_MIN_CORRELATION = 0.7
_MIN_COMMON = 0.5  # s
_MAX_NEIGHBOURS = 64  # a word of more clips is not informative

_HIGH_PASS = butter(4, _LOWEST, "highpass", fs=_SAMPLE_RATE, output="sos")


class NearDuplicate(NamedTuple):
    """Two clips that contain the same stretch of one recording."""

    first: int
    second: int
    seconds: float


def find_near_duplicates(
    paths: Mapping[int, str], n_jobs: int | None = None, verbose: int | bool | None = None
) -> list[NearDuplicate]:
    """Return the pairs of files that share a part of a recording.

    Parameters
    ----------
    paths : mapping of int to str
        Readable files by number; no two are equal to the bit.
    n_jobs : int or None, default=None
        Number of files to read at a time, in threads.
    verbose : int, bool or None, default=None
        Whether to show progress on stderr. None: on a terminal and in a notebook, after two
        seconds; False: never; True: always.

    Returns
    -------
    pairs : list of NearDuplicate
        In order of their numbers, the smaller first.

    Notes
    -----
    A common stretch of half a second or more is found after resampling, a change of level or sign,
    cuts at either end, and lossy compression. It is not found after a change of tempo or pitch.

    References
    ----------
    J. Haitsma, T. Kalker (2002). A highly robust audio fingerprinting system. ISMIR.
    """
    if len(paths) < 2:
        return []
    parallel = Parallel(n_jobs, prefer="threads", return_as="generator")
    each = parallel(delayed(with_backend(words_of_file))(path) for path in paths.values())
    words = list(track(each, len(paths), "Looking for near duplicates", verbose))
    # candidates are sorted, so the first of a pair is read once for all its partners
    read = lru_cache(maxsize=32)(read_for_comparison)
    found = []
    for first, second in find_candidates(list(paths), words):
        correlation, seconds = best_fit(read(paths[first]), read(paths[second]))
        if correlation >= _MIN_CORRELATION and seconds >= _MIN_COMMON:
            found.append(NearDuplicate(first, second, seconds))
    return found


def read_for_comparison(path: str) -> NDArray[np.float32]:
    """Return a file's samples at 8 kHz, without the sound below 200 Hz.

    Parameters
    ----------
    path : str
        Readable file.

    Returns
    -------
    samples : ndarray of float32 of shape (n_samples,)
        The filtered samples.
    """
    samples, _ = read_sound(path, sample_rate=_SAMPLE_RATE)
    return sosfilt(_HIGH_PASS, samples).astype(np.float32)


def words_of_file(path: str) -> NDArray[np.uint32]:
    """Return the words of a file: 32 bits a frame, the signs of changes of energy between bands.

    Parameters
    ----------
    path : str
        Readable file.

    Returns
    -------
    words : ndarray of uint32 of shape (n_words,)
        The words. Frames that are much quieter than the loudest one have no word.
    """
    return _words(read_for_comparison(path))


def _words(samples: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Return the fingerprint of each frame: in which bands the energy difference rises."""
    if len(samples) < _N_FFT + _HOP:
        return np.empty(0, np.uint32)
    bands = _bands()
    blocks = power_in_blocks(
        samples,
        n_fft=_N_FFT,
        hop_length=_HOP,
        n_used_bins=len(bands),
        window=np.hanning(_N_FFT),
        center=False,
    )
    energy = np.concatenate([power @ bands for _, _, power in blocks])
    rises = np.diff(np.diff(energy, axis=1), axis=0) > 0
    words = (rises @ (1 << np.arange(_N_BITS, dtype=np.uint64))).astype(np.uint32)
    total = energy.sum(axis=1)
    return words[total[1:] > _QUIETEST * total.max()]


@lru_cache(maxsize=1)
def _bands() -> NDArray[np.float32]:
    """Return which bins belong to which band, up to the highest bin that is used."""
    edges = np.geomspace(_LOWEST, _HIGHEST, _N_BITS + 2)
    bin_width = _SAMPLE_RATE / _N_FFT
    frequencies = np.arange(0, _HIGHEST, bin_width)[:, np.newaxis]
    return ((frequencies >= edges[:-1]) & (frequencies < edges[1:])).astype(np.float32)


def find_candidates(
    numbers: list[int], words: list[NDArray[np.uint32]], min_words: int = _MIN_WORDS
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of clips that have enough words in common.

    Parameters
    ----------
    numbers : list of int
        Numbers of the clips.
    words : list of ndarray of uint32
        Words of each clip.
    min_words : int
        Smallest number of words in common.

    Yields
    ------
    first, second : int
        Numbers of two clips.
    """
    owners = np.repeat(np.arange(len(words)), [len(one) for one in words])
    every = np.concatenate(words)
    order = np.argsort(every, kind="stable")
    every, owners = every[order], owners[order]
    pairs = []
    for step in range(1, min(_MAX_NEIGHBOURS, len(every))):
        same = every[step:] == every[:-step]
        if not same.any():
            break
        # stable: of the same word, the clip of the smaller number comes first
        first, second = owners[:-step][same], owners[step:][same]
        pairs.append((first * len(words) + second)[first != second])
    if not pairs:
        return
    codes, counts = np.unique(np.concatenate(pairs), return_counts=True)
    for code in codes[counts >= min_words].tolist():
        first, second = divmod(code, len(words))
        yield numbers[first], numbers[second]


def best_fit(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, float]:
    """Return the correlation of two clips at the best lag, and the length of their overlap.

    Parameters
    ----------
    one, other : ndarray of shape (n_samples,)
        Clips after the high-pass filter.

    Returns
    -------
    correlation : float
        Absolute value, from 0 to 1, as a copy may be inverted.
    seconds : float
        Length of the overlap.
    """
    size = next_fast_len(len(one) + len(other) - 1, real=True)
    products = irfft(rfft(one, size) * np.conj(rfft(other, size)), size)
    lag = int(np.argmax(np.abs(products)))
    if lag >= len(one):
        lag -= size
    one, other = one[max(lag, 0) :], other[max(-lag, 0) :]
    n_common = min(len(one), len(other))
    one, other = one[:n_common], other[:n_common]
    power = float(np.sqrt(np.dot(one, one) * np.dot(other, other)))
    correlation = abs(float(np.dot(one, other))) / power if power > 0 else 0.0
    return correlation, n_common / _SAMPLE_RATE

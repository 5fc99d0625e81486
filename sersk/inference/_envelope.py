"""The envelope of a waveform: the range of its samples in a bounded number of bins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Envelope:
    """Smallest and largest sample in each bin of a sound that arrives in blocks.

    Bins are short at first. When there are twice as many as wanted, neighbours are merged in pairs.

    Parameters
    ----------
    n_bins : int, default=2000
        Number of bins wanted; there are at most twice as many.
    size : int, default=64
        Number of samples of a bin at first.
    """

    def __init__(self, n_bins: int = 2000, size: int = 64) -> None:
        self._n_bins, self._size = n_bins, size
        self._bins = np.empty((0, 2), np.float32)
        self._rest = np.empty(0, np.float32)

    def push(self, samples: NDArray[np.float32]) -> None:
        """Add the next samples."""
        samples = np.concatenate([self._rest, samples])
        n_full = len(samples) // self._size
        full = samples[: n_full * self._size].reshape(n_full, self._size)
        self._rest = samples[n_full * self._size :]
        new = np.stack([full.min(axis=1), full.max(axis=1)], axis=1)
        self._bins = np.concatenate([self._bins, new])
        while len(self._bins) >= 2 * self._n_bins:
            self._halve()

    def finish(self, sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return the centres of the bins (s), and their smallest and largest samples."""
        bins = self._bins
        if len(self._rest):
            bins = np.concatenate([bins, [[self._rest.min(), self._rest.max()]]])
        times = (np.arange(len(bins)) + 0.5) * self._size / sample_rate
        return times, bins.astype(np.float32)

    def _halve(self) -> None:
        if len(self._bins) % 2:
            # The last bin has no neighbour to merge with. It becomes samples again, of the same
            # smallest and largest value.
            low, high = self._bins[-1]
            self._bins = self._bins[:-1]
            filler = np.full(self._size, low, np.float32)
            filler[-1] = high
            self._rest = np.concatenate([filler, self._rest])
        first, second = self._bins[0::2], self._bins[1::2]
        self._bins = np.stack(
            [np.minimum(first[:, 0], second[:, 0]), np.maximum(first[:, 1], second[:, 1])], axis=1
        )
        self._size *= 2

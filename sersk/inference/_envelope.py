"""The outline of a waveform, drawn from a fixed number of bins however long it is."""

import numpy as np
from numpy.typing import NDArray


class Envelope:
    """Least and largest sample in each bin of a sound that comes piece by piece.

    Bins begin short. When there are twice as many as wanted, each two become one.

    Parameters
    ----------
    n_bins : int, default=2000
        Bins wanted; there will be at most twice as many.
    size : int, default=64
        Samples of a bin at first.
    """

    def __init__(self, n_bins: int = 2000, size: int = 64) -> None:
        self._n_bins, self._size = n_bins, size
        self._bins = np.empty((0, 2), np.float32)
        self._rest = np.empty(0, np.float32)

    def push(self, samples: NDArray[np.float32]) -> None:
        """Hear some more."""
        samples = np.concatenate([self._rest, samples])
        n_full = len(samples) // self._size
        full = samples[: n_full * self._size].reshape(n_full, self._size)
        self._rest = samples[n_full * self._size :]
        new = np.stack([full.min(axis=1), full.max(axis=1)], axis=1)
        self._bins = np.concatenate([self._bins, new])
        while len(self._bins) >= 2 * self._n_bins:
            self._halve()

    def finish(self, sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return the centres of the bins (s), and their least and largest samples."""
        bins = self._bins
        if len(self._rest):
            bins = np.concatenate([bins, [[self._rest.min(), self._rest.max()]]])
        times = (np.arange(len(bins)) + 0.5) * self._size / sample_rate
        return times, bins.astype(np.float32)

    def _halve(self) -> None:
        if len(self._bins) % 2:
            # The last one of an odd number goes back to the samples: two of them say all of it.
            odd = self._bins[-1:]
            self._bins = self._bins[:-1]
            filler = np.zeros(self._size, np.float32)
            filler[:] = odd[0, 0]
            filler[-1] = odd[0, 1]
            self._rest = np.concatenate([filler, self._rest])
        low, high = self._bins[0::2], self._bins[1::2]
        self._bins = np.stack(
            [np.minimum(low[:, 0], high[:, 0]), np.maximum(low[:, 1], high[:, 1])], axis=1
        )
        self._size *= 2

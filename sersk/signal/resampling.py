"""Resampling with soxr at high quality ("HQ"), as in librosa."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray


def resample(waveform: NDArray, rate: float, new_rate: float) -> NDArray:
    """Change the sample rate of a waveform.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        A waveform of finite samples, float32 or float64.
    rate : float
        Its sample rate (Hz).
    new_rate : float
        The new rate (Hz).

    Returns
    -------
    resampled : ndarray of shape (round(n_samples * new_rate / rate),)
        The same sound at the new rate, in the same type.

    See Also
    --------
    resample_into : The same, written to an array of the caller.

    Notes
    -----
    A linear-phase filter keeps the spectrum up to 0.91 of half the lower rate, and removes
    frequencies above that half.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import resample
    >>> resample(np.zeros(192_000, dtype=np.float32), 48_000, 22_050).shape
    (88200,)
    """
    native = waveform.dtype.newbyteorder("=")
    return soxr.resample(np.require(waveform, native, ["A"]), rate, new_rate, quality="HQ")


def resample_into(
    waveform: NDArray[np.float32], rate: float, new_rate: float, out: NDArray[np.float32]
) -> int:
    """Write a waveform at another sample rate to an array, as far as it fits.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        A waveform of finite samples.
    rate : float
        Its sample rate (Hz).
    new_rate : float
        The new rate (Hz).
    out : ndarray of float32 of shape (n_room,)
        Array for the first samples.

    Returns
    -------
    n_written : int
        Number of samples that were written.

    See Also
    --------
    resample : Returns all samples.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import resample_into
    >>> resample_into(np.zeros(4_800, np.float32), 48_000, 22_050, np.zeros(88_200, np.float32))
    2205
    """
    whole = resample(waveform, rate, new_rate)
    n_written = min(len(whole), len(out))
    out[:n_written] = whole[:n_written]
    return n_written


class Resampler:
    """Change the sample rate of a waveform that arrives in blocks.

    The filter keeps its state between blocks: the result does not depend, to the bit, on the sizes
    of the blocks.

    Parameters
    ----------
    rate : int
        Sample rate of the input (Hz).
    new_rate : int
        Sample rate of the output (Hz).

    See Also
    --------
    resample : The same for a complete waveform.

    Notes
    -----
    soxr's stream is used at high quality (HQ). With equal rates, blocks are returned unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.resampling import Resampler
    >>> resampler = Resampler(48_000, 16_000)
    >>> blocks = [resampler.push(np.zeros(24_000, np.float32)) for _ in range(2)]
    >>> blocks.append(resampler.flush())
    >>> sum(len(block) for block in blocks)
    16000
    """

    def __init__(self, rate: int, new_rate: int) -> None:
        self._soxr = (
            soxr.ResampleStream(rate, new_rate, 1, dtype="float32", quality="HQ")
            if rate != new_rate
            else None
        )

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Add a block, and return the samples that are ready.

        Parameters
        ----------
        samples : ndarray of float32 of shape (n_samples,)
            The next block, of any length.

        Returns
        -------
        resampled : ndarray of float32 of shape (n_ready,)
            The samples at the new rate, perhaps none. The last hundredths of a second follow with
            the next block.
        """
        if self._soxr is None or not len(samples):
            return samples
        return self._soxr.resample_chunk(samples)

    def flush(self) -> NDArray[np.float32]:
        """Return the remaining samples after the last block.

        Returns
        -------
        resampled : ndarray of float32 of shape (n_left,)
            The end of the waveform at the new rate.
        """
        nothing = np.empty(0, np.float32)
        return nothing if self._soxr is None else self._soxr.resample_chunk(nothing, last=True)

"""Waveforms at another sample rate, as soxr gives them in its high quality.

Reading clips (`sersk.audio.loading`) uses it. Pitch shift, whose ratios are no fractions, asks soxr
itself.
"""

# soxr's change of rate is one filter, which leaves the spectrum as it is up to 0.91 of half the
# lower rate, and nothing above that half. For the usual rates, that same filter is applied by
# Fourier transforms that are compiled for this processor (`sersk.signal._compiled.resampling`), in
# half of the time or less. Its response is not designed anew but asked of soxr, once for each pair
# of rates.

import math
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from sersk.signal import _compiled
from sersk.signal._compiled import as_row

# Ratio of the rates: samples of a block before and after, and how many of these are spare at either
# end, where the filter (137 samples long to either side, or fewer) reaches beyond the block.
_BLOCKS = {
    (320, 147): (5120, 2352, 147),  # 48,000 Hz to 22,050 Hz
    (160, 147): (2560, 2352, 147),  # 24,000
    (2, 1): (4096, 2048, 128),  # 44,100
    (640, 441): (5120, 3528, 441),  # 32,000
    (320, 441): (2560, 3528, 441),  # 16,000
}
# soxr leaves out a part of its filter before the first sample; as many samples feel it.
_N_FIRST = 16

_own = threading.local()


def resample(waveform: NDArray[np.float32], rate: int, new_rate: int) -> NDArray[np.float32]:
    """Change the sample rate of a waveform.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        A waveform of finite samples.
    rate : int
        Its sample rate (Hz).
    new_rate : int
        The rate to give it (Hz).

    Returns
    -------
    resampled : ndarray of float32 of shape (round(n_samples * new_rate / rate),)
        The same sound at the other rate.

    See Also
    --------
    resample_into : The same, to memory that is there.

    Notes
    -----
    The values are those of ``soxr.resample(waveform, rate, new_rate, quality="HQ")``, within 1e-6
    of the largest. From 16, 24, 32, 44.1 and 48 kHz to 22.05 kHz, and between all rates in one of
    these ratios, they are computed as products of spectra [1]_; else, by soxr.

    References
    ----------
    .. [1] T. G. Stockham, "High-speed convolution and correlation", Proceedings of the Spring Joint
       Computer Conference, 1966.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.resampling import resample
    >>> resample(np.zeros(192_000, dtype=np.float32), 48_000, 22_050).shape
    (88200,)
    """
    plan = _plan_for(rate, new_rate)
    if plan is None:
        return soxr.resample(waveform, rate, new_rate, quality="HQ")
    out = np.empty(plan.count(len(waveform)), np.float32)
    plan.run(as_row(waveform), out)
    return out


def resample_into(
    waveform: NDArray[np.float32], rate: int, new_rate: int, out: NDArray[np.float32]
) -> int:
    """Write a waveform at another sample rate, as much of it as there is room for.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        A waveform of finite samples.
    rate : int
        Its sample rate (Hz).
    new_rate : int
        The rate to give it (Hz).
    out : ndarray of float32 of shape (n_room,)
        Where to write it.

    Returns
    -------
    n_written : int
        How many samples were written, from the first one on.

    See Also
    --------
    resample : The whole of it.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.resampling import resample_into
    >>> resample_into(np.zeros(4_800, np.float32), 48_000, 22_050, np.zeros(88_200, np.float32))
    2205
    """
    plan = _plan_for(rate, new_rate)
    if plan is None:
        whole = soxr.resample(waveform, rate, new_rate, quality="HQ")
        n_written = min(len(whole), len(out))
        out[:n_written] = whole[:n_written]
        return n_written
    n_written = min(plan.count(len(waveform)), len(out))
    plan.run(as_row(waveform), out[:n_written])
    return n_written


class Resampler:
    """Change the sample rate of a waveform that comes in blocks.

    The filter keeps its state between blocks: the result is the same to the bit however the
    waveform is cut into blocks.

    Parameters
    ----------
    rate : int
        Sample rate of the blocks that come in (Hz).
    new_rate : int
        Sample rate of the blocks that are returned (Hz).

    See Also
    --------
    resample : The same for a waveform that is there as a whole.

    Notes
    -----
    All rates are changed by soxr's stream in its high quality (HQ). With equal rates, blocks are
    returned as they are.

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
        """Return the samples that are ready after one more block.

        Parameters
        ----------
        samples : ndarray of float32 of shape (n_samples,)
            The next block, of any length.

        Returns
        -------
        resampled : ndarray of float32 of shape (n_ready,)
            The samples at the new rate, perhaps none. Those of the last hundredths of a second
            follow with the next block.
        """
        if self._soxr is None or not len(samples):
            return samples
        return self._soxr.resample_chunk(samples)

    def flush(self) -> NDArray[np.float32]:
        """Return the samples that are left after the last block.

        Returns
        -------
        resampled : ndarray of float32 of shape (n_left,)
            The end of the waveform at the new rate.
        """
        nothing = np.empty(0, np.float32)
        return nothing if self._soxr is None else self._soxr.resample_chunk(nothing, last=True)


@dataclass(frozen=True)
class _Plan:
    """How to change from one rate to another: `ratio` is between them, in lowest terms.

    Of the response of the filter, the kernel says how it lies in memory. Row k of `first` is what
    sample k of the result lacks in soxr's, as weights of the first samples of the waveform.
    """

    kernels: ModuleType
    ratio: tuple[int, int]
    n_spare: int
    there: Any
    back: Any
    response: NDArray[np.float32]
    first: NDArray[np.float32]

    def count(self, n_samples: int) -> int:
        """Return how many samples there are afterwards, in soxr's own way of rounding."""
        before, after = self.ratio
        return int(n_samples / (before / after) + 0.5)

    def run(self, waveform: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Write the first samples of the result, as many as `out` has room for."""
        before, after = self.ratio
        if not hasattr(_own, "workspace"):
            _own.workspace = self.kernels.Workspace()
        self.kernels.resample(
            waveform,
            self.response,
            self.n_spare * before // after,
            self.n_spare,
            self.there.transform,
            self.back.transform,
            _own.workspace.scratch,
            out,
        )
        # The shapes are the same for all lengths, so that a sum has one order.
        beginning = waveform[: self.first.shape[1]]
        if len(beginning) < self.first.shape[1]:
            beginning = np.pad(beginning, (0, self.first.shape[1] - len(beginning)))
        with np.errstate(invalid="ignore", over="ignore"):  # not finite, not finite after
            lacking = self.first @ beginning
        out[:_N_FIRST] += lacking[: len(out)]


def _plan_for(rate: int, new_rate: int) -> _Plan | None:
    common = math.gcd(rate, new_rate)
    ratio = rate // common, new_rate // common
    if ratio not in _BLOCKS or _compiled.loops() is None:
        return None
    return _make_plan(*ratio)


@lru_cache(maxsize=len(_BLOCKS))
def _make_plan(before: int, after: int) -> _Plan:
    from sersk.signal._compiled import resampling as kernels  # numba takes a second to import

    n_before, n_after, n_spare = _BLOCKS[before, after]
    half = min(n_before, n_after) // 2
    # The answer to a click in the middle of silence, around the sample that falls on it.
    click = np.zeros(20_000 * max(before // after, 1))
    at = len(click) // (2 * before) * before
    click[at] = 1
    answer, centre = soxr.resample(click, before, after, quality="HQ"), at // before * after
    ring = np.zeros(n_after)
    ring[:n_spare], ring[-n_spare:] = np.split(answer[centre - n_spare : centre + n_spare], 2)[::-1]
    gains = np.fft.rfft(ring).real * (before / after / n_before)
    response = np.zeros((2, half + kernels.LANES), np.float32)
    response[:, :half] = gains[:half], gains[half:0:-1]
    plan = _Plan(
        kernels,
        (before, after),
        n_spare,
        kernels.Tables(n_before),
        kernels.Tables(n_after),
        response.ravel(),
        np.zeros((_N_FIRST, 0), np.float32),
    )
    n_reached = min(n_spare * before // after, 256)
    clicks = np.eye(n_reached, 2 * n_reached, dtype=np.float32)
    theirs = soxr.resample(clicks.T, before, after, quality="HQ")[:_N_FIRST]
    ours = np.empty((n_reached, _N_FIRST), np.float32)
    for one, row in zip(clicks, ours, strict=True):
        plan.run(one, row)
    return replace(plan, first=theirs - ours.T)

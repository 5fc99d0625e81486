"""From clips, in files or in memory, to the rows of an `AudioLoader`.

The kinds of X and the report of bad clips are in `sersk.audio.loading`.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import delayed, effective_n_jobs
from numpy.typing import NDArray

from sersk._utils.parallel import InPlace, run_in_order
from sersk._utils.progress import track
from sersk.audio._decoder import Empty, read_part
from sersk.audio._faults import as_unusable
from sersk.audio._parts import find_part
from sersk.audio.clips import LOUDEST, Clip, Clips, UnusableClipError, check_finite, to_float
from sersk.signal.resampling import resample_into

# Bytes of the buffer that a thread keeps from one clip to the next, at most, for each dtype: 20 s
# in mono at 48 kHz.
_LARGEST_BUFFER = 4 * 2**20

_own = threading.local()


@dataclass(frozen=True)
class RowReader:
    """Read clips as rows of one rate and one length.

    The parameters are those of `sersk.audio.loading.AudioLoader`. A reader is small and
    picklable, so that it can be sent to a worker.
    """

    sample_rate: int
    duration: float
    offset: float = 0.0
    input_sample_rate: int | None = None
    allow_silence: bool = False

    @property
    def n_samples(self) -> int:
        """Number of samples of a row."""
        return round(self.duration * self.sample_rate)

    def read(self, clip: Clip, row: NDArray[np.float32]) -> str | None:
        """Write a clip to a row, or return why it cannot be used.

        Parameters
        ----------
        clip : str, ndarray of shape (n_samples,) or None
            A path or a waveform; None stands for a missing path.
        row : ndarray of float32 of shape (self.n_samples,)
            Where to write the samples; it becomes NaN if the clip cannot be used.

        Returns
        -------
        reason : str or None
            Why the clip cannot be used; None if it can.
        """
        try:
            with as_unusable():
                part, rate = self._read_part(clip, _lend)
                n_kept = self._write(part, rate, row)
                # Any problem in the part is also in the row, which is shorter to look at; the part
                # tells which it is. Only the change of rate may lose a sample or two at the end,
                # and may overflow near the largest float.
                if not _is_usable(row):
                    self._check(part, rate)
                    self._check(row[:n_kept], self.sample_rate)
        except UnusableClipError as reason:
            row[:] = np.nan
            return str(reason)
        return None

    def check(self, clip: Clip) -> None:
        """Raise `UnusableClipError` if a clip cannot be used; write it nowhere."""
        with as_unusable():
            self._check(*self._read_part(clip, _lend))

    def _read_part(self, clip: Clip, empty: Empty) -> tuple[NDArray[np.float32], int]:
        """Return the part of the clip, in memory from `empty`, and its rate; not checked."""
        if clip is None:
            raise UnusableClipError("is missing; a path is expected")
        if isinstance(clip, str):
            return read_part(clip, self.offset, self.duration, empty)
        rate = self.input_sample_rate or self.sample_rate
        start, n_frames = find_part(len(clip), rate, self.offset, self.duration)
        return to_float(clip[start : start + n_frames]), rate

    def _check(self, samples: NDArray[np.float32], rate: int) -> None:
        if _is_usable(samples):
            return
        check_finite(samples, rate, int(self.offset * rate))
        if not self.allow_silence and not samples.any():
            raise UnusableClipError(
                "is digital silence (every sample of the part that is read is 0); "
                "allow_silence=True would let it pass"
            )

    def _write(self, part: NDArray[np.float32], rate: int, row: NDArray[np.float32]) -> int:
        """Write the part at the rate and length of the row; return its length there."""
        if rate == self.sample_rate:
            n_kept = min(len(part), len(row))
            row[:n_kept] = part[:n_kept]
        else:
            n_kept = resample_into(part, rate, self.sample_rate, row)
        row[n_kept:] = 0
        return n_kept


def read_rows(
    reader: RowReader,
    clips: Clips,
    rows: NDArray[np.float32],
    n_jobs: int | None,
    verbose: int | bool | None,
) -> Iterator[str | None]:
    """Read clips in parallel.

    Parameters
    ----------
    reader : RowReader
        Reads one clip.
    clips : sequence of Clip
        The clips.
    rows : ndarray of float32 of shape (n_clips, reader.n_samples)
        Where to write them.
    n_jobs : int or None
        Clips that are read at a time, as joblib takes it.
    verbose : int, bool or None
        Whether to show progress on stderr.

    Yields
    ------
    reason : str or None
        For each clip, in order, why it cannot be used; None if it can.
    """
    # Several clips a task, because passing a task to a worker takes about as long as reading a
    # clip. Not too many: if the worker is another process, their rows exist twice.
    n_workers = effective_n_jobs(n_jobs)
    n_a_task = 1 if n_workers == 1 else 8
    starts = range(0, len(clips), n_a_task)
    tasks = (
        delayed(_read_several)(reader, clips[i : i + n_a_task], InPlace(rows[i : i + n_a_task]))
        for i in starts
    )
    results = run_in_order(tasks, n_jobs, n_waiting=32 * n_workers // n_a_task)
    results = track(results, len(clips), "Reading clips", verbose, size=n_a_task)
    for i, (reasons, elsewhere) in zip(starts, results, strict=True):
        if elsewhere is not None:
            rows[i : i + n_a_task] = elsewhere
        yield from reasons


def _read_several(
    reader: RowReader, clips: Clips, place: InPlace
) -> tuple[list[str | None], NDArray[np.float32] | None]:
    """Return the reasons; and the rows, if this process cannot write them to their place."""
    rows = place.array
    if rows is None:
        rows = np.empty((len(clips), reader.n_samples), np.float32)
    reasons = [reader.read(clip, row) for clip, row in zip(clips, rows, strict=True)]
    return reasons, (rows if place.array is None else None)


def _is_usable(samples: NDArray[np.float32]) -> bool:
    """Return True if samples are finite, not all zero, nor too loud; False means perhaps not."""
    # The energy shows it in a quarter of the time that a look at each sample takes: it is at least
    # the square of the largest sample.
    return bool(0 < np.einsum("i,i->", samples, samples) <= LOUDEST**2)


def _lend(shape: tuple[int, ...], dtype: Any) -> NDArray:
    """Return a thread's buffer of a dtype, to be used until the next call."""
    # New memory of this size is pages that the system gives and takes back for every clip.
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes > _LARGEST_BUFFER:
        return np.empty(shape, dtype)
    lent = vars(_own).setdefault("lent", {})
    memory = lent.get(dtype)
    if memory is None or memory.nbytes < n_bytes:
        memory = lent[dtype] = np.empty(n_bytes, np.uint8)
    return memory[:n_bytes].view(dtype).reshape(shape)

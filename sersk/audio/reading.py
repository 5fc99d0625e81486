"""One clip, from a file or from memory, to samples of one rate and length.

What X may be and how bad clips are reported is the business of `sersk.audio.loading`.
"""

import io
import math
import os
import stat
import threading
import wave
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from sersk.audio import _containers
from sersk.audio.clips import NO_SAMPLES, UnusableClipError, check_finite, to_float
from sersk.signal.resampling import resample_into

# libsndfile's number of frames where a header does not give one (a FLAC from a pipe).
_UNKNOWN_LENGTH = 2**63 - 1

# Bytes of memory that a thread keeps from one clip to the next, at most, of each dtype: those of
# 20 s in mono at 48 kHz.
_MOST_LENT = 4 * 2**20

_own = threading.local()


@dataclass(frozen=True)
class ClipReader:
    """Read one clip after another in one and the same way.

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
        """How many samples a row has."""
        return round(self.duration * self.sample_rate)

    def __call__(self, clip: str | NDArray | None, row: NDArray[np.float32]) -> str | None:
        """Write a clip's samples, or return why it cannot be used.

        Parameters
        ----------
        clip : str, ndarray of shape (n_samples,) or None
            A path or a waveform; None stands for a missing path.
        row : ndarray of float32 of shape (self.n_samples,)
            Where to write the samples; NaN if there are none.

        Returns
        -------
        reason : str or None
            Why there are none.
        """
        try:
            part, rate = self._read_part(clip, _lend)
            n_kept = self._write(part, rate, row)
            # Whatever ails the part ails the row, which is shorter; what it is, the part tells. By
            # the change of rate a sample or two may vanish, and those near the largest float
            # overflow.
            if not _is_sound(row):
                self._check_samples(part)
                self._check_samples(row[:n_kept])
        except UnusableClipError as reason:
            row[:] = np.nan
            return str(reason)
        return None

    def read_part(self, clip: str | NDArray | None) -> tuple[NDArray[np.float32], int]:
        """Return the part of a clip that is asked for, mono, at the clip's own rate.

        Parameters
        ----------
        clip : str, ndarray of shape (n_samples,) or None
            A path or a waveform; None stands for a missing path.

        Returns
        -------
        part : ndarray of float32 of shape (n_samples_of_part,)
            At least one sample, all finite.
        rate : int
            The clip's own rate in Hz.

        Raises
        ------
        UnusableClipError
            If the clip is bad in any way; it says which.
        """
        part, rate = self._read_part(clip, np.empty)
        self._check_samples(part)
        return part, rate

    def _read_part(
        self, clip: str | NDArray | None, empty: Callable[..., NDArray]
    ) -> tuple[NDArray[np.float32], int]:
        """Return the part in memory from `empty`, as it is."""
        if clip is None:
            raise UnusableClipError("is missing; a path is expected")
        if isinstance(clip, str):
            return self._read_file(clip, empty)
        rate = self.input_sample_rate or self.sample_rate
        start, n_frames = self._find_part(len(clip), rate)
        return to_float(clip[start : start + n_frames]), rate

    def _find_part(self, n_available: int, rate: int) -> tuple[int, int]:
        """Return the first frame and the number of frames, truncated as librosa.load does."""
        if n_available == 0:
            raise UnusableClipError(NO_SAMPLES)
        start = int(self.offset * rate)
        if start >= n_available:
            raise UnusableClipError(
                f"lasts {n_available / rate:.3g} s and ends before offset={self.offset:g} s"
            )
        return start, max(1, int(self.duration * rate))

    def _read_file(
        self, path: str, empty: Callable[..., NDArray]
    ) -> tuple[NDArray[np.float32], int]:
        check_is_file(path)
        plain = self._read_plain_wav(path, empty)
        if plain is not None:
            samples, rate = plain
        else:
            try:
                with open_sound_file(path) as file:
                    rate = file.samplerate
                    if file.frames > 0:
                        samples = self._read_frames(file, path, empty)
                    else:
                        samples = self._read_unsized(path, rate, empty)
            except OSError as error:
                raise UnusableClipError(f"cannot be read: {error.strerror or error}") from error
        if samples.shape[1] == 1:
            return samples[:, 0], rate
        # Channel by channel, librosa's order of adding up; numpy's mean takes ten times as long.
        # What infinite samples become is reported later, so numpy need not warn of it.
        with np.errstate(over="ignore", invalid="ignore"):
            total = samples[:, 0] + samples[:, 1]
            for channel in samples.T[2:]:
                total += channel
            total /= np.float32(samples.shape[1])
        return total, rate

    def _read_plain_wav(
        self, path: str, empty: Callable[..., NDArray]
    ) -> tuple[NDArray[np.float32], int] | None:
        """Return the frames asked for of a WAV file of 16 bits; None if anything is unusual."""
        # Python's own reader goes in and out of its lock a few times a file, libsndfile's wrapper
        # two dozen times, at each of which another thread takes it: two threads were as fast as
        # one. Whatever is wrong with a file is found, and told, by those who read all kinds.
        if not path.lower().endswith((".wav", ".wave")):
            return None
        try:
            with open(path, "rb") as file, wave.open(file) as header:
                n_available, rate = header.getnframes(), header.getframerate()
                if header.getsampwidth() != 2 or not n_available:
                    return None
                start, n_frames = self._find_part(n_available, rate)
                n_frames = min(n_frames, n_available - start)
                integers = empty((n_frames, header.getnchannels()), np.dtype("<i2"))
                header.setpos(start)
                header.readframes(0)  # brings the file to that frame
                n_read = file.readinto(integers.data.cast("B"))
        except Exception:  # of a damaged file, Python's reader may raise anything
            return None
        if n_read != integers.nbytes:
            return None
        samples = empty(integers.shape, np.float32)
        to_float(integers, out=samples)
        return samples, rate

    def _read_unsized(
        self, path: str, rate: int, empty: Callable[..., NDArray]
    ) -> NDArray[np.float32]:
        n_frames = int(self.offset * rate) + max(1, int(self.duration * rate))
        beginning = _containers.open_unsized_wav(path, n_frames)
        if beginning is None:
            if _containers.is_cut_short(path):
                raise UnusableClipError("is truncated: it ends before its first frame")
            raise UnusableClipError(NO_SAMPLES)
        with open_sound_file(beginning) as file:
            return self._read_frames(file, path, empty)

    def _read_frames(
        self, file: soundfile.SoundFile, path: str, empty: Callable[..., NDArray]
    ) -> NDArray[np.float32]:
        """Return the frames asked for, and no other."""
        start, n_frames = self._find_part(file.frames, file.samplerate)
        n_promised = min(n_frames, file.frames - start)
        try:
            if start:
                file.seek(start)
            if file.subtype == "PCM_16":
                integers = file.read(out=empty((n_promised, file.channels), np.int16))
                samples = empty(integers.shape, np.float32)
                to_float(integers, out=samples)
            else:
                samples = file.read(out=empty((n_promised, file.channels), np.float32))
        except soundfile.SoundFileError as error:
            if file.frames == _UNKNOWN_LENGTH:
                raise UnusableClipError(
                    "does not say how long it is, and ends before the part asked for does; "
                    "encode it anew, to a file and not to a pipe"
                ) from error
            raise UnusableClipError(
                f"is truncated or damaged: {explain(error)} within the first "
                f"{start + n_promised} of the {file.frames} frames that its header promises"
            ) from error
        n_read = len(samples)
        # A damaged MP3 or Ogg file yields fewer frames and no error.
        if n_read < n_promised and (file.format != "MP3" or _containers.has_reliable_length(path)):
            raise UnusableClipError(
                f"is truncated or damaged: its header promises {file.frames} frames, "
                f"{start + n_read} can be decoded"
            )
        if n_read == 0:
            raise UnusableClipError(NO_SAMPLES)
        # libsndfile has shortened these itself. What lies beyond the part does not matter.
        if n_read < n_frames and _containers.is_cut_short(path):
            raise UnusableClipError(
                f"is truncated: it ends after {start + n_read} frames, its header promises more"
            )
        return samples

    def _check_samples(self, samples: NDArray[np.float32]) -> None:
        if _is_sound(samples):
            return
        check_finite(samples)
        if not self.allow_silence and not samples.any():
            raise UnusableClipError(
                "is digital silence (every sample of the part that is read is 0); "
                "allow_silence=True would let it pass"
            )

    def _write(self, part: NDArray[np.float32], rate: int, row: NDArray[np.float32]) -> int:
        """Write the part at the rate and of the length asked for; return how long it is."""
        if rate == self.sample_rate:
            n_kept = min(len(part), len(row))
            row[:n_kept] = part[:n_kept]
        else:
            n_kept = resample_into(part, rate, self.sample_rate, row)
        row[n_kept:] = 0
        return n_kept


def _is_sound(samples: NDArray[np.float32]) -> bool:
    """Return whether all samples are finite, and not all zero; False is a "perhaps not"."""
    # The energy tells, in a quarter of the time that looking at each sample takes.
    return bool(0 < np.einsum("i,i->", samples, samples) < np.inf)


def _lend(shape: tuple[int, ...], dtype: Any) -> NDArray:
    """Return memory that a thread is given again and again, for use until the next call."""
    # New memory of this size is pages that the system hands out and takes back, for every clip.
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes > _MOST_LENT:
        return np.empty(shape, dtype)
    lent = vars(_own).setdefault("lent", {})
    memory = lent.get(dtype)
    if memory is None or memory.nbytes < n_bytes:
        memory = lent[dtype] = np.empty(n_bytes, np.uint8)
    return memory[:n_bytes].view(dtype).reshape(shape)


def check_is_file(path: str) -> None:
    """Raise `UnusableClipError` unless the path is a regular file that is not empty."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise UnusableClipError("does not exist") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise UnusableClipError(f"cannot be read: {reason}") from None
    if stat.S_ISDIR(status.st_mode):
        raise UnusableClipError("is a directory, not a file")
    if not stat.S_ISREG(status.st_mode):  # to read from a pipe might wait for ever
        raise UnusableClipError("is not a regular file")
    if status.st_size == 0:
        raise UnusableClipError("is empty (0 bytes)")


def open_sound_file(file: str | io.BytesIO) -> soundfile.SoundFile:
    """Open a sound file; raise `UnusableClipError` where libsndfile can't."""
    name: str | bytes | io.BytesIO = file
    if isinstance(file, str) and os.name == "posix":
        name = os.fsencode(file)  # a name need not be text, and soundfile knows texts alone
    try:
        return soundfile.SoundFile(name)
    except soundfile.SoundFileError as error:
        raise UnusableClipError(f"is not audio that can be decoded: {explain(error)}") from error
    except TypeError:  # soundfile asks for rate and channels of a file named *.raw
        raise UnusableClipError("is not audio that can be decoded: it has no header") from None


def explain(error: Exception) -> str:
    """Return libsndfile's words for what is wrong, without the file's name."""
    text = str(getattr(error, "error_string", error)).removeprefix("Error : ").strip()
    return text.rstrip(".") or "no reason given"

"""A sound of any length, block by block, at one sample rate: what long recordings are read with.

One clip of one length is the business of `sersk.audio.reading`.
"""

import io
import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from sersk.audio import _containers
from sersk.audio.clips import UnusableClipError, check_finite, check_waveform, to_float
from sersk.audio.reading import check_is_file, explain, open_sound_file
from sersk.signal.resampling import Resampler

# Frames that are decoded at a time: a second and a half, at 48 kHz.
_FRAMES_A_BLOCK = 2**16

_NO_SAMPLES = "has 0 samples; at least 1 is needed"


class SoundBlocks:
    """The samples of one sound, mono float32 at `sample_rate`, in blocks of any sizes.

    Parameters
    ----------
    audio : path, array-like of shape (n_samples,) or iterable of such arrays
        A file, a waveform, or a waveform that comes in blocks.
    sample_rate : int
        Rate of the blocks that are given out (Hz).
    input_sample_rate : int or None
        Rate of waveforms (Hz); None says that it is `sample_rate`.
    who : str
        Whom an error message names.

    Attributes
    ----------
    name : str
        The path, or what else it is.
    duration : float or None
        How long it is (s), as far as that is known before it is read.

    Raises
    ------
    TypeError
        If `audio` is of another kind.
    UnusableClipError
        At once or while it is read, if the sound is bad in any way; it says which.
    """

    def __init__(
        self, audio: Any, sample_rate: int, input_sample_rate: int | None, who: str
    ) -> None:
        self._who = who
        self._rate_out = sample_rate
        self.duration: float | None = None
        if isinstance(audio, (str, os.PathLike)):
            self.name = os.fsdecode(audio)
            self._open()
            return
        self.name = "the waveform"
        self._rate_in = input_sample_rate or sample_rate
        if _is_waveform(audio):
            samples = check_waveform(audio, 0, who)
            if not len(samples):
                raise UnusableClipError(_NO_SAMPLES)
            self.duration = len(samples) / self._rate_in
            self._blocks: Iterator[NDArray] = (
                samples[start : start + _FRAMES_A_BLOCK]
                for start in range(0, len(samples), _FRAMES_A_BLOCK)
            )
        elif isinstance(audio, (bytes, bytearray)) or hasattr(audio, "read"):
            raise TypeError(
                f"{who}: audio is of type {type(audio).__name__}; write bytes and open files to a "
                "path, or read them with soundfile.blocks(...)."
            )
        elif isinstance(audio, Iterable):
            self._blocks = (check_waveform(block, i, who) for i, block in enumerate(audio))
        else:
            raise TypeError(
                f"{who}: audio is of type {type(audio).__name__}; it is a path, a waveform of "
                "shape (n_samples,), or an iterator of such waveforms, block by block."
            )

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        resampler = Resampler(self._rate_in, self._rate_out)
        n_seen = 0
        for block in self._blocks:
            samples = to_float(block)
            check_finite(samples, self._rate_in, n_seen)
            n_seen += len(samples)
            yield resampler.push(samples)
        if not n_seen:
            raise UnusableClipError(_NO_SAMPLES)
        yield resampler.flush()

    def _open(self) -> None:
        path = self.name
        check_is_file(path)
        try:
            if _containers.is_cut_short(path):  # said now, not after an hour of sound
                raise UnusableClipError("is truncated: it ends before its header says")
            source: Any = path
            with open_sound_file(path) as file:
                if file.frames <= 0:
                    source = _open_unsized_wav(path)
        except OSError as error:
            raise UnusableClipError(f"cannot be read: {error.strerror or error}") from error
        file = open_sound_file(source)
        self._rate_in = file.samplerate
        if 0 < file.frames < 2**62:  # not the number that stands for "unknown"
            self.duration = file.frames / file.samplerate
        self._blocks = _read_blocks(file, path)


def _is_waveform(audio: Any) -> bool:
    if isinstance(audio, (list, tuple)):
        return all(np.ndim(value) == 0 for value in audio[:1])
    return hasattr(audio, "__array__")


def _read_blocks(file: soundfile.SoundFile, path: str) -> Iterator[NDArray]:
    """Yield mono blocks; close the file in the end."""
    # 16 bits as they are and scaled at once: four times as fast as libsndfile's own scaling.
    dtype = "int16" if file.subtype == "PCM_16" else "float32"
    n_read = 0
    with file:
        while True:
            try:
                block = file.read(_FRAMES_A_BLOCK, dtype=dtype, always_2d=True)
            except soundfile.SoundFileError as error:
                raise UnusableClipError(
                    f"is truncated or damaged: {explain(error)} within "
                    f"{_FRAMES_A_BLOCK / file.samplerate:.1f} s after "
                    f"{n_read / file.samplerate:.1f} s"
                ) from error
            if not len(block):
                break
            n_read += len(block)
            block = to_float(block)
            yield block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)
        n_promised = file.frames
    if n_read < n_promised < 2**62 and (
        file.format != "MP3" or _containers.has_reliable_length(path)
    ):
        raise UnusableClipError(
            f"is truncated or damaged: its header promises {n_promised} frames, {n_read} can be "
            "decoded"
        )


class _WithHeader(io.RawIOBase):
    """A file whose first bytes are replaced: its header, by one that tells the truth."""

    def __init__(self, path: str, header: bytes) -> None:
        self._file = open(path, "rb")  # noqa: SIM115
        self._header = header
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        size = os.fstat(self._file.fileno()).st_size
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence, size)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        begin, n_bytes = self._position, len(buffer)
        data = self._header[begin : begin + n_bytes]
        if not data:
            self._file.seek(begin)
            data = self._file.read(n_bytes)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _open_unsized_wav(path: str) -> _WithHeader:
    """Open a WAV file whose header says 0 bytes though sound follows, written to a pipe."""
    beginning = _containers.open_unsized_wav(path, 0)
    if beginning is None:
        raise UnusableClipError(_NO_SAMPLES)
    return _WithHeader(path, beginning.getvalue())

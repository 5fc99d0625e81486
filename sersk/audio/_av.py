"""The engine PyAV: FFmpeg's libraries in this process."""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.audio.clips import UnusableClipError, to_float
from sersk.audio.plausibility import STATES_LENGTH

# The decoders of sound that recordings need. FFmpeg has five hundred, each a way in.
_CODECS = frozenset(
    (
        *("aac", "alac", "mp3", "mp3float", "mp2", "mp2float", "opus", "libopus", "vorbis"),
        *("libvorbis", "flac", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb"),
        *("wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice", "ac3", "eac3", "ape", "wavpack"),
        *("speex", "libspeex", "qcelp", "evrc", "adpcm_ima_qt", "adpcm_ms", "adpcm_ima_wav"),
        *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_s8"),
        *("pcm_u8", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw"),
    )
)

# PyAV counts the planes of a frame up to a null pointer, and there is none behind the eighth.
_NO_NULL = 8

_OPTIONS = {"codec_whitelist": ",".join(sorted(_CODECS)), "max_streams": "64"}


class _File(io.FileIO):
    """A file in which a place that cannot be is its end: PyAV prints the error of a seek."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return super().seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return super().seek(0, os.SEEK_END)


class AvSource:
    """The sound of a media file (see `sersk.audio._media.Source`).

    Parameters
    ----------
    path : str
        The file.
    demuxer : str
        FFmpeg's name of its format.
    """

    def __init__(self, path: str, demuxer: str) -> None:
        import av

        self._errors = av.FFmpegError
        # A file object in place of a name: FFmpeg opens nothing itself.
        self._file = io.BufferedReader(_File(path))
        weakref.finalize(self, self._file.close)  # SoundBlocks that nobody reads to the end
        self._container: Any = None
        try:
            with _telling_of_damage(
                self._errors, "is not audio that can be decoded, or is damaged"
            ):
                self._container = av.open(
                    self._file, format=demuxer, options=_OPTIONS, metadata_errors="ignore"
                )
            self._stream = self._find_stream()
            self._frames = self._decode_frames()
            self._first = next(self._frames, None)
        except BaseException:
            self.close()
            raise
        self._packer = av.AudioResampler(format="flt")
        first = self._first
        self.rate: int = self._stream.rate if first is None else first.sample_rate
        self.n_channels: int = 1 if first is None else first.layout.nb_channels
        self.duration = self._find_duration(demuxer)

    def decode(self) -> Generator[NDArray[np.float32], None, None]:
        """Yield the frames of the codec as blocks of shape (n_frames, n_channels)."""
        if self._first is None:
            return
        yield self._as_block(self._first)
        for frame in self._frames:
            if (frame.sample_rate, frame.layout.nb_channels) != (self.rate, self.n_channels):
                raise UnusableClipError(
                    "changes its sample rate or its number of channels; write it to a WAV file"
                )
            yield self._as_block(frame)

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            with suppress(self._errors):
                self._container.close()
        self._file.close()

    def _find_stream(self) -> Any:
        streams = self._container.streams.audio
        if not streams:
            raise UnusableClipError("holds no sound")
        stream = streams[0]
        codec = stream.codec_context
        if codec is None or codec.codec.name not in _CODECS:
            name = "unknown" if codec is None else codec.codec.name
            raise UnusableClipError(f"holds sound of a codec that is not read ({name})")
        codec.thread_count = 1
        return stream

    def _find_duration(self, demuxer: str) -> float | None:
        if demuxer not in STATES_LENGTH:
            return None
        if demuxer == "mov" and self._stream.duration is not None:
            return float(self._stream.duration * self._stream.time_base)
        # of all streams together, of which another may be longer
        if len(self._container.streams) > 1 or self._container.duration is None:
            return None
        return self._container.duration / 1e6

    def _decode_frames(self) -> Iterator[Any]:
        with _telling_of_damage(self._errors, "is truncated or damaged"):
            for packet in self._container.demux(self._stream):
                if packet.is_corrupt:
                    raise UnusableClipError("is truncated or damaged: a packet is not whole")
                for frame in packet.decode():
                    if frame.samples:
                        yield frame

    def _as_block(self, frame: Any) -> NDArray[np.float32]:
        if frame.format.is_planar and self.n_channels >= _NO_NULL:
            (frame,) = self._packer.resample(frame)
        samples = frame.to_ndarray()
        if frame.format.is_planar:
            return np.ascontiguousarray(to_float(samples).T)
        return to_float(samples).reshape(-1, self.n_channels)


@contextmanager
def _telling_of_damage(errors: type[Exception], what: str) -> Iterator[None]:
    """Raise FFmpeg's errors as `UnusableClipError`, without the name of the file."""
    try:
        yield
    except errors as error:
        if isinstance(error, MemoryError):
            # FFmpeg gives no piece of 2 GiB or more: an error of the file, and not of the machine.
            reason = "its header asks for more memory than FFmpeg gives"
            raise UnusableClipError(f"{what}: {reason}") from None
        reason = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise UnusableClipError(f"{what}: {reason}") from error

"""Media files that libsndfile does not read: an engine decodes them, frame by frame.

`MediaSound` has those attributes and methods of `soundfile.SoundFile` that the one decoder uses.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sersk.audio import engines
from sersk.audio._media_marks import find_demuxer
from sersk.audio._media_sizes import check_boxes
from sersk.audio.clips import UnusableClipError
from sersk.audio.plausibility import FRAMES_A_BYTE, check_format, check_length

# s by which the length in a header may differ from the sound: the last frame of a codec, rounding
_TOLERANCE = 0.15

Blocks = Generator[NDArray[np.float32], None, None]


class Source(Protocol):
    """What an engine gives: the sound of one file, which is decoded as it is asked for."""

    rate: int
    n_channels: int
    #: Length by the header (s), None if it says nothing that can be relied on.
    duration: float | None

    def decode(self) -> Blocks:
        """Yield blocks of shape (n_frames, n_channels); raise `UnusableClipError` for damage."""
        ...

    def close(self) -> None:
        """Close the file, as the source also does when nobody uses it any more."""
        ...


class MediaSound:
    """An open media file.

    Parameters
    ----------
    source : Source
        The sound.
    n_bytes : int
        Size of the file.
    """

    format = "MEDIA"
    subtype = "FLOAT"

    def __init__(self, source: Source, n_bytes: int) -> None:
        self._source = source
        self._n_most = FRAMES_A_BYTE * n_bytes
        self.samplerate, self.channels = source.rate, source.n_channels
        self.duration = source.duration
        self._blocks = source.decode()
        self._block = np.empty((0, self.channels), np.float32)
        self._n_decoded = 0
        self._is_over = False
        if self.duration is not None:
            check_length(int(self.duration * self.samplerate), n_bytes)

    def seekable(self) -> bool:
        """Return False: a seek is exact only if everything before is decoded."""
        return False

    def read(self, out: NDArray[np.float32]) -> NDArray[np.float32]:
        """Write the next frames to an array of shape (n_frames, n_channels); return its part."""
        n_read = 0
        while n_read < len(out):
            if not len(self._block) and not self._read_block():
                break
            n = min(len(out) - n_read, len(self._block))
            out[n_read : n_read + n] = self._block[:n]
            self._block = self._block[n:]
            n_read += n
        return out[:n_read]

    def _read_block(self) -> bool:
        """Decode one block; return False at the end of the sound."""
        if self._is_over:
            return False
        block = next(self._blocks, None)
        if block is None:
            self._is_over = True
            self._check_length()
            return False
        self._n_decoded += len(block)
        if self._n_decoded > self._n_most:
            raise UnusableClipError("is damaged: it holds more sound than a file of its size can")
        self._block = block
        return True

    def _check_length(self) -> None:
        found = self._n_decoded / self.samplerate
        if self.duration is not None and found < self.duration - _TOLERANCE:
            raise UnusableClipError(
                f"is truncated or damaged: its header promises {self.duration:.3g} s, {found:.3g} "
                "s can be decoded"
            )

    def close(self) -> None:
        """Close the file."""
        self._blocks.close()
        self._source.close()


def open_media(path: str, n_bytes: int) -> MediaSound | None:
    """Open a media file.

    Parameters
    ----------
    path : str
        The file.
    n_bytes : int
        Its size (bytes).

    Returns
    -------
    sound : MediaSound or None
        None if the file is of another format, or there is no engine.

    Raises
    ------
    UnusableClipError
        If the file is damaged or holds no sound.
    """
    demuxer = find_demuxer(path)
    engine = None if demuxer is None else engines.find_engine()
    if demuxer is None or engine is None:
        return None
    if demuxer == "mov":
        check_boxes(path, n_bytes)
    source: Source
    if engine == "av":
        from sersk.audio._av import AvSource

        source = AvSource(path, demuxer)
    else:
        from sersk.audio._ffmpeg import FFmpegSource

        source = FFmpegSource(engine, os.path.abspath(path), demuxer)
    try:
        check_format(source.rate, source.n_channels)
        return MediaSound(source, n_bytes)
    except UnusableClipError:
        source.close()
        raise

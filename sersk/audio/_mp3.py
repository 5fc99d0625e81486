"""Let libsndfile read an MP3 file to its end, and check its frames."""

from __future__ import annotations

import math
import os
from typing import Any

from sersk.audio._containers import WithHeader
from sersk.audio._mpeg import Frames, find_frames
from sersk.audio.clips import UnusableClipError

# Samples at the beginning and the end of a file that its encoder added, at most.
_MOST_ADDED = 5_000
_ID3V1 = 128  # bytes of the oldest tag, for which libmpg123 looks at the end


class WholeMp3(WithHeader):
    """The frames of an MP3 file that does not say how many they are, as a file of larger size.

    libmpg123 guesses the length from the size, and libsndfile reads no further, also where more
    frames follow. Of a length that is too large, it reads what there is.

    Parameters
    ----------
    path : str
        The file.
    frames : Frames
        What it holds.

    Attributes
    ----------
    n_samples : int
        Samples of each channel.
    """

    def __init__(self, path: str, frames: Frames) -> None:
        super().__init__(path, b"", frames.begin)
        self.n_samples = frames.n_samples
        self._fault = frames.fault
        # Its guess is by the mean size of the frames until the first that it can decode.
        self._n_bytes = 2 * frames.longest * (frames.n_frames + 2) + _ID3V1

    def check_frames(self, n_wanted: float) -> None:
        """Raise if a frame is missing or damaged, as `check_frames` does, without reading again."""
        # The walk over all frames ended at the first fault.
        if self.n_samples < n_wanted + _MOST_ADDED:
            _refuse(self._fault)

    def readinto(self, buffer: Any) -> int:
        if self._position < self._n_bytes - _ID3V1:
            return super().readinto(buffer)
        n_bytes = max(0, min(len(buffer), self._n_bytes - self._position))
        buffer[:n_bytes] = bytes(n_bytes)
        self._position += n_bytes
        return n_bytes


def open_whole(path: str) -> WholeMp3 | None:
    """Open an MP3 file that does not say how long it is.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    file : WholeMp3 or None
        The file; None if it says how long it is.

    Raises
    ------
    UnusableClipError
        If there are no frames.
    """
    if _find(path, 0).is_known:
        return None
    frames = _find(path, math.inf)
    if not frames.n_frames:
        raise UnusableClipError(f"is truncated or damaged: {frames.fault or 'it holds no sound'}")
    return WholeMp3(path, frames)


def check_frames(path: str, n_wanted: float) -> None:
    """Raise `UnusableClipError` if a frame of an MP3 file is missing or damaged.

    Parameters
    ----------
    path : str
        The file.
    n_wanted : float
        Number of samples from the beginning on; the rest does not matter.
    """
    _refuse(_find(path, n_wanted + _MOST_ADDED).fault)


def _refuse(fault: str) -> None:
    if fault:
        raise UnusableClipError(f"is truncated or damaged: {fault}")


def _find(path: str, n_wanted: float) -> Frames:
    with open(path, "rb") as file:
        frames = find_frames(file, os.fstat(file.fileno()).st_size, n_wanted)
    if frames is None:
        raise UnusableClipError("is not audio that can be decoded: it holds no frames of MP3")
    return frames

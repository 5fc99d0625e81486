"""Which frames of a clip are the part between `offset` and ``offset + duration``."""

from __future__ import annotations

import sys

from sersk.audio.clips import NO_SAMPLES, UnusableClipError


def find_part(
    n_available: int | None, rate: int, offset: float, duration: float | None
) -> tuple[int, int]:
    """Return the first frame of a part and its number of frames.

    Parameters
    ----------
    n_available : int or None
        Number of frames of the clip; None if it is unknown.
    rate : int
        Frames a second (Hz).
    offset : float
        Where the part begins (s).
    duration : float or None
        How long it is (s); None is up to the end of the clip.

    Returns
    -------
    start : int
        The first frame, ``int(offset * rate)`` as in `librosa.load`.
    n_frames : int
        ``int(duration * rate)``, at least 1. It may go beyond the end of the clip.

    Raises
    ------
    UnusableClipError
        If the clip has no frames, or ends before the part begins.
    """
    if n_available == 0:
        raise UnusableClipError(NO_SAMPLES)
    start = int(offset * rate)
    if n_available is not None and start >= n_available:
        raise UnusableClipError(
            f"lasts {n_available / rate:.3g} s and ends before offset={offset:g} s"
        )
    return start, sys.maxsize if duration is None else max(1, int(duration * rate))

"""Whose call a warning is about: the first frame outside of sersk and scikit-learn."""

from __future__ import annotations

import sys
from types import FrameType


def count_own_frames() -> int:
    """Return how many frames from the caller's caller upwards are of sersk and scikit-learn.

    Returns
    -------
    n_frames : int
        With 1 added, the `stacklevel` of a warning that the caller gives to the user.
    """
    frame: FrameType | None = sys._getframe(1)
    n_own = 0
    while frame is not None and _package_of(frame) in ("sersk", "sklearn"):
        frame, n_own = frame.f_back, n_own + 1
    return n_own


def _package_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]

"""What reads the formats that libsndfile does not: the package PyAV, or the program ffmpeg."""

from __future__ import annotations

import importlib.util
import shutil
from functools import cache


@cache
def find_engine() -> str | None:
    """Return the engine that reads media files on this machine.

    Returns
    -------
    engine : str or None
        "av" if the package PyAV is installed; or else the path of the program ffmpeg; or else None.

    Notes
    -----
    The answer is that of the first call. Nothing is imported or started.
    """
    if importlib.util.find_spec("av") is not None:
        return "av"
    return shutil.which("ffmpeg")

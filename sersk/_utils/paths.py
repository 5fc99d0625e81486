"""Paths that are no paths: an empty text is a variable without a value, not the current folder."""

from __future__ import annotations

import os
from pathlib import Path


def as_path(path: str | os.PathLike[str], who: str) -> Path:
    """Return a path, and refuse an empty text, which `pathlib` takes for the current folder.

    Parameters
    ----------
    path : str or path-like
        The path; "~" is the home of the user.
    who : str
        What got it, for the error message.

    Returns
    -------
    path : pathlib.Path
        The path.

    Raises
    ------
    ValueError
        If it is empty.

    Examples
    --------
    >>> from sersk._utils.paths import as_path
    >>> as_path("", "storage")
    Traceback (most recent call last):
    ValueError: storage: '' is no path; pass one, or '.' for the current folder.
    """
    if not isinstance(path, os.PathLike) and not path:
        raise ValueError(f"{who}: {path!r} is no path; pass one, or '.' for the current folder.")
    return Path(path).expanduser()

"""Paths that a table from Windows holds, on a system that separates folders by ``/`` only."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath


def find_file(cell: str, root: Path) -> Path:
    r"""Return the file that a path in a table names.

    Where ``\`` may be part of a name, a file of that very name is preferred. Otherwise it separates
    folders, unless the path begins at a drive or a share, which is on another computer.
    """
    file = root / Path(cell).expanduser()
    windows = PureWindowsPath(cell)
    if os.sep == "\\" or "\\" not in cell or windows.anchor or os.path.lexists(file):
        return file
    return root.joinpath(*windows.parts)


def explain_missing(cell: str) -> str:
    """Return the end of a message about a file that is not there, "" if nothing is known."""
    anchor = PureWindowsPath(cell).anchor
    if os.sep == "\\" or "\\" not in cell or not anchor:
        return ""
    return (
        f"; it begins at {anchor!r} of a computer with Windows: write paths that begin at one "
        "folder, and pass that folder by root="
    )

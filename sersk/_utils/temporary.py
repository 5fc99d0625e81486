"""Temporary files beside a result, which a later call removes if their process was killed.

A living process holds a lock on each of its files; the system releases the lock however the process
ends. A process number would not do: containers on one folder have the same ones.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, which removes no file that a process has opened
    fcntl = None  # type: ignore[assignment]

_SUFFIX = ".sersk-tmp"
_NAME = re.compile(rf".+\.[0-9a-f]{{16}}{re.escape(_SUFFIX)}")
# Where the file system has no locks, files of this age, in s, are taken for left-overs.
_OLD = 7 * 24 * 3600
# Windows can't tell a file that was closed to be renamed from a left-over.
_OLD_ON_WINDOWS = 3600


def open_temporary(folder: Path, name: str) -> tuple[BinaryIO, Path]:
    """Create a file that no other process takes, and remove left-overs of dead processes.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the file.
    name : str
        Beginning of the file's name. It is shortened, because it may be as long as the file system
        allows.

    Returns
    -------
    file : binary file
        Open for writing and reading. While it is open, no other process removes it.
    path : pathlib.Path
        Its path.

    Raises
    ------
    OSError
        If it can't be created.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk._utils.temporary import open_temporary
    >>> with TemporaryDirectory() as folder:
    ...     file, path = open_temporary(Path(folder), "a.txt")
    ...     file.close()
    ...     path.name.startswith("a.txt."), path.name.endswith(".sersk-tmp")
    (True, True)
    """
    remove_left_overs(folder)
    while True:
        path = folder / f"{name[:40]}.{secrets.token_hex(8)}{_SUFFIX}"
        file = open(path, "x+b")  # noqa: SIM115 the caller closes it
        _lock(file.fileno(), wait=True)
        # Another process may have taken it for a left-over before it was locked.
        if os.name != "posix" or os.fstat(file.fileno()).st_nlink:
            return file, path
        file.close()


def remove_left_overs(folder: Path) -> None:
    """Remove temporary files of processes that ended without removing them.

    Parameters
    ----------
    folder : pathlib.Path
        The folder. What can't be read or removed there is left.
    """
    with suppress(OSError):
        for name in os.listdir(folder):
            if _NAME.fullmatch(name):
                with suppress(OSError):
                    _remove_if_left_over(folder / name)


def _remove_if_left_over(path: Path) -> None:
    age = time.time() - path.stat().st_mtime
    if fcntl is None:
        if age > _OLD_ON_WINDOWS:
            path.unlink()
        return
    handle = os.open(path, os.O_RDWR)  # a lock over NFS needs a file that is open for writing
    try:
        locked = _lock(handle, wait=False)
        if locked or (locked is None and age > _OLD):
            path.unlink()
    finally:
        os.close(handle)


def _lock(handle: int, *, wait: bool) -> bool | None:
    """Lock a file; return whether it is locked, None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True

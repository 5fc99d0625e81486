"""The folder of recordings that are being answered. It is gone when its server is."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

_PREFIX = "sersk-web-"


class UploadsFolder:
    """A temporary folder that only this user can read, until `remove`.

    A folder is locked as long as its process lives. Whoever makes the next folder removes those
    that are not locked: their processes were killed. systemd leaves a locked folder in ``/tmp``
    alone, however old it is. On Windows, which has no such lock, nothing is removed.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    """

    def __init__(self) -> None:
        _remove_abandoned()
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            try:
                self._lock = _lock(self.path)
            except (BlockingIOError, FileNotFoundError):
                continue  # another process takes it for an abandoned one, and removes it
            if self.path.is_dir():
                self._owner = os.getpid()
                return

    def remove(self) -> None:
        """Delete the folder with all that is in it."""
        if os.getpid() != self._owner:
            return  # a process that was forked from the page's
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
        self._lock = None


def _remove_abandoned() -> None:
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = _lock(path)
        except OSError:
            continue  # in use, another user's, or no folder
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _lock(path: Path) -> int | None:
    """Lock a folder, and return a file descriptor, or None where folders can't be locked.

    Raises BlockingIOError if another process has the lock.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_uid != os.geteuid():
            raise PermissionError(f"{path} is another user's")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        os.close(lock)
        raise
    except OSError:  # a file system without locks
        os.close(lock)
        return None
    return lock

"""The folder of uploaded files, and the deletion of what lies in it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

KEPT = 120.0  # s after which an uploaded file is deleted if nobody asked for its answer


def delete(path: Path, uploads: Path) -> None:
    """Delete an uploaded file with the folders that were made for it; files elsewhere stay.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    uploads : pathlib.Path
        The folder of uploaded files.
    """
    uploads, path = uploads.resolve(), path.resolve()
    if uploads not in path.parents:
        return
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == uploads or any(folder.iterdir()):
            break
        folder.rmdir()


def sweep(uploads: Path, ended: threading.Event) -> None:
    """Delete old uploaded files again and again, until an event is set.

    Parameters
    ----------
    uploads : pathlib.Path
        The folder of uploaded files.
    ended : threading.Event
        Set it to end this.
    """
    while not ended.wait(KEPT / 4):
        with suppress(OSError):  # a file was deleted meanwhile; the next sweep finds the rest
            for path in [*uploads.rglob("*")]:
                if path.is_file() and path.stat().st_mtime < time.time() - KEPT:
                    delete(path, uploads)

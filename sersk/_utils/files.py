"""Files that are written completely or not at all, by one process at a time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sersk._utils.temporary import open_temporary


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that gets its name only when it is complete.

    Parameters
    ----------
    path : pathlib.Path
        The file to write. An existing file stays unchanged until the new one is complete. If
        several processes or threads write it at a time, the last one's file stays.

    Yields
    ------
    file : binary file
        A temporary file in the same folder, open for writing.

    Raises
    ------
    OSError
        If the file can't be written; the error names `path`, and no temporary file is left.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk._utils.files import replacing
    >>> with TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "a.txt")) as file:
    ...         _ = file.write(b"all of it")
    ...     Path(folder, "a.txt").read_bytes()
    b'all of it'
    """
    _refuse_folder(path)
    partial = None
    try:
        # In the same folder, because renaming is atomic only within one file system.
        file, partial = open_temporary(path.parent, f".{path.name}")
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if os.name == "nt":  # renames closed files only
                file.close()
            _replace(partial, path)
            _sync_folder(path.parent)
    except OSError as error:
        # The user knows `path`, not the temporary file.
        error.filename = os.fspath(path)  # shown as a plain path
        if error.filename2 is not None:
            del error.filename2  # None would be shown
        raise
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let errors of the system name a file: those of writing and closing a file name none.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    OSError
        The error that was raised, with the name.

    Examples
    --------
    >>> from pathlib import Path
    >>> from sersk._utils.files import naming
    >>> with naming(Path("a.txt")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    OSError: [Errno 28] No space left on device: 'a.txt'
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def check_writable(path: Path) -> None:
    """Raise an error before a long computation if its result can't be written.

    Parameters
    ----------
    path : pathlib.Path
        The file that is to be written.

    Raises
    ------
    OSError
        If `path` is a folder, or its folder does not exist or can't be written to.
    """
    _refuse_folder(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {str(path.parent)!r} of {path.name!r} does not exist.")
    try:
        file, probe = open_temporary(path.parent, f".{path.name}")
    except OSError as error:
        error.filename = os.fspath(path)  # shown as a plain path
        raise
    file.close()
    probe.unlink(missing_ok=True)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one process at a time do something; others wait.

    Parameters
    ----------
    file : pathlib.Path
        A file for the lock, which is created and stays. The lock of a process that is killed ends.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk._utils.files import locked
    >>> with TemporaryDirectory() as folder, locked(Path(folder, "lock")):
    ...     pass
    """
    with file.open("a") as handle:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield  # closing the handle releases the lock, also when the process is killed


def _refuse_folder(path: Path) -> None:
    if path.is_dir():  # also of an empty text, the current folder
        raise IsADirectoryError(f"{str(path)!r} is a folder; name the file to write.")


def _replace(partial: Path, path: Path) -> None:
    attempts = 10 if os.name == "nt" else 1
    for attempt in range(attempts):
        try:
            os.replace(partial, path)
            return
        except PermissionError:  # on Windows while another process reads or replaces the file
            if attempt == attempts - 1:
                raise
            time.sleep(0.1)


def _sync_folder(folder: Path) -> None:
    """Let the new name survive a loss of power, where a folder can be opened for that."""
    if os.name == "nt":
        return
    with suppress(OSError):  # the file is there; some file systems sync no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

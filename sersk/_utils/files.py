"""Files that are written whole or not at all. What is in them is for others to decide."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes its name only when all has been written to it.

    Parameters
    ----------
    path : pathlib.Path
        The file to write; one that is there stays as it is until the new one is whole.

    Yields
    ------
    file : binary file
        A file beside it, open for writing.

    Raises
    ------
    OSError
        If it can't be written, by the name that was given; nothing is left behind.

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
    # In the same folder: a rename is atomic within one file system only.
    partial = _partial(path)
    try:
        with open(partial, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        # the user knows the file by the name they gave
        error.filename, error.filename2 = path, None
        raise
    finally:
        partial.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise now, rather than after an hour of training, if a file can't be written.

    Parameters
    ----------
    path : pathlib.Path
        The file that is to be written.

    Raises
    ------
    OSError
        If it is a folder, if its folder does not exist or nothing can be written there.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder; name the file to write.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {str(path.parent)!r} of {path.name!r} does not exist.")
    probe = _partial(path)
    try:
        probe.touch(exist_ok=False)
    except OSError as error:
        error.filename = path
        raise
    finally:
        probe.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    # Cut, as a name may be as long as the file system allows and this one is longer.
    return path.with_name(f".{path.name[:40]}.{os.getpid()}.part")

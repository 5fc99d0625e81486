"""Arrays larger than memory: a `numpy.memmap` on a file that is deleted after its last use.

The callers decide what is stored.
"""

from __future__ import annotations

import mmap
import os
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.utils import assert_all_finite

from sersk._utils.paths import as_path
from sersk._utils.temporary import open_temporary

# Pages of a mapped file that were read or written count as memory of this process until released.
RELEASE_EVERY = 64 * 2**20  # bytes


def allocate(
    shape: tuple[int, ...], dtype: DTypeLike, folder: str | os.PathLike[str] | None = None
) -> NDArray[Any]:
    """Return an array that is not initialised: in memory, or in a file.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array.
    dtype : dtype-like
        Type of the array.
    folder : str, path-like or None, default=None
        Folder for the file. The file is deleted when no reference to the array is left, or when
        Python ends; if Python is killed, at the next call for this folder. None takes memory.

    Returns
    -------
    array : ndarray or numpy.memmap
        Not initialised.

    Raises
    ------
    OSError
        If the folder cannot be written to, or the disk has too little space left.
    ValueError
        If `folder` is empty.

    Examples
    --------
    >>> from sersk._utils.storage import allocate
    >>> allocate((2, 3), "float32").shape
    (2, 3)
    """
    dtype = np.dtype(dtype)
    if folder is None:
        return np.empty(shape, dtype)
    n_bytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    file, path = open_temporary(_make(folder), "features")
    try:
        # A sparse file would crash the process later (SIGBUS), when the disk is full.
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, n_bytes)
        else:
            os.truncate(file.fileno(), n_bytes)
        array = np.memmap(path, dtype, mode="r+", shape=shape)
    except OSError as error:
        _delete(file, path, os.getpid())
        raise OSError(
            error.errno,
            f"no room for features of {n_bytes / 1e9:.1f} GB: {error.strerror}",
            str(path),
        ) from None
    # The file stays open, because its lock says that it is in use.
    weakref.finalize(array, _delete, file, path, os.getpid())
    return array


def is_on_disk(array: Any) -> bool:
    """Return whether an array, or the array that it is a part of, is a mapped file.

    Parameters
    ----------
    array : object
        Any object; False unless it is an array.

    Returns
    -------
    on_disk : bool
        Also true for a part of a `numpy.memmap`, and for one that is marked by `as_views`.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk._utils.storage import is_on_disk
    >>> is_on_disk(np.zeros(3))
    False
    """
    base = array if isinstance(array, np.ndarray) else None
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    return base is not None


def release(array: NDArray[Any]) -> None:
    """Release the memory of pages that were read or written, if the array is a mapped file.

    The data stays in the file, and in the system's cache while there is space: reading it again
    costs little. Without this, a process that has read a file once keeps all of it in memory.

    Parameters
    ----------
    array : ndarray
        Any array; one in memory is left as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk._utils.storage import release
    >>> release(np.zeros(3))
    """
    base: Any = array
    shared = False
    while base is not None and not isinstance(base, mmap.mmap):
        # in mode "c" changes exist in the pages only, and would be lost
        shared |= getattr(base, "mode", "c") != "c"
        base = getattr(base, "base", None)
    if base is not None and shared and hasattr(base, "madvise"):
        base.madvise(mmap.MADV_DONTNEED)


def check_finite(X: NDArray[Any], estimator: Any, *, allow_nan: bool = False) -> None:
    """Raise if values are not finite; check some rows at a time, as a file may exceed memory.

    Parameters
    ----------
    X : ndarray of shape (n_clips, ...)
        Features, perhaps on disk.
    estimator : estimator
        Its class name is the name in error messages.
    allow_nan : bool, default=False
        Whether NaN is allowed.

    Raises
    ------
    ValueError
        If a value is infinite, or NaN and that is not allowed.
    """
    n_clips = max(1, RELEASE_EVERY // max(1, 4 * X[:1].size))
    for start in range(0, len(X), n_clips):
        assert_all_finite(
            X[start : start + n_clips].astype(np.float32, copy=False),
            allow_nan=allow_nan,
            estimator_name=type(estimator).__name__,
            input_name="X",
        )
        release(X)


def _make(folder: str | os.PathLike[str]) -> Path:
    folder = as_path(folder, "storage")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _delete(file: BinaryIO, path: Path, owner: int) -> None:
    file.close()
    if os.getpid() == owner:  # not a process that was forked from it
        with suppress(OSError):
            path.unlink()

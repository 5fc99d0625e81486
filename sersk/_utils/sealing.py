"""A checksum behind the content of a file, by which damage is found before the content is used."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, BinaryIO

_MARK = b"\nsersk-sha256 "
_N_DIGITS = 64
# The seal is followed by a few short lines at most.
_MOST_BYTES = 8192


class SealingWriter:
    """Write to a file, and its SHA-256 behind what was written.

    Parameters
    ----------
    file : binary file
        Open for writing, empty.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk._utils.sealing import SealingWriter, is_damaged
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "sealed")
    ...     with open(path, "wb") as file:
    ...         writer = SealingWriter(file)
    ...         _ = writer.write(b"content")
    ...         writer.seal()
    ...     print(is_damaged(path))
    ...     _ = path.write_bytes(path.read_bytes().replace(b"con", b"sen"))
    ...     print(is_damaged(path))
    False
    True
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: Any) -> int:
        """Write bytes, or any buffer of them."""
        self._digest.update(data)
        return self._file.write(data)

    def tell(self) -> int:
        """Return the number of bytes that were written."""
        return self._file.tell()

    def flush(self) -> None:
        """Pass on what is buffered."""
        self._file.flush()

    def seal(self) -> None:
        """Write the checksum of all that was written before."""
        self._file.write(_MARK + self._digest.hexdigest().encode())


def is_damaged(path: Path) -> bool:
    """Tell whether a file is not what was written to it.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    damaged : bool
        Whether its content does not agree with its checksum; False if it has none.
    """
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        begin = max(0, size - _MOST_BYTES)
        file.seek(begin)
        tail = file.read()
        at = tail.rfind(_MARK)
        if at < 0:
            return False
        expected = tail[at + len(_MARK) :][:_N_DIGITS]
        file.seek(0)
        digest, n_left = hashlib.sha256(), begin + at
        while n_left and (block := file.read(min(n_left, 2**20))):
            digest.update(block)
            n_left -= len(block)
    return digest.hexdigest().encode() != expected

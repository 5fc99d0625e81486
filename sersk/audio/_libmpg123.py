"""Keep back what libmpg123, libsndfile's decoder of MP3, writes to stderr about a file.

It names no file, and libsndfile offers no way to silence it. What is wrong with a file is in the
exception for that file.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sersk._utils.sharing import SharedSetting

# Files that begin so are not tried as MP3 (WAV, AIFF, FLAC, Ogg).
_NOT_MP3 = (b"RIFF", b"FORM", b"fLaC", b"OggS")
_LINE = re.compile(rb"(Note|Warning): |\[(src/)?libmpg123|\s*$")

_creating = threading.Lock()


class _Catcher:
    """A C stream in place of C's `stderr`. The file descriptor 2 stays as it is.

    So Python's own output and that of child processes go where they always do. The stream is never
    closed, as another thread may be writing to it.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        library.fdopen.restype = ctypes.c_void_p
        self.fd = os.memfd_create("libmpg123")
        self._stream = library.fdopen(self.fd, b"a")
        library.setvbuf(ctypes.c_void_p(self._stream), None, 2, 0)  # 2 is _IONBF: unbuffered
        self._stderr = ctypes.c_void_p.in_dll(library, "stderr")
        self._usual = self._stderr.value
        self.kept_back = SharedSetting(self.begin, self.end)

    def begin(self) -> None:
        self._stderr.value = self._stream

    def restore(self) -> None:
        self._stderr.value = self._usual

    def end(self) -> None:
        """Write what others wrote in the meantime to stderr."""
        self.restore()
        n_bytes = os.fstat(self.fd).st_size
        if n_bytes:
            lines = os.pread(self.fd, n_bytes, 0).splitlines(keepends=True)
            os.ftruncate(self.fd, 0)
            with suppress(OSError):  # nobody reads it any more
                os.write(2, b"".join(line for line in lines if not _LINE.match(line)))


_catcher: _Catcher | None = None


@contextmanager
def without_chatter(first: bytes | None = None) -> Iterator[None]:
    """Keep back libmpg123's lines. This works with glibc on Linux; elsewhere nothing is changed.

    Parameters
    ----------
    first : bytes or None, default=None
        The first four bytes of the file; nothing is done if they are of another format. None is for
        a file that is MP3.

    Yields
    ------
    None
        Nothing.
    """
    catcher = None if first in _NOT_MP3 else _find_catcher()
    if catcher is None:
        yield
        return
    with catcher.kept_back.needed():
        yield


def _find_catcher() -> _Catcher | None:
    global _catcher
    if not sys.platform.startswith("linux"):
        return None
    with _creating:
        if _catcher is None and hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
            with suppress(OSError):  # no file descriptor is left, or a sandbox allows none
                _catcher = _Catcher()
        return _catcher


def _after_fork() -> None:
    """End in a child what another thread of the parent began."""
    global _creating
    _creating = threading.Lock()
    if _catcher is not None and _catcher.kept_back.forget_users():
        _catcher.restore()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

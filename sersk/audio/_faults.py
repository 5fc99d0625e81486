"""Whatever goes wrong with one clip is that clip's failure, with the cause chained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sersk.audio.clips import UnusableClipError


@contextmanager
def as_unusable() -> Iterator[None]:
    """Turn any `Exception` into an `UnusableClipError`; Ctrl-C and exits of the program pass.

    libsndfile, its wrapper and the resampler raise nearly anything for a file that lies: TypeError,
    OverflowError, MemoryError, ...
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, UnusableClipError):
            raise
        raise UnusableClipError(explain_fault(error)) from error


def explain_fault(error: Exception) -> str:
    """Return the reason of an exception that is no `UnusableClipError`."""
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return "cannot be read: it needs more memory than there is"
    return f"cannot be read: {type(error).__name__}: {error}".rstrip(": ")

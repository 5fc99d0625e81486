"""Importing TensorFlow without its start-up messages."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"

# The lines of TensorFlow's C++ log: with a date, in absl's form, and two that have neither.
_MESSAGE = re.compile(
    rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWEF] |[IWEF]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ \S+:\d+\] "
    rb"|WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions: ).*(\n|$)"
)


def import_tensorflow_quietly() -> None:
    """Import TensorFlow without the lines that it writes about the machine.

    TensorFlow writes to the file descriptor of stderr, partly before it reads its log level, so
    the descriptor is redirected during the import. What others wrote in the meantime is written
    afterwards. If the import fails, all lines are shown. TensorFlow reads the log level once, so
    the environment can be left as it was.

    Nothing is redirected if ``TF_CPP_MIN_LOG_LEVEL`` is set, TensorFlow is imported already, or
    there is no folder for temporary files.
    """
    if "tensorflow" in sys.modules or _LEVEL in os.environ:
        return
    try:
        log = tempfile.TemporaryFile()  # noqa: SIM115  closed below
    except OSError:  # nowhere to write: a read-only file system, or a full one
        return
    with log:
        try:
            kept = os.dup(2)
        except OSError:  # closed by the caller: nothing can be written to it
            return
        drop = re.compile(b"(?!)")  # nothing
        os.environ[_LEVEL] = "3"
        try:
            with _stderr_into(log, kept):
                import tensorflow  # noqa: F401
            drop = _MESSAGE
        finally:
            os.environ.pop(_LEVEL, None)
            log.seek(0)
            others = b"".join(line for line in log if not drop.match(line))
            if others:
                with suppress(OSError):  # nobody reads it any more
                    os.write(2, others)


@contextmanager
def _stderr_into(file: IO[bytes], kept: int) -> Iterator[None]:
    """Redirect file descriptor 2 to a file, and back to a copy of it, which is closed."""
    _flush()
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        _flush()
        os.dup2(kept, 2)
        os.close(kept)


def _flush() -> None:
    # It may be None, closed, or any object with `write`.
    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.flush()

"""Importing TensorFlow without its start-up messages."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import typer


def import_tensorflow_quietly() -> None:
    """Import TensorFlow without the lines that it writes about the machine.

    TensorFlow writes to the file descriptor of stderr, partly before it reads its log level, so
    the descriptor is redirected during the import. If the import fails, the lines are shown.
    Nothing is redirected if ``TF_CPP_MIN_LOG_LEVEL`` is set.
    """
    if (
        "tensorflow" in sys.modules
        or "TF_CPP_MIN_LOG_LEVEL" in os.environ
        or sys.stderr is None  # closed by the caller
    ):
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with tempfile.TemporaryFile() as log:
        try:
            with _stderr_into(log):
                import tensorflow  # noqa: F401
        except Exception:
            log.seek(0)
            typer.echo(log.read().decode(errors="replace"), err=True, nl=False)
            raise


@contextmanager
def _stderr_into(file: IO[bytes]) -> Iterator[None]:
    """Redirect file descriptor 2 to a file."""
    kept = os.dup(2)
    try:
        sys.stderr.flush()
        os.dup2(file.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)

"""The commands of sersk within this process."""

import os

from typer.testing import CliRunner

from faulty.children import CommandFailed
from sersk.cli import app


def call(*words: object, stdin: bytes | None = None) -> str:
    """Run a command, and return what it wrote to standard output.

    Parameters
    ----------
    *words : object
        The words after ``sersk``.
    stdin : bytes or None, default=None
        What is on standard input.

    Returns
    -------
    text : str
        Standard output.

    Raises
    ------
    CommandFailed
        If it ended with an exit code; the message is what it wrote to stderr.
    """
    result = CliRunner().invoke(app, [os.fspath(w) if isinstance(w, os.PathLike) else str(w)
                                      for w in words], input=stdin)  # fmt: skip
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code:
        raise CommandFailed(result.stderr)
    return result.stdout

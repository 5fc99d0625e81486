"""What a command says and how it ends: messages, errors, interruptions, exit codes.

Results go to stdout, all else to stderr. What is said is the commands' own business.
"""

import csv
import functools
import io
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import typer

from sersk._utils.progress import end_display, note

FAILED, WRONG_USE, IN_PART, INTERRUPTED = 1, 2, 3, 130

EXIT_CODES = (
    "Exit codes: 0 all is done; 1 it failed, and nothing was done or written; 2 wrong use of the "
    "command; 3 some files could not be used, the rest is done; 130 interrupted (Ctrl-C), what "
    "was finished is printed."
)

# What a user's data or machine bring about; any other exception is a fault of the program.
_USERS = (ValueError, TypeError, OSError, MemoryError, ImportError)
_MAX_LISTED = 20


def say(message: str) -> None:
    """Tell the user something that is no result; above the progress display, where there is one."""
    note(message)


def print_result(text: str) -> None:
    """Write a line of results, as whatever bytes the names of files are made of."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="surrogateescape")
    typer.echo(text)


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as CSV (RFC 4180, but for line ends), the names of the columns first."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    print_result(text.getvalue().rstrip("\n"))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], numbers: int = 0) -> None:
    """Write a table for people; the last columns, so many, are numbers.

    Where stdout is no terminal, it is as wide as it needs to be.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for position, name in enumerate(columns):
        number = position >= len(columns) - numbers
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 10_000, highlight=False)
    console.print(table)


def fail(message: str, exit_code: int = FAILED) -> typer.Exit:
    """Say what is wrong and return the exit to raise."""
    say(f"Error: {message}")
    return typer.Exit(exit_code)


def command(run: Callable[..., None]) -> Callable[..., None]:
    """Let a command end in one clear message instead of a traceback, unless ``debug`` is set."""

    @functools.wraps(run)
    def wrapper(**options: Any) -> None:
        debug = options["debug"]
        if options.get("as_json") and options.get("as_csv"):
            raise typer.BadParameter("--json and --csv are two forms of one output; take one.")
        if debug:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0")
        try:
            with _plain_warnings():
                run(**options)
        except KeyboardInterrupt:
            end_display()
            if debug:
                raise
            say("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.BadParameter, BrokenPipeError):
            raise
        except Exception as error:
            end_display()
            if debug:
                raise
            raise fail(describe(error)) from error

    return wrapper


def describe(error: Exception) -> str:
    """Return what went wrong in words for someone who called no Python."""
    failures = getattr(error, "failures", None)
    if failures:
        lines = [f"\n  {name}: {reason}" for name, reason in failures.values()]
        if len(lines) > _MAX_LISTED:
            lines[_MAX_LISTED:] = [f"\n  ... and {len(lines) - _MAX_LISTED} more"]
        return f"{len(failures)} clips can't be used; take them out:{''.join(lines)}"
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{os.fspath(error.filename)!r}: "
        return f"{where}{error.strerror}"
    if isinstance(error, MemoryError):
        return "out of memory. A shorter --duration, or fewer --filters, need less."
    if isinstance(error, _USERS) and str(error):
        return str(error)
    return (
        f"{type(error).__name__}: {error}. This should not happen; --debug shows where it did. "
        "Please report it."
    )


@contextmanager
def whole() -> Iterator[None]:
    """Let Ctrl-C wait until what is begun is whole, such as a row that is printed and counted."""
    if threading.current_thread() is not threading.main_thread():
        yield  # where signals never arrive
        return
    arrived: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if arrived:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show warnings as messages, without the line of the program that they come from."""

    def show(message: Warning | str, *args: Any, **kwargs: Any) -> None:
        say(f"Warning: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def import_tensorflow_quietly() -> None:
    """Import TensorFlow without the lines that it writes while it looks at the machine.

    They are written to the file descriptor, some of them before any level is heeded, so it is
    turned aside for the time of the import; were the import to fail, they are shown. Setting
    ``TF_CPP_MIN_LOG_LEVEL`` leaves everything as it is.
    """
    if "tensorflow" in sys.modules or "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with tempfile.TemporaryFile() as aside:
        try:
            with _stderr_to(aside.fileno()):
                import tensorflow  # noqa: F401
        except BaseException as error:
            if isinstance(error, Exception):
                aside.seek(0)
                typer.echo(aside.read().decode(errors="replace"), err=True, nl=False)
            raise


@contextmanager
def _stderr_to(descriptor: int) -> Iterator[None]:
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr to keep quiet
        yield
        return
    try:
        with suppress(ValueError, OSError):
            sys.stderr.flush()
        os.dup2(descriptor, 2)
        yield
    finally:
        with suppress(ValueError, OSError):
            sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)

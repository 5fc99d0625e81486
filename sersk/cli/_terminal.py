"""How a command reads its option groups and how it ends: errors, interruptions, exit codes.

Results go to stdout, all messages to stderr.
"""

import atexit
import functools
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

import typer
from typer.core import TyperCommand

from sersk._utils.progress import end_display, note
from sersk.cli._models import tell_versions

FAILED, WRONG_USE, IN_PART, INTERRUPTED = 1, 2, 3, 130

EXIT_CODES = (
    "Exit codes: 0 all is done; 1 the command failed, what it had computed is printed; 2 the "
    "command or its options are wrong; 3 some files could not be used, the others are done; 130 "
    "interrupted (Ctrl-C), what was finished is printed."
)

# Errors that a user's data or machine cause; any other exception is a fault of the program.
_USERS = (ValueError, TypeError, OSError, MemoryError, ImportError)
_MAX_LISTED = 20


def fail(message: str, exit_code: int = FAILED) -> typer.Exit:
    """Print an error message and return the exit to raise."""
    note(f"Error: {message}")
    return typer.Exit(exit_code)


@contextmanager
def wrong_use() -> Iterator[None]:
    """Let errors of values end the command as wrong use: they are of its words, and of no file."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise fail(str(error), WRONG_USE) from error


# Options whose value is a path, by their names in Python.
_PATHS = ("checkpoint", "files_from", "model", "output", "plot", "report", "root")


class Command(TyperCommand):
    """A command that refuses empty paths, as a variable of the shell without a value gives them.

    An empty path would be the current folder.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Check the words, then read them."""
        texts = {
            option
            for param in self.params
            if param.name not in _PATHS and not getattr(param, "is_flag", True)
            for option in param.opts
        }
        for before, word in zip(["sersk", *args], args, strict=False):
            option = word.removesuffix("=") if word.startswith("--") else ""
            if (not word and before not in texts) or (option != word and option in self._paths()):
                raise typer.BadParameter(
                    f"nothing stands after {word or before!r}. Perhaps a variable of the shell has "
                    "no value; '.' is the current folder.",
                    ctx=ctx,
                )
        return super().parse_args(ctx, args)

    def _paths(self) -> set[str]:
        return {option for param in self.params if param.name in _PATHS for option in param.opts}


def command(run: Callable[..., None]) -> Callable[..., None]:
    """Turn a function into a command.

    A parameter whose type is a dataclass is a group of options: the command takes an option for
    each field, and the function receives the dataclass. Errors become one clear message instead
    of a traceback, unless ``debug`` is set.
    """
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(run).parameters.values():
        kind = parameter.annotation
        if isinstance(kind, type) and is_dataclass(kind):
            groups[parameter.name] = kind
            parameters += inspect.signature(kind).parameters.values()
        else:
            parameters.append(parameter)

    @functools.wraps(run)
    def wrapper(**given: Any) -> None:
        debug = given["debug"]
        if given.get("as_json") and given.get("as_csv"):
            raise typer.BadParameter("--json and --csv exclude each other; take one.")
        if debug:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0")
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        try:
            with _plain_warnings():
                run(**given)
        except KeyboardInterrupt:
            end_display()
            if debug:
                raise
            note("Interrupted.")
            if "tensorflow" in sys.modules:
                atexit.register(_close_stderr)
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.BadParameter, BrokenPipeError):
            raise
        except Exception as error:
            end_display()
            if debug:
                raise
            raise fail(describe(error)) from error

    # Typer makes its options from the signature and the annotations.
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    wrapper.__annotations__ = {one.name: one.annotation for one in parameters}
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return wrapper


def _close_stderr() -> None:
    # TensorFlow's threads may still call Python while it ends, and report that they can't.
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def describe(error: Exception) -> str:
    """Return what went wrong, for someone who did not call Python."""
    failures = getattr(error, "failures", None)
    if failures:
        lines = [f"\n  {name}: {reason}" for name, reason in failures.values()]
        if len(lines) > _MAX_LISTED:
            lines[_MAX_LISTED:] = [f"\n  ... and {len(lines) - _MAX_LISTED} more"]
        which = (
            "1 clip can't be used; remove it"
            if len(failures) == 1
            else (f"{len(failures)} clips can't be used; remove them")
        )
        return f"{which}:{''.join(lines)}"
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{os.fspath(error.filename)!r}: "
        return f"{where}{error.strerror}"
    if isinstance(error, MemoryError):
        return "out of memory. A shorter --duration or fewer --filters need less."
    written_by = tell_versions()
    if isinstance(error, _USERS) and str(error):
        return f"{error} {written_by}".strip()
    what = f"{type(error).__name__}: {error}."
    if written_by:
        return f"{what} {written_by} Install these versions, or train the model again."
    return f"{what} This should not happen; --debug shows where it did. Please report it."


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show warnings as messages, without the source line that they come from."""

    def show(message: Warning | str, *args: Any, **kwargs: Any) -> None:
        note(f"Warning: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield

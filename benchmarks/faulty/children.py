"""One write in a process of its own: what it ended with, as text."""

import json
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

RIGHT, ERROR, FAULT = "right", "error", "fault"
_SECONDS = 600  # of one write


class CommandFailed(Exception):
    """Raised if a command of sersk ends with an exit code; the message is what it wrote."""


@dataclass
class Outcome:
    """How a write ended.

    Attributes
    ----------
    result : str
        RIGHT, ERROR or FAULT.
    text : str
        The message of the error, or what was warned of.
    """

    result: str
    text: str = ""


def run(write: Callable[[], object], elsewhere: Path) -> Outcome:
    """Run a function in a forked process, and return how it ended.

    Parameters
    ----------
    write : callable
        Called without arguments. An AssertionError says that its result is wrong.
    elsewhere : pathlib.Path
        The folder for temporary files of the process.

    Returns
    -------
    outcome : Outcome
        ERROR for an `OSError` and for a command that failed, FAULT for any other exception and a
        process that died.
    """
    return start(write, elsewhere)()


def start(write: Callable[[], object], elsewhere: Path) -> Callable[[], Outcome]:
    """Start a function in a forked process; return a function that waits for its end.

    Parameters
    ----------
    write, elsewhere
        As of `run`.

    Returns
    -------
    wait : callable
        Returns what `run` does.
    """
    inlet, outlet = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings(action="ignore"):  # threads of a library that wait for work
        child = os.fork()
    if child == 0:
        os.close(inlet)
        signal.alarm(_SECONDS)
        tempfile.tempdir = str(elsewhere)
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        try:
            outcome = _attempt(write)
            with os.fdopen(outlet, "w") as pipe:
                json.dump(asdict(outcome), pipe)
        finally:
            os._exit(0)
    os.close(outlet)

    def wait() -> Outcome:
        with os.fdopen(inlet) as pipe:
            answer = pipe.read()
        status = os.waitpid(child, 0)[1]
        if not answer:
            died = signal.strsignal(os.WTERMSIG(status))
            return Outcome(FAULT, f"the process died ({died})")
        return Outcome(**json.loads(answer))

    return wait


def _attempt(write: Callable[[], object]) -> Outcome:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            write()
        except (OSError, CommandFailed) as error:
            return Outcome(ERROR, f"{type(error).__name__}: {error}")
        except BaseException:
            return Outcome(FAULT, traceback.format_exc())
    # what libraries say about their own use is nobody's fault here
    told = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    return Outcome(RIGHT, "\n".join(told))

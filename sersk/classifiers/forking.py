"""A process that was forked after TensorFlow had been used lacks TensorFlow's threads.

Any call that needs them would wait for ever. Nothing is imported here, so that a process that uses
no network does not import TensorFlow.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_MESSAGE = (
    "SpeechEmotionClassifier: process {} was forked from one that had used TensorFlow. Its threads "
    "do not exist after a fork, so the call might never end. Load the model in each worker "
    "and not before the fork (gunicorn without --preload), or start the workers by spawn: "
    "multiprocessing.get_context('spawn')."
)

_is_broken = False
_refuses_loading = ContextVar("_refuses_loading", default=False)


class ForkedProcessError(RuntimeError):
    """A network was to be used in a process that was forked after TensorFlow had been used."""


def check_not_forked() -> None:
    """Raise if TensorFlow was used before this process was forked.

    Raises
    ------
    ForkedProcessError
        If it was; the message names the remedies.
    """
    if _is_broken:
        raise ForkedProcessError(_MESSAGE.format(os.getpid()))


@contextmanager
def refusing_networks() -> Iterator[None]:
    """Let the unpickling of a network in a forked process be an error.

    It is none otherwise: an error while a worker of a `multiprocessing.Pool` unpickles its task
    would end the worker, and the pool would wait for the result for ever.

    Yields
    ------
    None
        Nothing.
    """
    token = _refuses_loading.set(True)
    try:
        yield
    finally:
        _refuses_loading.reset(token)


def can_unpack() -> bool:
    """Return whether a network can be unpickled in this process.

    Returns
    -------
    possible : bool
        False after a fork.

    Raises
    ------
    ForkedProcessError
        Inside of `refusing_networks`, in place of False.
    """
    if _refuses_loading.get():
        check_not_forked()
    return not _is_broken


def _is_used() -> bool:
    """Return whether TensorFlow has started its threads, as the first tensor makes it."""
    module = sys.modules.get("tensorflow.python.eager.context")
    # TensorFlow has no public way to ask without starting them.
    return bool(getattr(getattr(module, "_context", None), "_initialized", False))


def _has_threads() -> bool:
    """Return whether this process has threads of TensorFlow; True if that is unknown."""
    tasks = Path("/proc/self/task")
    try:
        names = [(task / "comm").read_text() for task in tasks.iterdir()]
    except OSError:
        return True
    return any(name.startswith("tf_") for name in names)


def _after_fork() -> None:
    global _is_broken
    _is_broken = _is_broken or _is_used()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
    # The fork may have been before this import.
    _is_broken = _is_used() and not _has_threads()

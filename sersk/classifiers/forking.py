"""A process that was forked after TensorFlow had been used lacks TensorFlow's threads.

Any call that needs them would wait for ever. Nothing is imported here, so that a process that uses
no network does not import TensorFlow.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_MESSAGE = (
    "SpeechEmotionClassifier: process {child} was forked from process {parent}, which had used "
    "TensorFlow. TensorFlow's threads do not exist after a fork, so the call would never end. Load "
    "the model in each worker, after the fork (gunicorn without --preload), or start workers by "
    "spawn: multiprocessing.get_context('spawn')."
)

_is_broken = False


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
        raise ForkedProcessError(_MESSAGE.format(child=os.getpid(), parent=os.getppid()))


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

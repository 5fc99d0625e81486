"""The one display of a process: which tasks it shows, when, and for whom.

A thread draws the tasks that are open, so that a task need not stop for it, and so that a step of
minutes is seen to go on. How they are drawn is in `drawing`.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from time import monotonic
from typing import Any

from sersk._utils.drawing import Lines, Notebook, Task, Terminal, find_kernel

# Loops that end sooner are not shown, unless it was asked for.
_PATIENCE = 2.0  # s
_TICK = 0.1  # s between two looks at the tasks

# Of a stderr whose reader is gone, that was closed, or that can only be written to: it must not
# disturb the work.
_UNREAD = OSError, ValueError, AttributeError

_MEDIA = {"terminal": Terminal, "notebook": Notebook, "lines": Lines}

_lock = threading.RLock()
_display: _Display | None = None
_is_forked = False


class _Display:
    """The tasks that are open, and the thread that draws them."""

    def __init__(self, medium: str) -> None:
        self.drawing: Any = _MEDIA[medium]()
        self.tasks: list[Task] = []
        self._ended = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="sersk-progress", daemon=True).start()

    def end(self) -> None:
        self._ended.set()
        self.drawing.end()

    def draw(self) -> None:
        """Draw the tasks that are due, and those around them."""
        now = monotonic()
        due = [task.at_once or now - task.started >= _PATIENCE for task in self.tasks]
        n_shown = max((i for i, is_due in enumerate(due, start=1) if is_due), default=0)
        if n_shown:
            self.drawing.draw(self.tasks[:n_shown], now)

    def _run(self) -> None:
        try:
            while not self._ended.wait(_TICK):
                with _lock:
                    if not self._ended.is_set():
                        self.draw()
        except Exception:  # as with _UNREAD, whatever goes wrong
            self._ended.set()


def choose_medium(verbose: int | bool | None) -> str | None:
    """Return where the progress of a loop is shown, None for nowhere.

    Parameters
    ----------
    verbose : int, bool or None
        As in `track`.

    Returns
    -------
    medium : {"terminal", "notebook", "lines"} or None
        None in a worker process, whose parent shows the progress.
    """
    asked = bool(verbose)
    if (verbose is not None and not asked) or sys.stderr is None or _is_worker():
        return None
    if not asked and threading.current_thread() is not threading.main_thread():
        return None
    if find_kernel() is not None:
        return "notebook"
    # Not rich's is_terminal: it is true with FORCE_COLOR, which many set for logs.
    if _is_terminal(sys.stderr) and os.environ.get("TERM", "").lower() not in ("dumb", "unknown"):
        return "terminal"
    return "lines" if asked else None


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # any object with `write`; a stream that was closed
        return False


def open_task(task: Task) -> None:
    """Show a task from now on; the first one starts the display.

    Parameters
    ----------
    task : Task
        The task.
    """
    global _display
    with _lock:
        if _display is None:
            _display = _Display(choose_medium(True) or "lines")
            _display.start()
        _display.tasks.append(task)


def close_task(task: Task) -> None:
    """End a task; the last one ends the display.

    Parameters
    ----------
    task : Task
        The task. Nothing is done if the display has ended before.
    """
    with _lock:
        if _display is None or task not in _display.tasks:
            return
        is_last = len(_display.tasks) == 1
        with suppress(*_UNREAD):
            _display.drawing.close(task, monotonic(), is_last)
        _display.tasks.remove(task)
        if is_last:
            end_display()


def note(text: str) -> None:
    """Write a line to stderr, above the display if there is one.

    Parameters
    ----------
    text : str
        The line.
    """
    with _lock, suppress(*_UNREAD):
        if _display is None:
            print(text, file=sys.stderr, flush=True)
        else:
            _display.drawing.note(text)


@atexit.register  # a terminal has its cursor back in any case
def end_display() -> None:
    """End the display with all its tasks, after Ctrl-C or an error."""
    global _display
    with _lock:
        display, _display = _display, None
        if display is not None:
            with suppress(*_UNREAD):
                display.end()


def _is_worker() -> bool:
    processes = sys.modules.get("multiprocessing.process")  # imported in each of its workers
    return _is_forked or (processes is not None and processes.parent_process() is not None)


def _after_fork() -> None:
    """Forget the display of the parent: its thread does not exist here, its lock may be held."""
    global _display, _is_forked, _lock
    display, _display, _is_forked, _lock = _display, None, True, threading.RLock()
    if display is not None:
        display.drawing.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

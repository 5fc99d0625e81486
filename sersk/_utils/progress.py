"""A progress display for loops, made with rich.

On a terminal a process has one display, and nested loops are lines of it. Elsewhere (a file, a
pipe) a loop writes a plain line every ten seconds and at its end, without control characters.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")

_PLAIN_EVERY = 10.0  # s between two plain lines

_lock = threading.RLock()
_display: Any = None  # rich's Progress while a loop is shown


def track(
    steps: Iterable[T],
    total: int,
    description: str,
    verbose: int | bool,
    size: int = 1,
    unit: str = "clips",
) -> Iterator[T]:
    """Yield the steps; show on stderr how many are done, their rate and the time left.

    Parameters
    ----------
    steps : iterable
        The steps of the loop.
    total : int
        Total number of clips.
    description : str
        A few words that describe the task.
    verbose : int or bool
        Whether to show anything; with 0 or False nothing is shown, and rich is not imported.
    size : int, default=1
        Number of clips in one step; the last step may have fewer.
    unit : str, default="clips"
        Unit that is counted.

    Yields
    ------
    step : object
        The steps, unchanged and in order.

    Examples
    --------
    >>> from sersk._utils.progress import track
    >>> list(track([b"a", b"b"], total=2, description="Reading", verbose=0))
    [b'a', b'b']
    """
    if not verbose:
        yield from steps
        return
    display, task = _add_line(description, total, unit)
    last_note = monotonic()
    try:
        for step in steps:
            yield step
            display.update(task.id, completed=min(task.completed + size, total))
            if display.disable and not task.finished and monotonic() - last_note >= _PLAIN_EVERY:
                last_note = monotonic()
                note(f"{description}: {_describe(task)}")
    finally:
        _remove_line(display, task)


def note(text: str) -> None:
    """Write a line to stderr, above the display if there is one.

    Parameters
    ----------
    text : str
        The line.
    """
    with _lock:
        if _display is None or _display.disable:
            print(text, file=sys.stderr, flush=True)
        else:
            _display.console.print(text, markup=False, highlight=False, soft_wrap=True)


def end_display() -> None:
    """End the display with all its lines, after Ctrl-C or an error."""
    global _display
    with _lock:
        display, _display = _display, None
        if display is not None:
            display.stop()


def _add_line(description: str, total: int, unit: str) -> tuple[Any, Any]:
    """Add a line to the display, which starts with its first line."""
    global _display
    with _lock:
        if _display is None:
            _display = _make_display()
            _display.start()
        identity = _display.add_task(description, total=total, unit=unit)
        return _display, next(task for task in _display.tasks if task.id == identity)


def _remove_line(display: Any, task: Any) -> None:
    """Remove a line from the display, which ends with its last line."""
    with _lock:
        if display is not _display:  # ended by end_display
            return
        if display.disable:
            note(f"{task.description}: {_describe(task)}")
        if len(display.tasks) == 1:
            end_display()
        else:
            display.remove_task(task.id)


def _make_display() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.table import Column
    from rich.text import Text

    class StateColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(_describe(task))

    console = Console(stderr=True)  # so that a command's output can still be piped
    # rich's is_terminal is not used: it is true with FORCE_COLOR, which many set for logs.
    terminal = sys.stderr.isatty() and not console.is_dumb_terminal
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),  # the rest of the line
        StateColumn(table_column=Column(no_wrap=True)),
        console=console,
        redirect_stdout=False,  # results are not part of the display
        disable=not (terminal or console.is_jupyter),
    )


def _describe(task: Any) -> str:
    """Return the number of finished clips, their rate, the elapsed time and the time left."""
    unit = task.fields["unit"]
    elapsed = task.finished_time if task.finished else task.elapsed
    # The mean rate of the loop: rich's own, of the last 30 s, is unknown when a step takes longer.
    speed = task.completed / elapsed if elapsed else 0.0
    if 0 < speed < 0.5:
        rate = f"{1 / speed:,.1f} s/{unit.removesuffix('s')}"
    else:
        rate = f"{speed:,.1f} {unit}/s"
    left = _format_time(task.remaining / speed) if speed else "-:--:--"
    return (
        f"{task.completed}/{task.total} {unit}, {rate}, {_format_time(elapsed)} gone, {left} left"
    )


def _format_time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))

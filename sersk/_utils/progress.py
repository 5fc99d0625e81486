"""A progress display for loops. It decides nothing about what is looped over.

On a terminal there is one display a process, and loops inside loops are lines of it. Anywhere
else (a file, a pipe) there are plain lines now and then, without control characters.
"""

import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")

_PLAIN_EVERY = 10.0  # s between two lines where there is no terminal

_lock = threading.RLock()
_display: Any = None  # rich's, while any meter shows itself on it
_meters = 0


class Meter:
    """Shows on stderr how far something is, its rate and the time left.

    Parameters
    ----------
    description : str
        What is being done, in a few words.
    total : int
        How many there are in all.
    unit : str, default="clips"
        What is counted.

    Examples
    --------
    >>> from sersk._utils.progress import Meter
    >>> meter = Meter("Reading", total=2)
    >>> meter.update(1)
    >>> meter.close()
    """

    def __init__(self, description: str, total: int, unit: str = "clips") -> None:
        self.description, self.total, self.unit = description, total, unit
        self.done = 0
        self._start = self._told = monotonic()
        self._display = _open_display()
        if self._display is not None:
            self._task = self._display.add_task(description, total=total, unit=unit)

    def update(self, done: int) -> None:
        """Show that so many are done.

        Parameters
        ----------
        done : int
            How many.
        """
        self.done = done
        if self._display is not None:
            self._display.update(self._task, completed=done)
        elif self.done < self.total and monotonic() - self._told >= _PLAIN_EVERY:
            self._tell()

    def close(self) -> None:
        """Show no more."""
        if self._display is None:
            self._tell()
        else:
            _close_display(self._display, self._task)

    def _tell(self) -> None:
        self._told = monotonic()
        elapsed = self._told - self._start
        speed = self.done / elapsed if elapsed > 0 else 0.0
        left = _time((self.total - self.done) / speed) if speed > 0 else "-:--:--"
        note(
            f"{self.description}: {self.done}/{self.total} {self.unit}, "
            f"{_rate(speed, self.unit)}, {_time(elapsed)} gone, {left} left"
        )


def track(
    steps: Iterable[T],
    total: int,
    description: str,
    verbose: int | bool,
    size: int = 1,
    unit: str = "clips",
) -> Iterator[T]:
    """Yield the steps; show on stderr how far they are, their rate and the time left.

    Parameters
    ----------
    steps : iterable
        What is looped over.
    total : int
        How many clips there are in all.
    description : str
        What is being done, in a few words.
    verbose : int or bool
        Whether to show anything; with 0 or False nothing is shown, nor is rich imported.
    size : int, default=1
        How many clips a step stands for; the last step may stand for fewer.
    unit : str, default="clips"
        What is counted, where it is not clips.

    Yields
    ------
    step : object
        The steps, unchanged and in order.

    Examples
    --------
    >>> list(track([b"a", b"b"], total=2, description="Reading", verbose=0))
    [b'a', b'b']
    """
    if not verbose:
        yield from steps
        return
    meter = Meter(description, total, unit)
    try:
        for step in steps:
            yield step
            meter.update(min(meter.done + size, total))
    finally:
        meter.close()


def note(text: str) -> None:
    """Write a line to stderr, above the display where there is one.

    Parameters
    ----------
    text : str
        The line.
    """
    with _lock:
        if _display is None:
            print(text, file=sys.stderr, flush=True)
        else:
            _display.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _rate(speed: float, unit: str) -> str:
    if 0 < speed < 0.5:  # whole minutes for one of them, it may be
        return f"{1 / speed:,.1f} s/{unit.removesuffix('s')}"
    return f"{speed:,.1f} {unit}/s"


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def end_display() -> None:
    """End the display with all its lines, whoever began them: after Ctrl-C, or an error."""
    global _display, _meters
    with _lock:
        display, _display, _meters = _display, None, 0
        if display is not None:
            display.stop()


def _open_display() -> Any:
    """Return the display, begun if need be; None where there is no terminal to show it on."""
    global _display, _meters
    with _lock:
        if _display is None:
            _display = _begin()
        if _display is not None:
            _meters += 1
        return _display


def _close_display(display: Any, task: Any) -> None:
    """Take a line off the display, and end it with the last of its lines."""
    global _meters
    with _lock:
        if display is not _display:  # ended already
            return
        _meters -= 1
        if _meters:  # the loop around this one goes on
            display.remove_task(task)
        else:
            end_display()


def _begin() -> Any:
    from rich.console import Console

    console = Console(stderr=True)  # so that a command's output can still be piped
    # Not rich's own is_terminal: FORCE_COLOR, which many set for logs, asks for no cursor moves.
    terminal = sys.stderr.isatty() and not console.is_dumb_terminal
    if not (terminal or console.is_jupyter):
        return None
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            unit = task.fields["unit"]
            speed = task.finished_speed or task.speed
            return Text(f"- {unit}/s" if speed is None else _rate(speed, unit))

    display = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        redirect_stdout=False,  # results; what is said on stderr comes above the display
    )
    display.start()
    return display

"""How tasks are drawn: by rich on a terminal, as text in a notebook, as plain lines elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any

_FIRST_LINE = 2.0  # s until the first plain line of a task
_PLAIN_EVERY = 10.0  # s between two plain lines
_NOTEBOOK_EVERY = 0.5  # s between two updates of a notebook's output


@dataclass(eq=False)
class Task:
    """What a loop tells: how much is done, and since when."""

    description: str
    total: int
    unit: str
    at_once: bool
    completed: float = 0.0
    detail: str = ""
    started: float = field(default_factory=lambda: monotonic())
    clock: tuple[float, float] = (0.0, 0.0)  # time and amount from which the rate is estimated
    advanced: float = 0.0  # time of the last advance

    def __post_init__(self) -> None:
        self.clock = (self.started, 0.0)
        self.advanced = self.started

    def find_time_left(self, now: float) -> float | None:
        """Return the time left in s, at the mean rate so far; None if it is unknown."""
        rate = self._find_rate()
        if rate <= 0:
            return None
        # The time since then was spent on the next step. If that one takes longer than those
        # before, at least the time of the others is left.
        steps = self.total - self.completed
        return max(0.0, (steps - 1) / rate, steps / rate - (now - self.advanced))

    def _find_rate(self) -> float:
        """Return the units in a second up to the last advance; 0 if there was none."""
        begin, before = self.clock
        seconds = self.advanced - begin
        return (self.completed - before) / seconds if seconds > 0 else 0.0

    def describe(self, now: float, inner: Task | None = None) -> str:
        """Return the amount that is done, its rate, the elapsed time and the time left."""
        speed = self._find_rate()
        if speed <= 0:
            rate = ""
        elif speed < 0.5:
            rate = f"{1 / speed:,.1f} s/{self.unit.removesuffix('s')}"
        else:
            rate = f"{speed:,.1f} {self.unit}/s"
        done = f"{int(self.completed)}/{self.total} {self.unit}"
        words = [done, self.detail, rate, f"{_format_time(now - self.started)} gone"]
        return ", ".join([*filter(None, words), f"{self._tell_time_left(now, inner)} left"])

    def _tell_time_left(self, now: float, inner: Task | None) -> str:
        left = self.find_time_left(now)
        if left is not None:
            return _format_time(left)
        # No step is done yet, but the first one takes at least as long as the loop inside of it.
        left = None if inner is None or self.completed else inner.find_time_left(now)
        if left is None:
            return "-:--:--"
        step = now - self.started + left
        return f"at least {_format_time(left + step * (self.total - 1))}"


class Lines:
    """Lines without control characters, for files and pipes."""

    def __init__(self) -> None:
        self._last: dict[Task, tuple[float, float]] = {}  # time and amount of a task's last line

    def draw(self, tasks: list[Task], now: float) -> None:
        """Write a line for the innermost task, and for others that went on since their last."""
        for task, inner in zip(tasks, [*tasks[1:], None], strict=True):
            time, amount = self._last.get(task, (task.started + _FIRST_LINE - _PLAIN_EVERY, -1.0))
            if now - time >= _PLAIN_EVERY and (inner is None or task.completed != amount):
                self._last[task] = (now, task.completed)
                self.note(f"{task.description}: {task.describe(now, inner)}")

    def close(self, task: Task, now: float, is_last: bool) -> None:
        """Write the last line of a task."""
        self._last.pop(task, None)
        self.note(f"{task.description}: {task.describe(now)}")

    def note(self, text: str) -> None:
        """Write a line."""
        print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Do nothing."""

    def abandon(self) -> None:
        """Do nothing."""


class Notebook(Lines):
    """Text in the output of a cell, updated in place. It needs no widgets."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._next = 0.0

    def draw(self, tasks: list[Task], now: float) -> None:
        """Show a line for each task."""
        if now < self._next:
            return
        self._next = now + _NOTEBOOK_EVERY
        pairs = zip(tasks, [*tasks[1:], None], strict=True)
        text = "\n".join(f"{one.description}: {one.describe(now, inner)}" for one, inner in pairs)
        if self._handle is None:
            from IPython.display import display

            self._handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": text}, raw=True)

    def close(self, task: Task, now: float, is_last: bool) -> None:
        """Leave the line of the last task, if it was shown."""
        if self._handle is not None:
            self._next = now
            if is_last:
                self.draw([task], now)


class Terminal:
    """Bars at the lower end of a terminal, by rich."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._numbers: dict[Task, Any] = {}
        self._streams = (sys.stdout, sys.stderr)

    def draw(self, tasks: list[Task], now: float) -> None:
        """Draw a bar for each task."""
        if self._bars is None:
            self._streams = (sys.stdout, sys.stderr)
            self._bars = _make_bars()
            self._bars.start()
        for task, inner in zip(tasks, [*tasks[1:], None], strict=True):
            state = {"completed": task.completed, "state": task.describe(now, inner)}
            if task in self._numbers:
                self._bars.update(self._numbers[task], **state)
            else:
                number = self._bars.add_task(task.description, total=task.total, **state)
                self._numbers[task] = number
        self._bars.refresh()

    def close(self, task: Task, now: float, is_last: bool) -> None:
        """Remove the bar of a task; the last one stays on the screen."""
        if task not in self._numbers:
            return
        if is_last:
            self.draw([task], now)
        else:
            self._bars.remove_task(self._numbers.pop(task))

    def note(self, text: str) -> None:
        """Write a line above the bars."""
        if self._bars is None:
            print(text, file=sys.stderr, flush=True)
        else:
            self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        """Stop drawing."""
        if self._bars is not None:
            self._bars.stop()

    def abandon(self) -> None:
        """Give a forked process its streams back, which rich redirected to a lock of the parent."""
        if self._bars is not None:
            sys.stdout, sys.stderr = self._streams


def find_kernel() -> Any:
    """Return the shell of a notebook, None outside of one.

    Returns
    -------
    shell : object or None
        IPython's shell, if a kernel runs it.
    """
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell if hasattr(shell, "kernel") else None


def _make_bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
    from rich.table import Column
    from rich.text import Text

    class StateColumn(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(task.fields["state"])

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),  # the rest of the line
        StateColumn(table_column=Column(no_wrap=True)),
        console=Console(stderr=True),  # so that a command's output can still be piped
        redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),  # above the bars
        auto_refresh=False,
    )


def _format_time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))

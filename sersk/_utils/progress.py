"""Progress of loops on stderr: what a loop tells, and whether anybody reads it.

Where and how it is drawn is in `display`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

from sersk._utils.display import Task, choose_medium, close_task, end_display, note, open_task

T = TypeVar("T")

__all__ = ["Progress", "end_display", "is_shown", "note", "track"]


def is_shown(verbose: int | bool | None) -> bool:
    """Return whether the progress of a loop would be shown here, if the loop takes long enough.

    Parameters
    ----------
    verbose : int, bool or None
        As in `track`.

    Returns
    -------
    shown : bool
        False in worker processes and, for None, in threads and outside of terminals and notebooks.
    """
    return choose_medium(verbose) is not None


class Progress:
    """The progress of one task, which is shown until it is closed.

    Parameters
    ----------
    description : str
        A few words that describe the task.
    total : int
        Number of units in the task.
    verbose : int, bool or None, default=None
        As in `track`.
    unit : str, default="clips"
        Unit that is counted.

    Examples
    --------
    >>> from sersk._utils.progress import Progress
    >>> progress = Progress("Reading", 10, verbose=0)
    >>> progress.advance_to(2.5, "page 3")
    >>> progress.close()
    """

    def __init__(
        self, description: str, total: int, verbose: int | bool | None = None, unit: str = "clips"
    ) -> None:
        self._task = Task(description, total, unit, at_once=bool(verbose))
        self._is_open = is_shown(verbose)
        if self._is_open:
            open_task(self._task)

    def advance_to(self, completed: float, detail: str = "") -> None:
        """Say how much is done. It costs next to nothing: another thread draws it.

        Parameters
        ----------
        completed : float
            Number of units that are done, also parts of one.
        detail : str, default=""
            A few words on where in the unit the task is.
        """
        if completed != self._task.completed:
            self._task.advanced = monotonic()
        self._task.completed, self._task.detail = completed, detail

    def restart_clock(self) -> None:
        """Estimate the rate from here on, because what was done before took unusually long."""
        self._task.clock = (monotonic(), self._task.completed)

    def close(self) -> None:
        """End the task, and with the last task its display."""
        if self._is_open:
            self._is_open = False
            close_task(self._task)


def track(
    steps: Iterable[T],
    total: int,
    description: str,
    verbose: int | bool | None = None,
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
    verbose : int, bool or None, default=None
        None shows progress on a terminal and in a notebook, for loops of more than two seconds in
        the main thread. True shows it at once, and also writes plain lines to a file or a pipe.
        0 or False shows nothing. Nothing is shown in worker processes.
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
    if not is_shown(verbose):
        yield from steps
        return
    progress = Progress(description, total, verbose, unit)
    completed = 0
    try:
        for step in steps:
            yield step
            completed = min(completed + size, total)
            progress.advance_to(completed)
    finally:
        progress.close()

"""A progress display for loops over clips. It decides nothing about what is looped over."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


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

    from rich.console import Console
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
            speed = task.finished_speed or task.speed
            return Text(f"- {unit}/s" if speed is None else f"{speed:,.1f} {unit}/s")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    # stderr, so that a command's output can still be piped.
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(description, total=total)
        done = 0
        for step in steps:
            yield step
            done = min(done + size, total)
            progress.update(task, completed=done)

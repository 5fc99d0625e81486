"""Common parts of the benchmarks: clips, interleaved timing, tables."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from threading import Thread
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

RECORDINGS = Path(os.environ.get("SERSK_DATA", Path(__file__).parents[2] / "shared" / "data"))


def find_paths(n_clips: int) -> list[str] | None:
    """Return paths of real recordings, evenly from all speakers; None without recordings."""
    folder = RECORDINGS / "ravdess"
    if not folder.is_dir():
        return None
    from sersk import load_ravdess

    paths = load_ravdess(folder).data
    return [str(path) for path in paths[np.linspace(0, len(paths) - 1, n_clips).astype(int)]]


def make_clips(n_clips: int, duration: float = 4.0) -> tuple[NDArray[np.float32], str]:
    """Return waveforms at 22,050 Hz, and the name of their source."""
    paths = find_paths(n_clips)
    if paths is not None:
        from sersk import AudioLoader

        return AudioLoader(duration=duration).fit_transform(paths), "RAVDESS"
    from sersk import make_emotional_speech

    corpus = make_emotional_speech(-(-n_clips // 12), 2, duration=duration)
    return corpus.data[:n_clips], "synthetic speech"


def time_interleaved(
    tasks: dict[str, Callable[[], object]],
    repetitions: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Time the tasks interleaved, after a warm-up round; return seconds by name.

    Interleaved, so that other load on the machine slows all tasks alike. Work of one thread may be
    timed by processor time (`time.process_time`), which does not include waiting for a
    processor.
    """
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for repetition in range(repetitions + 1):
        for name, task in tasks.items():
            begin = clock()
            task()
            if repetition:
                times[name].append(clock() - begin)
    return times


def two_threads_at_best() -> dict[str, Callable[[], object]]:
    """Return two tasks: the same arithmetic on one thread and on two independent threads.

    The gain of its two threads is the largest that two threads can have on this machine at that
    time: less than two if the cores are shared with other work.
    """
    import numba

    @numba.njit(nogil=True)
    def work(n):  # in registers only
        a, b, c, d = 1.0, 1.1, 1.2, 1.3
        for _ in range(n):
            a, b, c, d = a * 0.9 + 0.1, b * 0.9 + 0.1, c * 0.9 + 0.1, d * 0.9 + 0.1
        return a + b + c + d

    def on_two() -> None:
        threads = [Thread(target=work, args=(10_000_000,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return {"arithmetic alone, one": lambda: work(20_000_000), "arithmetic alone, two": on_two}


def gain_of_two(times: dict[str, list[float]], one: str, two: str) -> str:
    """Return the speed-up of two threads: of each round, and of the fastest round of each."""
    gains = [a / b for a, b in zip(times[one], times[two], strict=True)]
    best = min(times[one]) / min(times[two])
    return f"{median(gains):.2f} ({min(gains):.2f} to {max(gains):.2f}, at best {best:.2f})"


def track(items: Iterable[T], total: int, description: str) -> Iterator[T]:
    """Yield the items; after each, write to stderr how many are done and the time left."""
    begin = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        left = (time.monotonic() - begin) / done * (total - done)
        print(f"{description}: {done}/{total}, {left:.0f} s left", file=sys.stderr, flush=True)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table."""
    print("| " + " | ".join(header) + " |")
    print("|" + "|".join("---" for _ in header) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def spread(times: Sequence[float], unit: float = 1.0) -> str:
    """Return the median and the range of `times`, divided by `unit`."""
    return f"{median(times) / unit:.3g} ({min(times) / unit:.3g} to {max(times) / unit:.3g})"

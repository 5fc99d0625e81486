"""Run tasks in parallel, yield results in order. What a task does is decided by the caller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from joblib import Parallel
from numpy.typing import NDArray

# joblib looks for results every 10 ms. With this many tasks passed at once, that wait does not
# matter if results are taken while others are computed.
_N_TASKS = 64


def run_in_order(tasks: Iterable[Any], n_jobs: int | None, *, n_waiting: int) -> Iterator[Any]:
    """Run tasks in parallel, yield their results in order.

    The tasks run in threads, or on the workers of the active `joblib.parallel_config`.

    Parameters
    ----------
    tasks : iterable of tasks, as `joblib.delayed` makes them
        The tasks.
    n_jobs : int or None
        Number of tasks that run at a time, as joblib takes it.
    n_waiting : int
        Largest number of results that wait in memory, for backends that return results only when
        all tasks of a call are done, such as those of multiprocessing and Ray.

    Yields
    ------
    result : object
        The result of each task, in the order of the tasks.

    Examples
    --------
    >>> from joblib import delayed
    >>> from sersk._utils.parallel import run_in_order
    >>> list(run_in_order((delayed(abs)(i) for i in (-1, 2, -3)), n_jobs=2, n_waiting=2))
    [1, 2, 3]
    """
    try:
        parallel = Parallel(n_jobs, prefer="threads", return_as="generator")
        size = max(_N_TASKS, n_waiting)
    except ValueError:
        parallel = Parallel(n_jobs, prefer="threads")
        size = n_waiting
    tasks = iter(tasks)
    with parallel:
        while some := list(islice(tasks, size)):
            yield from parallel(some)


class InPlace:
    """An array that a task writes its result to, if it runs in the same process.

    Parameters
    ----------
    array : ndarray or None
        The array.

    Attributes
    ----------
    array : ndarray or None
        The array; None in another process, which has to return its result.

    Examples
    --------
    >>> import pickle
    >>> import numpy as np
    >>> from sersk._utils.parallel import InPlace
    >>> pickle.loads(pickle.dumps(InPlace(np.zeros(3)))).array is None
    True
    """

    def __init__(self, array: NDArray[Any] | None = None) -> None:
        self.array = array

    def __reduce__(self) -> tuple[type[InPlace], tuple[()]]:
        return InPlace, ()

"""Tasks over workers, their results in order and soon. What the tasks are is not said here."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from joblib import Parallel
from numpy.typing import NDArray

# joblib looks for results every 10 ms. So much work is handed over at once that this does not
# matter, where results are taken while others are computed.
_N_TASKS = 64


def run_in_order(tasks: Iterable[Any], n_jobs: int | None, *, n_waiting: int) -> Iterator[Any]:
    """Run tasks in threads, or on the workers of a `joblib.parallel_config` that is in force.

    Parameters
    ----------
    tasks : iterable of tasks, as `joblib.delayed` makes them
        What to run.
    n_jobs : int or None
        How many at a time, as joblib takes it.
    n_waiting : int
        Of how many tasks results may wait in memory where all workers stand still until they are
        taken: with backends that cannot give results as they come, such as multiprocessing's and
        Ray's.

    Yields
    ------
    result : object
        The results, in the order of the tasks.

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
    """An array that a task writes its result to, where the task runs in the same process.

    Parameters
    ----------
    array : ndarray or None
        The array.

    Attributes
    ----------
    array : ndarray or None
        The array; None in another process, from where the result has to be returned.

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

    def __reduce__(self) -> tuple[type["InPlace"], tuple[()]]:
        return InPlace, ()

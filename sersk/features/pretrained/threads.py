"""PyTorch on one thread, so that the last bits do not depend on the number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_n_users, _outside = 0, 1


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let PyTorch compute on the calling thread alone.

    PyTorch keeps its number of threads for each thread of Python, and one with which new threads
    begin. Setting the first sets the second too, so a thread that begins meanwhile finds 1.

    Yields
    ------
    None
        Nothing.
    """
    global _n_users, _outside
    import torch

    with _lock:
        before = torch.get_num_threads()
        if _n_users == 0:
            _outside = before
        elif before == 1:
            before = _outside
        _n_users += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _n_users -= 1
            torch.set_num_threads(before)

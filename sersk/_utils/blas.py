"""Matrix products on one thread, so that their last bits do not depend on the number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = Lock()
_users = 0
_limit: Any = None
_controller: ThreadpoolController | None = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS compute on one thread; the limit ends when no thread of the process needs it.

    `threadpoolctl.threadpool_limits` alone would not do: the first of two threads that leaves the
    block would end the limit of the other.

    Examples
    --------
    >>> from sersk._utils.blas import one_blas_thread
    >>> from threadpoolctl import threadpool_info
    >>> with one_blas_thread():
    ...     {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    {1}
    """
    global _users, _limit, _controller
    with _lock:
        if _users == 0:
            if _controller is None:  # looks through all loaded libraries, which takes milliseconds
                _controller = ThreadpoolController()
            _limit = _controller.limit(limits=1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _limit.restore_original_limits()

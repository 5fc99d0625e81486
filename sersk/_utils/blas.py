"""Matrix products on one thread, so that their last bits do not depend on the number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

from sersk._utils.sharing import SharedSetting

_before: list[tuple[Any, int]] = []
_controller: ThreadpoolController | None = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS compute on one thread; the limit ends when no thread of the process needs it.

    `threadpoolctl.threadpool_limits` alone would not do. While one thread holds a limit, limits
    of other threads have no effect; before version 3.8, the first of two threads that leaves its
    block ended the limit of the other.

    Examples
    --------
    >>> from sersk._utils.blas import one_blas_thread
    >>> from threadpoolctl import threadpool_info
    >>> with one_blas_thread():
    ...     {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    {1}
    """
    with _one_thread.needed():
        yield


def _limit() -> None:
    global _controller
    if _controller is None:  # looks through all loaded libraries, which takes milliseconds
        _controller = ThreadpoolController().select(user_api="blas")
    _before[:] = [(lib, lib.get_num_threads()) for lib in _controller.lib_controllers]
    for lib, _ in _before:
        _set(lib, 1)


def _restore() -> None:
    for lib, n_threads in _before:
        _set(lib, n_threads)


def _set(lib: Any, n_threads: int) -> None:
    # Version 3.8 lets only the thread that holds a limit set another one, by the public method.
    getattr(lib, "_real_set_num_threads", lib.set_num_threads)(n_threads)


_one_thread = SharedSetting(_limit, _restore)

"""Memory that a training keeps from one step to the next, where the C library is glibc."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sersk._utils.sharing import SharedSetting

# Parameters of mallopt(3), and TensorFlow's setting of both (bytes): when it reads its first batch,
# it sets the first, which also fixes the second at its initial value.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_INITIAL = 128 * 1024
_LARGE = 2**30


@contextmanager
def keeping_memory() -> Iterator[Callable[[], None]]:
    """Keep freed memory for the next step of a training; give it back after the last one.

    With TensorFlow's setting, glibc maps each tensor of more than 128 kB anew and unmaps it when it
    is freed. The kernel must then clear every page again in every step, which takes a tenth of
    the processor time of a training or more. `benchmarks/training.py` measures it.

    Yields
    ------
    keep : callable
        Makes the setting again. TensorFlow makes its own once in a process, when it reads its first
        batch.

    Notes
    -----
    The setting is one of the process. Several fits may run in threads: the last one to end restores
    it. Nothing is changed with another C library, or where the environment sets the allocator
    (``MALLOC_...``, ``GLIBC_TUNABLES``, ``LD_PRELOAD``). Results do not depend on it.
    """
    library = _find_library()
    if library is None:
        yield lambda: None
        return

    def keep() -> None:
        _set_thresholds(library.mallopt, _LARGE)

    with _kept.needed():
        keep()  # for each fit: TensorFlow may have made its own setting during the others
        yield keep


def _find_library() -> ctypes.CDLL | None:
    """Return glibc, or None where the allocator is another one or the user's own choice."""
    if not sys.platform.startswith("linux") or any(
        name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")) for name in os.environ
    ):
        return None
    library = ctypes.CDLL(None)
    is_glibc = all(hasattr(library, name) for name in ("gnu_get_libc_version", "malloc_trim"))
    return library if is_glibc else None


def _give_back() -> None:
    library = ctypes.CDLL(None)
    _set_thresholds(library.mallopt, _INITIAL)
    library.malloc_trim(0)


def _set_thresholds(mallopt: Callable[[int, int], int], value: int) -> None:
    mallopt(_TRIM_THRESHOLD, value)
    mallopt(_MMAP_THRESHOLD, value)


_kept = SharedSetting(lambda: None, _give_back)

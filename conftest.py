"""For doctests and tests alike: pictures need no screen, none is left open, and workers share."""

import os
import sys

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")


def _count_processors():
    # Of those that there are, a container or a batch system may lend a few.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Workers share the processor. Said here, in time: NumPy and TensorFlow ask when they are imported,
# and so do the processes that a test starts. TensorFlow keeps two threads: with one, every sum has
# its one order, and tests that two fits have the same bits would find nothing.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    _n_threads = max(1, _count_processors() // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    os.environ.setdefault("OMP_NUM_THREADS", str(_n_threads))
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(2, _n_threads)))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(max(2, _n_threads)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Say what ``-n auto`` means: a worker a core, but no more than TensorFlow has room for."""
    return min(_count_processors(), 8)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")

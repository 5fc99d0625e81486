"""Settings of doctests and tests: figures need no display and are closed, workers share cores."""

import gc
import os
import sys
from importlib.util import find_spec

import pytest

# Doctests import every module; these need the extra "web".
_WEB = ["_door", "_listening", "_names", "_receiving"]
collect_ignore = [] if find_spec("gradio") else [f"sersk/demo/{name}.py" for name in _WEB]

# The examples of these need the extra "encoders".
if not (find_spec("torch") and find_spec("transformers")):
    collect_ignore += ["sersk/features/pretrained/transformer.py", "sersk/testing/pretrained.py"]

os.environ.setdefault("MPLBACKEND", "Agg")


def _count_processors():
    # A container or a batch system may allow only some of the machine's processors.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Workers share the processor. The limits are set here because NumPy and TensorFlow read them when
# they are imported, also in processes that a test starts. TensorFlow keeps two threads: with one,
# every sum has a fixed order, and tests that two fits have the same bits could not fail.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    _n_threads = max(1, _count_processors() // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    os.environ.setdefault("OMP_NUM_THREADS", str(_n_threads))
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(2, _n_threads)))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(max(2, _n_threads)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Return the workers for ``-n auto``: one a core, at most 8 because of TensorFlow's memory."""
    return min(_count_processors(), 8)


def pytest_collection_modifyitems(items):
    """Run the slow tests first, so that no worker begins one when the others are at their end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish():
    """Exempt what exists by now from garbage collection.

    Each network is built after a full collection, which would look at the 700,000 objects of the
    imported modules and the collected tests for 0.4 s.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(autouse=True)
def _restore_registries():
    """Forget the features and corpora that an example or a test registers."""
    from sersk.datasets import registry as corpora
    from sersk.features import registry as features

    features.find_features()  # registers those whose modules are imported at their first use
    before = [dict(room._registered) for room in (corpora, features)]
    yield
    for room, known in zip((corpora, features), before, strict=True):
        room._registered.clear()
        room._registered.update(known)

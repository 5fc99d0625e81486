"""The same seed, the same network and training, whatever other threads do meanwhile.

Keras takes the seeds of initial weights and of dropout from Python's one global generator, which
every thread of the process shares: another fit, or an event loop such as Dask's, that draws a
number between seeding and building changes the network.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.random import seed_generator
from scikeras.utils.random_state import tensorflow_random_state
from tensorflow.python.framework import config


class _ThreadRandom(threading.local):
    """Stands in Keras for the module `random`: a generator of this thread's own, where set."""

    generator: random.Random | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.generator or random, name)


_thread_random = _ThreadRandom()
# Keras has no public way. Where a later version has no such name, only threads are unsafe.
if hasattr(seed_generator, "python_random"):
    seed_generator.python_random = _thread_random


# TensorFlow reads TF_DETERMINISTIC_OPS when it is first asked whether its operations should be
# deterministic. scikeras sets the variable and then asks, hears yes, and never switches it off
# again: whoever draws random numbers without a seed later would get an error. So ask before.
config.is_op_determinism_enabled()


# Who is inside of `seeded`, and what puts the process back as it was before the first came. Each
# putting back what it found, the first to leave would switch determinism off under the others.
_lock = threading.Lock()
_n_inside = 0
_undo = ExitStack()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed all that TensorFlow, Keras and NumPy draw from; put it back as it was after.

    Parameters
    ----------
    seed : int
        The seed.

    Yields
    ------
    None
        Nothing.

    Notes
    -----
    Threads may be inside at the same time. The generators of the process and the determinism of
    TensorFlow's operations are theirs together: the last to leave puts them back.
    """
    before = _thread_random.generator
    _enter(seed)
    try:
        _thread_random.generator = random.Random(seed)
        yield
    finally:
        _thread_random.generator = before
        _leave()


def _enter(seed: int) -> None:
    global _n_inside
    with _lock:
        if _n_inside == 0:
            _undo.enter_context(tensorflow_random_state(seed))
        else:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002 the one that everybody shares
            tf.random.set_seed(seed)
        _n_inside += 1


def _leave() -> None:
    global _n_inside
    with _lock:
        _n_inside -= 1
        if _n_inside == 0:
            _undo.close()

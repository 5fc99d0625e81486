"""The same seed, the same network and training, whatever other threads do meanwhile.

Keras takes the seeds of initial weights and of dropout from Python's one global generator, which
every thread of the process shares: another fit, or an event loop such as Dask's, that draws a
number between seeding and building changes the network.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
    """
    before = _thread_random.generator
    with tensorflow_random_state(seed):
        _thread_random.generator = random.Random(seed)
        try:
            yield
        finally:
            _thread_random.generator = before

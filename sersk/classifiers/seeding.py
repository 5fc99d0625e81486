"""The same seed gives the same network and training, whatever other threads do at the time.

Keras takes the seeds of initial weights and of dropout from Python's one global generator, which
every thread of the process shares: another fit, or an event loop such as Dask's, that draws a
number between seeding and building changes the network. Nothing of Keras or TensorFlow is changed
when this module is imported; `seeded` changes it and puts it back.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.random import seed_generator
from scikeras.utils.random_state import tensorflow_random_state
from sklearn.utils import check_random_state
from tensorflow.python.framework import config


class _ThreadRandom(threading.local):
    """Takes the place of the module `random` in Keras: a generator for each thread that has one."""

    generator: random.Random | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.generator or random, name)


_thread_random = _ThreadRandom()

# How many threads are inside of `seeded`, and what puts the process back as it was before the
# first came. If each thread put back what it found, the first to leave would switch determinism
# off while others are still inside.
_lock = threading.Lock()
_n_inside = 0
_undo = ExitStack()


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Draw a seed from what scikit-learn takes as `random_state`.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An int gives the same seed each time.

    Returns
    -------
    seed : int
        In [0, 2**31 - 1).
    """
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed all that TensorFlow, Keras and NumPy draw from; afterwards put it back as it was.

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
    Several threads may be inside at a time. They share the generators of the process and the
    determinism of TensorFlow's operations; the last thread to leave puts them back.
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
            with ExitStack() as undo:
                # TensorFlow reads TF_DETERMINISTIC_OPS when it is first asked whether its
                # operations should be deterministic. scikeras sets the variable and then asks,
                # gets True, and never switches determinism off again: later random numbers
                # without a seed would be an error. So ask before.
                config.is_op_determinism_enabled()
                undo.enter_context(tensorflow_random_state(seed))
                undo.enter_context(_random_of_each_thread())
                _undo.push(undo.pop_all())
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


@contextmanager
def _random_of_each_thread() -> Iterator[None]:
    """Let Keras draw seeds from this thread's generator."""
    # Keras has no public way. If a later version has no such name, only threads are unsafe.
    before = getattr(seed_generator, "python_random", None)
    if before is None:
        yield
        return
    seed_generator.python_random = _thread_random
    try:
        yield
    finally:
        seed_generator.python_random = before

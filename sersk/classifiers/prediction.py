"""Probabilities from a network: one traced function, called batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sersk._utils.progress import track
from sersk._utils.storage import release
from sersk.classifiers.interruption import honouring_interrupts, raise_lost_interrupt
from sersk.classifiers.memory import collectable_gradients
from sersk.classifiers.training import without_retracing_advice


def make_predictor(
    network: keras.Model, input_shape: tuple[int, ...], *, eager: bool = False
) -> Callable[[NDArray[np.float32]], Any]:
    """Return a function from a batch of clips to the network's output.

    `keras.Model.predict` builds a data pipeline for each call. For one clip that takes several
    times as long as the network itself.

    Parameters
    ----------
    network : keras.Model
        The network.
    input_shape : tuple of int
        Shape of one clip's features, without views.
    eager : bool, default=False
        Whether to run the network step by step, not as a graph.

    Returns
    -------
    predict : callable
        Takes an ndarray of float32 of shape (n_clips, *input_shape). A graph is traced at its
        first call, not before.
    """
    if eager:
        return partial(network, training=False)
    shape = tf.TensorSpec((None, *input_shape), tf.float32)

    @tf.function(input_signature=[shape])
    def predict(x: tf.Tensor) -> tf.Tensor:
        with collectable_gradients():  # entered only while the function is traced
            return network(x, training=False)

    return predict


def predict_batches(
    predict: Callable[..., Any],
    X: NDArray[Any],
    batch_size: int,
    verbose: int | bool | None = 0,
) -> NDArray[np.float32]:
    """Return the probabilities of all clips, computed batch by batch.

    Parameters
    ----------
    predict : callable
        As `make_predictor` makes it.
    X : ndarray of shape (n_clips, ...)
        Features; converted to float32 a batch at a time.
    batch_size : int
        Clips in a batch.
    verbose : int, bool or None, default=0
        Whether to show progress on stderr.

    Returns
    -------
    proba : ndarray of float32 of shape (n_clips, n_classes)
        The network's outputs; of a single sigmoid, for two classes, both probabilities.
    """
    outputs = _outputs(predict, X, batch_size)
    if len(X) > batch_size:
        outputs = track(outputs, len(X), "Predicting", verbose, size=batch_size)
    with honouring_interrupts():
        proba = np.concatenate(list(outputs))
    return np.hstack([1 - proba, proba]) if proba.shape[1] == 1 else proba


def _outputs(
    predict: Callable[..., Any], X: NDArray[Any], batch_size: int
) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(X), batch_size):
        batch = X[start : start + batch_size].astype(np.float32, copy=False)
        with without_retracing_advice():
            outputs = predict(batch)
        raise_lost_interrupt()
        release(X)  # otherwise a file that has been read once would be in memory as a whole
        # a user's own network may end in a shorter type
        yield outputs.numpy().astype(np.float32, copy=False)

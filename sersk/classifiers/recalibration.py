"""Statistics of batch normalisation, estimated anew as inference needs them.

Training normalises each batch by its own statistics, after dropout. Inference uses moving averages
of these, without dropout, and the variance of its values is another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from inspect import signature
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sersk._utils.storage import release

Step = Callable[[Any, Any], Any]

# Clips in a batch of an estimate: as many as in training, whose batches the layers are used to, and
# whose memory is there. With 128 a fit of the published network takes 5.3 GB in place of 2.1.
_BATCH_SIZE = 32
# Clips for one estimate: at most this number and this share of the views of an epoch. A training
# step takes about three times as long as a forward pass, so this is some 7 % of an epoch. The
# statistics of dense layers, one value a clip, need some tens of clips: of an epoch with fewer than
# 320 views an estimate takes a larger share.
_MOST_CLIPS = 512
_MOST_SHARE = 0.2
_FEWEST_CLIPS = 64


class RecalibrateNorm(keras.callbacks.Callback):
    """Estimate the statistics of batch normalisation after each epoch, on clean training clips.

    The mean and the variance of each layer are averages over batches that pass through the network
    in inference mode, except that batch normalisation uses the statistics of the batch, as in
    training. The weights are not changed. The estimate precedes the validation of the epoch, and is
    part of the weights that early stopping keeps.

    Parameters
    ----------
    views : ndarray of shape (n_clips, n_views, ...)
        Features, view 0 the clean clip.
    clips : ndarray of int
        Positions of the training clips.
    seed : int
        Seed of the choice of clips.

    Notes
    -----
    Dropout before batch normalisation shifts the variance that inference meets; estimating the
    statistics anew without dropout is the remedy that [1]_ proposes. Statistics over many clips in
    place of moving averages are the "precise" batch normalisation of [2]_.

    References
    ----------
    .. [1] X. Li, S. Chen, X. Hu and J. Yang, "Understanding the disharmony between dropout and
       batch normalization by variance shift", CVPR 2019.
    .. [2] Y. Wu and J. Johnson, "Rethinking 'Batch' in BatchNorm", arXiv:2105.07576, 2021.
    """

    def __init__(self, views: NDArray[Any], clips: NDArray[np.intp], seed: int) -> None:
        super().__init__()
        n_views = len(clips) * views.shape[1]
        n_chosen = min(_MOST_CLIPS, max(_FEWEST_CLIPS, round(_MOST_SHARE * n_views)), len(clips))
        chosen = np.random.default_rng(seed).choice(clips, n_chosen, replace=False)
        # in parts of nearly one size: a last batch of a few clips would count as much as others
        n_batches = max(1, round(n_chosen / _BATCH_SIZE))
        self._batches = [np.sort(part) for part in np.array_split(chosen, n_batches)]
        self._views = views
        self._is_due = False
        self._step: Step | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note that statistics will be due.

        Parameters
        ----------
        epoch : int
            Number of the epoch.
        logs : dict or None, default=None
            Not used.
        """
        self._is_due = True

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Estimate before the epoch is validated.

        Parameters
        ----------
        logs : dict or None, default=None
            Not used.
        """
        self._estimate()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Estimate after an epoch without validation.

        Parameters
        ----------
        epoch : int
            Number of the epoch.
        logs : dict or None, default=None
            Not used.
        """
        self._estimate()

    def _estimate(self) -> None:
        if self._is_due:
            self._is_due = False
            if self._step is None:
                self._step = make_step(self.model, self._views.shape[2:])
            estimate_statistics(self.model, self._read(), self._step)

    def _read(self) -> Iterator[NDArray[np.float32]]:
        for clips in self._batches:
            yield self._views[clips, 0].astype(np.float32, copy=False)
            release(self._views)


def estimate_statistics(
    network: keras.Model, batches: Iterable[NDArray[np.float32]], step: Step | None = None
) -> None:
    """Set the statistics of batch normalisation to the average over batches.

    Parameters
    ----------
    network : keras.Model
        The network; only the moving mean and variance of its `BatchNormalization` layers change.
    batches : iterable of ndarray of float32 of shape (n_clips, ...)
        Clips.
    step : callable or None, default=None
        What `make_step` returned for the network; None to make it here.
    """
    if step is None:
        batches = list(batches)
        step = make_step(network, batches[0].shape[1:])
    for number, batch in enumerate(batches):
        step(batch, np.float32(number / (number + 1)))  # the average of all batches so far


def make_step(network: keras.Model, input_shape: tuple[int, ...]) -> Step:
    """Return a function that adds one batch to the statistics of a network.

    Parameters
    ----------
    network : keras.Model
        The network.
    input_shape : tuple of int
        Shape of one clip's features.

    Returns
    -------
    step : callable
        Takes an ndarray of float32 of shape (n_clips, ...), and the weight of the statistics so
        far, from 0 to 1. A graph is traced at its first call, unless the network runs eagerly: a
        recurrent layer takes a second for each batch otherwise.
    """
    layers = find_norms(network)
    if not layers:
        return lambda batch, momentum: None

    def step(batch: Any, momentum: Any) -> None:
        with ExitStack() as contexts:
            for layer in layers:
                contexts.enter_context(_with_batch_statistics(layer, momentum))
            network(batch, training=False)

    if network.run_eagerly:
        return step
    shape = tf.TensorSpec((None, *input_shape), tf.float32)
    return tf.function(step, input_signature=[shape, tf.TensorSpec((), tf.float32)])


def find_norms(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Return the layers that normalise by batches, nested ones too, but not frozen ones.

    A layer of a user's own that is made of `BatchNormalization`, but whose `call` takes no
    ``training``, is none of them.

    Parameters
    ----------
    network : keras.Model
        The network.

    Returns
    -------
    layers : list of keras.layers.BatchNormalization
        The layers.
    """
    # Not network.layers: layers of a user's own may hold others, which only Keras's tracking knows.
    return [
        layer
        for layer in network._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
        and layer.trainable
        and "training" in signature(layer.call).parameters
    ]


@contextmanager
def _with_batch_statistics(layer: Any, momentum: Any) -> Iterator[None]:
    """Let one layer compute as in training while the network around it is in inference mode."""
    call, kept = layer.call, layer.momentum

    def call_in_training(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **(kwargs | {"training": True}))

    layer.call, layer.momentum = call_in_training, momentum
    try:
        yield
    finally:
        del layer.call  # the method of the class again
        layer.momentum = kept

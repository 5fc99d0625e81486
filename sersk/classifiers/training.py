"""The training of one network: its targets, weights and callbacks, and the fit itself.

Batches are in `batches`, the validation split in `validation`. Nothing here knows of an estimator.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight

from sersk.classifiers.allocation import keeping_memory
from sersk.classifiers.batches import Batches
from sersk.classifiers.checkpoints import Checkpoint, SaveState
from sersk.classifiers.epochs import showing_epochs
from sersk.classifiers.interruption import RaiseLostInterrupt
from sersk.classifiers.memory import collectable_generators, collectable_gradients
from sersk.classifiers.recalibration import RecalibrateNorm
from sersk.classifiers.seeding import seeded
from sersk.classifiers.tracing import build_optimizer, create_variables


@dataclass(kw_only=True)
class Trainer:
    """Train a compiled network on clips, with a validation loss on others.

    Attributes
    ----------
    batch_size : int
        Views in a batch.
    class_weight : "balanced", dict or None
        Weight of each class in the training loss.
    early_stopping_patience, plateau_patience : int or None
        Epochs without a lower validation loss after which training stops, or the learning rate
        falls; None for never.
    plateau_factor, min_learning_rate : float
        Factor of the learning rate on a plateau, and its lowest value.
    callbacks : sequence of keras.callbacks.Callback
        Further callbacks.
    seed : int
        Seed of all that is drawn: the order of clips, dropout.
    recalibrate_norm : bool
        Whether to estimate the statistics of batch normalisation after each epoch.
    verbose : int, bool or None, default=None
        Whether to show progress on stderr.
    """

    batch_size: int
    class_weight: Any
    early_stopping_patience: int | None
    plateau_patience: int | None
    plateau_factor: float
    min_learning_rate: float
    callbacks: Sequence[Any]
    seed: int
    recalibrate_norm: bool
    verbose: int | bool | None = None

    def train(
        self,
        network: keras.Model,
        views: NDArray[Any],
        y: NDArray[Any],
        weights: NDArray[np.float32],
        parts: tuple[NDArray[np.intp], NDArray[np.intp]],
        classes: NDArray[Any],
        epochs: int,
        checkpoint: Checkpoint | None = None,
    ) -> dict[str, list[float]]:
        """Train for at most so many epochs.

        Parameters
        ----------
        network : keras.Model
            The network, compiled. Its weights are changed in place.
        views : ndarray of shape (n_clips, n_views, ...)
            Features, view 0 the clean clip.
        y : ndarray of shape (n_clips,)
            Labels.
        weights : ndarray of float32 of shape (n_clips,)
            Weight of each clip.
        parts : tuple of ndarray of int
            Positions of the training clips and of the validation clips. The latter may be none.
        classes : ndarray of shape (n_classes,)
            All labels, sorted.
        epochs : int
            Most passes over the training clips.
        checkpoint : Checkpoint or None, default=None
            Where the state is kept after each epoch, and from where the training resumes.

        Returns
        -------
        history : dict of str to list of float
            Loss, metrics and learning rate of each epoch.

        Raises
        ------
        ValueError
            If the loss diverges, or the checkpoint is of another training.
        """
        train, validation = parts
        validated = len(validation) > 0
        targets = encode_targets(np.searchsorted(classes, y), len(classes), network)
        weighted = weigh_classes(weights, y, train, self.class_weight)
        batches = Batches(views, targets, weighted, train, self.batch_size, seed=self.seed)
        # validation uses the clean view alone, and no class weights
        held_out = Batches(views[:, :1], targets, weights, validation, self.batch_size)
        callbacks = [*self.callbacks, *self._watching(validated)]
        if self.recalibrate_norm:  # first, so that the others see the weights that are kept
            callbacks.insert(0, RecalibrateNorm(views, train, self.seed))
        saving: list[SaveState] = []
        if checkpoint is not None:
            build_optimizer(network)
            checkpoint.identify(
                features=views,
                labels=y,
                weights_of_clips=weights,
                validation_clips=validation,
                initial_weights=network.get_weights(),
            )
            checkpoint.identity["seed"] = str(self.seed)
            saving.append(checkpoint.open(batches, callbacks))
        with (
            showing_epochs(self.verbose) as shown,
            seeded(self.seed),
            collectable_generators(),
            collectable_gradients(),
            keeping_memory() as keep_memory,
            without_retracing_advice(),
        ):
            create_variables(network, views[:1, 0], targets[:1])
            after_batch = keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs: keep_memory()
            )
            try:
                history = network.fit(
                    batches,
                    validation_data=held_out if validated else None,
                    epochs=epochs,
                    initial_epoch=saving[0].first_epoch(epochs) if saving else 0,
                    callbacks=[*callbacks, *shown, after_batch, *saving],
                    verbose=0,
                ).history
                history = saving[0].history if saving else history
            finally:
                batches.clear()
                held_out.clear()
        return {name: [float(value) for value in values] for name, values in history.items()}

    def _watching(self, validated: bool) -> list[Any]:
        """Return the callbacks that watch the loss."""
        watching: list[Any] = [RaiseLostInterrupt(), StopDiverged()]
        if validated and self.early_stopping_patience is not None:
            watching.append(
                keras.callbacks.EarlyStopping(
                    monitor="val_loss",
                    patience=self.early_stopping_patience,
                    restore_best_weights=True,
                )
            )
        if validated and self.plateau_patience is not None:
            watching.append(
                keras.callbacks.ReduceLROnPlateau(
                    monitor="val_loss",
                    patience=self.plateau_patience,
                    factor=self.plateau_factor,
                    min_lr=self.min_learning_rate,
                )
            )
        return watching


def encode_targets(
    positions: NDArray[np.intp], n_classes: int, network: keras.Model
) -> NDArray[np.float32]:
    """Return the targets in the form that the network's loss and output need.

    Parameters
    ----------
    positions : ndarray of int of shape (n_clips,)
        Class of each clip, from 0.
    n_classes : int
        Number of classes.
    network : keras.Model
        The network, compiled.

    Returns
    -------
    targets : ndarray of float32 of shape (n_clips,) or (n_clips, n_classes)
        Positions for a sparse loss or a single sigmoid, otherwise one-hot vectors.
    """
    loss = network.loss
    name = getattr(loss, "name", None) or getattr(loss, "__name__", None) or str(loss)
    if "sparse" in name.lower() or network.output_shape[-1] == 1:
        return positions.astype(np.float32)
    return np.eye(n_classes, dtype=np.float32)[positions]


def weigh_classes(
    weights: NDArray[np.float32], y: NDArray[Any], train: NDArray[np.intp], class_weight: Any
) -> NDArray[np.float32]:
    """Return the weights of clips in the training loss: the clip's times its class's.

    Parameters
    ----------
    weights : ndarray of float32 of shape (n_clips,)
        Weight of each clip.
    y : ndarray of shape (n_clips,)
        Labels.
    train : ndarray of int
        Positions of the training clips, of which alone class frequencies are counted.
    class_weight : "balanced", dict or None
        As `sklearn.utils.class_weight.compute_sample_weight` takes it.

    Returns
    -------
    weights : ndarray of float32 of shape (n_clips,)
        New array; clips outside `train` keep their weight.
    """
    weighted = weights.copy()
    weighted[train] *= compute_sample_weight(class_weight, y[train])
    return weighted


@contextmanager
def without_retracing_advice() -> Iterator[None]:
    """Keep back TensorFlow's advice on functions that are traced again and again.

    Every fit has a network of its own, which is traced once. In a search or a cross-validation
    TensorFlow gives the advice at every fit, and a user cannot follow it.

    Yields
    ------
    None
        Nothing.
    """

    def is_other(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


class StopDiverged(keras.callbacks.Callback):
    """Stop training with an error as soon as the loss is not a finite number."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Check the loss of the epoch.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        logs : dict of str to float or None, default=None
            Loss and metrics of the epoch.

        Raises
        ------
        ValueError
            If the loss is not finite.
        """
        loss = (logs or {}).get("loss", 0.0)
        if not np.isfinite(loss):
            raise ValueError(
                f"SpeechEmotionClassifier: the training loss became {loss} in epoch {epoch + 1}. "
                "Lower optimizer__learning_rate, or look for extreme values in X."
            )

"""The progress of a training: epochs, batches within them, and the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from sersk._utils.progress import Progress, is_shown, note

_NAMES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
}


@contextmanager
def showing_epochs(verbose: int | bool | None) -> Iterator[list[keras.callbacks.Callback]]:
    """Give the callbacks that show a training, and end its display in any case.

    Parameters
    ----------
    verbose : int, bool or None
        As of `SpeechEmotionClassifier`.

    Yields
    ------
    callbacks : list of keras.callbacks.Callback
        None, if nothing is to be shown here.
    """
    if not is_shown(verbose):
        yield []
        return
    callback = ShowEpochs(verbose)
    try:
        yield [callback]
    finally:  # after an error Keras does not call on_train_end
        callback.close()


class ShowEpochs(keras.callbacks.Callback):
    """Show on stderr how many epochs and batches are done, and the time left.

    The time left is that of all epochs; early stopping may end the training before.

    Parameters
    ----------
    verbose : int, bool or None
        As of `SpeechEmotionClassifier`: from 2 on, a line with the losses of each epoch is added.
    """

    # Keras need not wait for the result of each batch: a method here only sets a number.
    async_safe = True

    def __init__(self, verbose: int | bool | None) -> None:
        super().__init__()
        self.verbose = verbose
        self._epoch = 0
        self._progress = Progress("Training", 0, 0)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin to show the training.

        Parameters
        ----------
        logs : dict or None, default=None
            Not used.
        """
        self._progress = Progress("Training", self.params["epochs"], self.verbose, "epochs")

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the epoch.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        logs : dict or None, default=None
            Not used.
        """
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Show that a batch is done.

        Parameters
        ----------
        batch : int
            Number of the batch, from 0.
        logs : dict or None, default=None
            Not used.
        """
        n_batches = self.params["steps"]
        # The end of an epoch, such as its validation, counts as one more batch.
        part = (batch + 1) / (n_batches + 1)
        self._progress.advance_to(self._epoch + part, f"batch {batch + 1}/{n_batches}")
        if self._epoch == batch == 0:  # TensorFlow traced the network in it
            self._progress.restart_clock()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Show that an epoch is done.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        logs : dict or None, default=None
            Loss and metrics of the epoch.
        """
        self._progress.advance_to(epoch + 1)
        if self.verbose and self.verbose >= 2:
            values = logs or {}
            scores = [f"{name} {values[key]:.3f}" for key, name in _NAMES.items() if key in values]
            note("  ".join([f"epoch {epoch + 1}/{self.params['epochs']}", *scores]))

    def close(self) -> None:
        """Stop showing the training."""
        self._progress.close()

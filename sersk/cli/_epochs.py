"""Training progress epoch by epoch. This module imports Keras: import it only when needed."""

from collections.abc import Iterator
from typing import Any

import keras

from sersk._utils.progress import note, track

_NAMES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
}


class ShowEpochs(keras.callbacks.Callback):
    """Show epochs, their rate and the time left; with `lines`, print a line for each epoch."""

    def __init__(self, lines: bool = False) -> None:
        super().__init__()
        self.lines = lines
        self._epochs: Iterator[int] = iter(())

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the display."""
        n_epochs = self.params["epochs"]
        self._epochs = track(range(n_epochs), n_epochs, "Training", True, unit="epochs")
        next(self._epochs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Show that an epoch is done."""
        if self.lines:
            logs = logs or {}
            scores = "  ".join(
                f"{name} {logs[key]:.3f}" for key, name in _NAMES.items() if key in logs
            )
            note(f"epoch {epoch + 1}/{self.params['epochs']}  {scores}")
        next(self._epochs, None)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """End the display, also when training stopped early."""
        self._epochs = iter(())  # closes the loop, and with it its line

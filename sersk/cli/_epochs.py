"""How far training is, epoch by epoch. It comes with Keras: import it when that is wanted."""

from typing import Any

import keras

from sersk._utils.progress import Meter, note

_NAMES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
}


class ShowEpochs(keras.callbacks.Callback):
    """Show epochs, their rate and the time left; with `lines`, say a line for each of them."""

    def __init__(self, lines: bool = False) -> None:
        super().__init__()
        self.lines = lines
        self._meter: Meter | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin."""
        self._meter = Meter("Training", self.params["epochs"], "epochs")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell of an epoch."""
        if self.lines:
            logs = logs or {}
            scores = "  ".join(
                f"{name} {logs[key]:.3f}" for key, name in _NAMES.items() if key in logs
            )
            note(f"epoch {epoch + 1}/{self.params['epochs']}  {scores}")
        assert self._meter is not None
        self._meter.update(epoch + 1)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """End, though early stopping may have left epochs out."""
        if self._meter is not None:
            self._meter.close()
            self._meter = None

"""Batches of views of clips, read when the network needs them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sersk._utils.storage import release


class Batches(keras.utils.PyDataset):
    """Batches of views of the chosen clips, gathered when asked for.

    `X` is never copied as a whole: it may be a `numpy.memmap` larger than memory.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_views, ...)
        Features; converted to float32 a batch at a time.
    targets : ndarray of shape (n_clips, ...)
        Target of each clip.
    weights : ndarray of shape (n_clips,)
        Weight of each clip; all of its views have it.
    clips : ndarray of int
        Positions of the clips to serve.
    batch_size : int
        Views in a batch.
    seed : int or None, default=None
        Seed of the shuffling, anew each epoch; None keeps the order.
    """

    def __init__(
        self,
        X: NDArray[Any],
        targets: NDArray[np.float32],
        weights: NDArray[np.float32],
        clips: NDArray[np.intp],
        batch_size: int,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.X, self.targets, self.weights = X, targets, weights
        self.batch_size = batch_size
        n_views = X.shape[1]
        # every view of every chosen clip: the pair (clip, view) as one number
        self.rows = (clips[:, None] * n_views + np.arange(n_views)).ravel()
        self.rng = None if seed is None else np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(
        self, index: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        rows = self.rows[index * self.batch_size : (index + 1) * self.batch_size]
        clips, views = np.divmod(rows, self.X.shape[1])
        x = self.X[clips, views].astype(np.float32, copy=False)
        # After each batch: to read a row the system may map megabytes of the file around it.
        release(self.X)
        return x, self.targets[clips], self.weights[clips]

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        if self.rng is not None:
            self.rng.shuffle(self.rows)

    def resume(self, rows: NDArray[np.intp], order: dict[str, Any] | None) -> None:
        """Take up the order of a training that was interrupted.

        Parameters
        ----------
        rows : ndarray of int
            The attribute `rows` at that time.
        order : dict or None
            The state of the generator that shuffles.
        """
        self.rows = rows
        if self.rng is not None and order is not None:
            self.rng.bit_generator.state = order

    def clear(self) -> None:
        """Give the features up; batches are empty from here on.

        TensorFlow keeps what serves batches for as long as the process lives, and Keras asks for
        some batches ahead, also when the training has ended by an error.
        """
        self.rows = self.rows[:0]
        self.X = np.empty((0, *self.X.shape[1:]), self.X.dtype)
        self.targets, self.weights = self.targets[:0].copy(), self.weights[:0].copy()

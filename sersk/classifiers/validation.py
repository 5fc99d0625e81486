"""How clips are set apart for validation and handed to Keras in batches.

The split is by clip, and by speaker where speakers are known, before views are flattened:
no view of a validation clip can be trained on.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

from sersk._utils.processor import computes_bfloat16
from sersk._utils.storage import release


def split_clips(
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    validation_split: Any,
    seed: int,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Set clips apart for early stopping and the learning rate.

    Parameters
    ----------
    y : ndarray of shape (n_clips,)
        Labels.
    groups : ndarray of shape (n_clips,) or None
        Speakers; where given, no speaker is on both sides.
    validation_split : float or splitter
        About this share of the clips, or an object with a ``split`` method whose first split
        is taken.
    seed : int
        Seed of the draw.

    Returns
    -------
    train : ndarray of int
        Positions of the clips to train on, in ascending order.
    validation : ndarray of int
        Positions of the others, in ascending order; empty where `validation_split` is 0.

    Raises
    ------
    ValueError
        If there are too few clips or speakers for the split, a class is left without a
        training clip, or a splitter lets a clip or a speaker into both sides.
    """
    clips = np.arange(len(y))
    if hasattr(validation_split, "split"):
        train, validation = next(iter(validation_split.split(clips, y, groups)))
    elif validation_split == 0:
        return clips, clips[:0]
    elif groups is not None:
        train, validation = _split_by_speaker(y, groups, validation_split, seed)
    else:
        train, validation = _split_by_clip(y, validation_split, seed)
    train, validation = np.sort(train), np.sort(validation)
    _check_disjoint(train, validation, "clip")
    if groups is not None:
        _check_disjoint(groups[train], groups[validation], "speaker")
    missing = np.setdiff1d(y, y[train])
    if len(missing):
        raise ValueError(
            f"validation_split={validation_split!r} leaves no training clip of the classes "
            f"{missing.tolist()}: all of theirs are in the validation part. Use more speakers, "
            "a smaller validation_split, or validation_split=0 (no early stopping)."
        )
    return train, validation


def _split_by_speaker(
    y: NDArray[Any], groups: NDArray[Any], share: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    n_speakers = len(np.unique(groups))
    if n_speakers < 2:
        raise ValueError(
            f"validation_split={share} by speaker needs clips of at least 2 speakers, but groups "
            f"names {n_speakers}. Add speakers, pass no groups (the split is then by clip), or "
            "validation_split=0 (no early stopping)."
        )
    # Whole speakers are drawn, with classes as even as they allow. A fold that takes a class
    # away from training altogether is passed over while another is left.
    n_splits = min(n_speakers, max(2, round(1 / share)))
    n_splits = max(2, min(n_splits, int(np.unique(y, return_counts=True)[1].max())))
    cv = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # a class rarer than n_splits can't be in every fold; only one fold is wanted here
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        splits = list(cv.split(y, y, groups))
    whole = [s for s in splits if len(s[1]) and len(np.unique(y[s[0]])) == len(np.unique(y))]
    return (whole or splits)[0]


def _split_by_clip(
    y: NDArray[Any], share: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    classes, counts = np.unique(y, return_counts=True)
    # one clip of each class on both sides at the least
    n_validation = max(len(classes), round(share * len(y)))
    if counts.min() >= 2 and n_validation > len(y) - len(classes):
        raise ValueError(
            f"validation_split={share} leaves {len(y) - n_validation} of {len(y)} clips to train "
            f"on, for {len(classes)} classes. Pass a smaller one, or validation_split=0 (no early "
            "stopping)."
        )
    if counts.min() < 2:
        raise ValueError(
            f"validation_split={share} needs at least 2 clips of every class, but class "
            f"{classes[counts.argmin()]!r} has {counts.min()} (of {len(y)} clips in all). Add "
            "clips, or pass validation_split=0 (no early stopping)."
        )
    cv = StratifiedShuffleSplit(n_splits=1, test_size=n_validation, random_state=seed)
    return next(cv.split(y, y))


def _check_disjoint(train: NDArray[Any], validation: NDArray[Any], what: str) -> None:
    both = np.intersect1d(train, validation)
    if len(both):
        raise ValueError(
            f"the splitter given as validation_split puts {len(both)} {what}(s) into both the "
            f"training and the validation part, the first: {both[:5].tolist()}. Early stopping "
            f"would watch what it trains on; use a splitter that keeps every {what} on one side."
        )


class Batches(keras.utils.PyDataset):
    """Batches of views of the chosen clips, gathered when asked for.

    `X` is never copied as a whole: it may be a `numpy.memmap` larger than memory.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_views, ...)
        Features; converted to float32 a batch at a time.
    targets : ndarray of shape (n_clips, ...)
        What the network should give for each clip.
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


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Let layers that are built meanwhile compute in that precision.

    Parameters
    ----------
    precision : {"float32", "mixed_bfloat16"}
        Name of a Keras dtype policy.

    Yields
    ------
    None
        Nothing.
    """
    if precision == "mixed_bfloat16" and not _computes_bfloat16():
        warnings.warn(
            "precision='mixed_bfloat16' will be slow: this processor has no instructions for it "
            "(avx512_bf16 or amx_bf16 in /proc/cpuinfo). Take 'float32'.",
            UserWarning,
            stacklevel=2,
        )
    before = keras.config.dtype_policy()  # Keras keeps one for each thread
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _computes_bfloat16() -> bool:
    """Return whether the processor or a graphics card is made for it; where unknown, True."""
    return bool(tf.config.list_physical_devices("GPU")) or computes_bfloat16() is not False


@contextmanager
def without_retracing_advice() -> Iterator[None]:
    """Keep back TensorFlow's advice on functions that are traced again and again.

    Every fit has a network of its own, to be traced once: in a search or a cross-validation the
    advice is given at every fit, and no user can follow it.
    """

    def is_other(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


class Diverged(keras.callbacks.Callback):
    """Stop training with an error as soon as the loss is not a number."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Check the loss of the epoch."""
        loss = (logs or {}).get("loss", 0.0)
        if not np.isfinite(loss):
            raise ValueError(
                f"SpeechEmotionClassifier: the training loss became {loss} in epoch {epoch + 1}. "
                "Lower optimizer__learning_rate, or look for extreme values in X."
            )


def training_callbacks(
    *,
    early_stopping_patience: int | None,
    plateau_patience: int | None,
    plateau_factor: float,
    min_learning_rate: float,
    validated: bool,
) -> list[Callable[..., Any]]:
    """Return the callbacks that watch the validation loss; without one, only `Diverged`."""
    callbacks: list[Any] = [Diverged()]
    if validated and early_stopping_patience is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=early_stopping_patience, restore_best_weights=True
            )
        )
    if validated and plateau_patience is not None:
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor="val_loss",
                patience=plateau_patience,
                factor=plateau_factor,
                min_lr=min_learning_rate,
            )
        )
    return callbacks

"""A training that resumes: the whole state of it in a file after each epoch, and its return.

Training is deterministic. What is lost with a killed process is computed again from the state at
the end of the last whole epoch, and comes out the same to the bit.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sersk._utils.files import check_writable, replacing
from sersk._utils.paths import as_path
from sersk._utils.storage import release
from sersk._utils.versions import find_versions
from sersk.classifiers.batches import Batches
from sersk.classifiers.seeding import draw_seed

_FILE = "checkpoint.npz"
_CHUNK = 32  # clips that are read at a time
# Settings of a run, which change no weight.
_OF_A_RUN = ("callbacks", "verbose")
# What Keras's callbacks remember between epochs, and forget when a training begins.
_REMEMBERED = {
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_epoch"),
    "ReduceLROnPlateau": ("wait", "cooldown_counter", "best"),
}


class Checkpoint:
    """The state of a training in a folder.

    Parameters
    ----------
    folder : str or path-like
        The folder, which is made if it does not exist.
    settings : dict of str to object
        Parameters of the estimator. A training with others does not resume.

    Raises
    ------
    ValueError
        If `folder` is empty.
    """

    def __init__(self, folder: str | os.PathLike[str], settings: dict[str, Any]) -> None:
        self.path = as_path(folder, "SpeechEmotionClassifier: checkpoint") / _FILE
        self.identity = {
            name: _describe(value) for name, value in settings.items() if name not in _OF_A_RUN
        }
        self.identity |= {f"version of {n}": str(v) for n, v in find_versions().items()}

    def identify(self, **arrays: NDArray[Any] | Sequence[NDArray[Any]]) -> None:
        """Note what the training is of.

        Parameters
        ----------
        **arrays : dict of str to ndarray or sequence of ndarray
            Features, labels and others, each by the name for an error message.
        """
        for name, value in arrays.items():
            parts = [value] if isinstance(value, np.ndarray) else value
            self.identity[name.replace("_", " ")] = _digest(parts)

    def open(self, batches: Batches, callbacks: Sequence[Any]) -> SaveState:
        """Read the state, if there is one, and return the callback that keeps it.

        Parameters
        ----------
        batches : Batches
            The training clips, shuffled after each epoch.
        callbacks : sequence of keras.callbacks.Callback
            Callbacks that come before it.

        Returns
        -------
        callback : SaveState
            To be the last of the callbacks.

        Raises
        ------
        OSError
            If the folder can't be made or written to, or the file not be read.
        ValueError
            If the file is damaged, or of another training. The message says what differs.
        """
        _prepare(self.path)
        state = read_state(self.path)
        if state is not None:
            before = state["identity"]
            names = [*before, *(name for name in self.identity if name not in before)]
            different = [
                _tell(name, before.get(name), self.identity.get(name))
                for name in names
                if before.get(name) != self.identity.get(name)
            ]
            if different:
                raise ValueError(
                    f"SpeechEmotionClassifier: the checkpoint {os.fspath(self.path)!r} is of "
                    f"another training: {'; '.join(different)}. Pass the same, or another folder."
                )
        return SaveState(self, state, batches, callbacks)


def _prepare(file: Path) -> None:
    """Make the folder of the file, and refuse one that can't be used before the first epoch."""
    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():  # a training that has ended needs to be read only
            check_writable(file)
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror or error
        raise type(error)(
            f"SpeechEmotionClassifier: checkpoint={os.fspath(folder)!r} can't be used: {reason}. "
            "Pass a folder that can be made or written to."
        ) from error


def read_state(path: Path) -> dict[str, Any] | None:
    """Read the file of a checkpoint.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    state : dict or None
        What is remembered, and lists of arrays; None if there is no file.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            state = json.loads(str(file["state"]))
            for name, length in state["lengths"].items():
                state[name] = [file[f"{name}_{i}"] for i in range(length)]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        raise
    except Exception as error:
        raise ValueError(
            f"SpeechEmotionClassifier: {os.fspath(path)!r} is no whole checkpoint "
            f"({type(error).__name__}: {error}). Delete it to begin anew."
        ) from error
    return state


def find_seed(folder: str | os.PathLike[str] | None, random_state: Any) -> int:
    """Draw the seed of a fit; without a fixed one take that of its checkpoint.

    Parameters
    ----------
    folder : str, path-like or None
        Folder of the checkpoint.
    random_state : int, RandomState instance or None
        As of the estimator.

    Returns
    -------
    seed : int
        In [0, 2**31 - 1).
    """
    seed = draw_seed(random_state)
    if folder is not None and not isinstance(random_state, (int, np.integer)):
        state = read_state(as_path(folder, "SpeechEmotionClassifier: checkpoint") / _FILE)
        if state is not None:
            return int(state["identity"]["seed"])
    return seed


class SaveState(keras.callbacks.Callback):
    """Restore the state when a training begins, and write it after each epoch.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where, and of what.
    state : dict or None
        As `read_state` returns it.
    batches : Batches
        The training clips.
    callbacks : sequence of keras.callbacks.Callback
        Callbacks that come before it.

    Attributes
    ----------
    history : dict of str to list of float
        Loss, metrics and learning rate of all epochs, also those before a restart.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        state: dict[str, Any] | None,
        batches: Batches,
        callbacks: Sequence[Any],
    ) -> None:
        super().__init__()
        self._checkpoint, self._state, self._batches = checkpoint, state, batches
        self._watching = {type(c).__name__: c for c in callbacks if type(c).__name__ in _REMEMBERED}
        self.history: dict[str, list[float]] = {} if state is None else state["history"]

    def first_epoch(self, epochs: int) -> int:
        """Return the epoch to begin with.

        Parameters
        ----------
        epochs : int
            Most epochs.

        Returns
        -------
        epoch : int
            From 0; `epochs` if training had ended.
        """
        if self._state is None:
            return 0
        return epochs if self._state["stopped"] else self._state["epoch"]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Restore the state.

        Parameters
        ----------
        logs : dict or None, default=None
            Not used.
        """
        if self._state is None:
            return
        for name in ("weights", "optimizer"):
            for variable, value in zip(self._variables(name), self._state[name], strict=True):
                variable.assign(value)
        for kind, callback in self._watching.items():
            vars(callback).update(self._state["callbacks"][kind])
        if "EarlyStopping" in self._watching:
            self._watching["EarlyStopping"].best_weights = self._state["best"] or None
        self._batches.resume(self._state["rows"][0], self._state["order"])
        version, numbers, gauss = self._state["random"]
        random.setstate((version, tuple(numbers), gauss))
        self._state = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the state.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        logs : dict of str to float or None, default=None
            Loss and metrics of the epoch.
        """
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        stopping = self._watching.get("EarlyStopping")
        lists = {name: [v.numpy() for v in self._variables(name)] for name in _VARIABLES}
        lists["best"] = getattr(stopping, "best_weights", None) or []
        lists["rows"] = [self._batches.rows]
        state = {
            "identity": self._checkpoint.identity,
            "epoch": epoch + 1,
            "stopped": bool(self.model.stop_training),
            "history": self.history,
            "callbacks": {
                kind: {name: _plain(getattr(callback, name)) for name in _REMEMBERED[kind]}
                for kind, callback in self._watching.items()
            },
            "order": self._batches.rng.bit_generator.state if self._batches.rng else None,
            # Keras draws the order of the batches of an epoch from Python's own generator
            "random": random.getstate(),
            "lengths": {name: len(arrays) for name, arrays in lists.items()},
        }
        arrays = {f"{name}_{i}": a for name, each in lists.items() for i, a in enumerate(each)}
        with replacing(self._checkpoint.path) as file:
            np.savez(file, allow_pickle=False, state=np.array(json.dumps(state)), **arrays)

    def _variables(self, name: str) -> list[Any]:
        # variables are weights, statistics, and the states of the generators of dropout
        return list(self.model.variables if name == "weights" else self.model.optimizer.variables)


_VARIABLES = ("weights", "optimizer")


def _describe(value: Any) -> str:
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _tell(name: str, before: str | None, now: str | None) -> str:
    if name in _DIGESTS:
        return f"other {name}"
    return f"{name} was {before or 'not given'} and is {now or 'not given'}"


_DIGESTS = ("features", "labels", "weights of clips", "validation clips", "initial weights")


def _digest(arrays: Sequence[NDArray[Any]]) -> str:
    digest = blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        if array.dtype == object:  # labels
            digest.update(repr(array.tolist()).encode())
            continue
        for start in range(0, len(array) if array.ndim else 1, _CHUNK):
            part = array[start : start + _CHUNK] if array.ndim else array
            digest.update(np.ascontiguousarray(part).data)
            release(array)
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    return None if value is None else value if isinstance(value, int) else float(value)

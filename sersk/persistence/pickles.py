"""Model files as joblib writes them: pickles, with a checksum and versions behind them.

`joblib.load` reads these files too, and files that `joblib.dump` wrote are read here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from sersk._utils.sealing import SealingWriter, is_damaged
from sersk._utils.versions import append_versions, read_versions, tell_versions
from sersk.classifiers.forking import ForkedProcessError, refusing_networks
from sersk.persistence.card import get_card

# The first bytes of pickles of protocol 2 and later, and of the compressors that joblib uses.
_STARTS = (b"\x80", b"\x78", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x5d\0", b"\x04\x22\x4d\x18")
WHO_WRITES = "sersk train and sersk.save_model write models"


class PickledModelError(ValueError):
    """A model file is a pickle, and nobody has said that it may be read."""


def looks_pickled(start: bytes) -> bool:
    """Return whether a file begins as pickles do.

    Parameters
    ----------
    start : bytes
        Its first bytes.

    Returns
    -------
    pickled : bool
        Whether it does.
    """
    return start.startswith(_STARTS)


def write_pickle(file: BinaryIO, model: Any) -> None:
    """Write a model with its card, its checksum and its versions.

    Parameters
    ----------
    file : binary file
        Open for writing.
    model : estimator
        The model, with its card.
    """
    import joblib

    writer = SealingWriter(file)
    joblib.dump(model, writer)
    writer.seal()
    append_versions(file, get_card(model)["versions"])


def read_pickle(path: Path, name: str) -> Any:
    """Read a pickle, which can run any code meanwhile.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    name : str
        Its name in messages.

    Returns
    -------
    model : object
        What it holds.

    Raises
    ------
    ForkedProcessError
        If it holds a network, and this process was forked from one that had used TensorFlow.
    MemoryError
        If there is not enough memory for it.
    ValueError
        If it is damaged or can't be loaded.
    """
    import joblib

    # Before the pickle is read: a flipped bit in a weight would load, and predict something else.
    if is_damaged(path):
        raise ValueError(
            f"load_model: {name!r} is damaged: its content does not agree with its checksum. Copy "
            "it again, or train and save the model again."
        )
    try:
        with refusing_networks():
            model = joblib.load(path)
        if hasattr(model, "get_params"):
            model.get_params()  # fails if a step lacks a parameter that it has here
    except MemoryError as error:
        raise MemoryError(
            f"load_model: {name!r} takes more memory than there is, or is no model."
        ) from error
    except (OSError, ForkedProcessError):
        raise
    except Exception as error:
        written = tell_versions(read_versions(path))
        raise ValueError(
            f"load_model: {name!r} is no model that can be loaded ({type(error).__name__}: "
            f"{error}); {WHO_WRITES}." + (f" {written}" if written else "")
        ) from error
    return model

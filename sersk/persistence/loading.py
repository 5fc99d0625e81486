"""Loading a model: by its first bytes a file is read as one of the two forms, or as none."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sersk._utils.endings import SAFE, ending_of
from sersk._utils.model_files import Reading, entering
from sersk._utils.versions import keep_versions, tell_versions
from sersk.classifiers.forking import ForkedProcessError, refusing_networks
from sersk.persistence.auditing import UntrustedModelError, audit
from sersk.persistence.building import Builder
from sersk.persistence.card import ATTRIBUTE, read_card
from sersk.persistence.container import MOST_BYTES, DamagedFileError, parse_json, unpack
from sersk.persistence.pickles import WHO_WRITES, PickledModelError, looks_pickled, read_pickle
from sersk.persistence.plausible import check_plausible
from sersk.persistence.saving import CARD
from sersk.persistence.schema import MOST_SCHEMA, SCHEMA
from sersk.persistence.writers import warn_of_versions


def load_model(
    path: str | os.PathLike[str],
    *,
    trusted: Iterable[Any] = (),
    encoder: str | os.PathLike[str] | None = None,
    allow_pickle: bool = False,
) -> Any:
    """Read a model that `save_model` or `sersk train` wrote.

    A ``.sersk`` file runs no code of its own while it is loaded, and nothing is written: its
    checksums are verified, then only classes of sersk, scikit-learn and NumPy are built that are
    known to be harmless. A checksum protects against accidents. It does not say who trained a
    model, or how well.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : iterable of str, class or function, default=()
        Further classes and functions that a ``.sersk`` file may build, such as your own
        transformer or the function of your own network: themselves, or their names with their
        module, such as "my_package.features.MyTransformer". Loading imports their modules.
    encoder : str, path-like or None, default=None
        Folder with the weights of a `WhisperEncoder`, if it is not where the file says.
    allow_pickle : bool, default=False
        Whether the file may be a pickle, as ``.joblib`` files are. Allow it only for files that
        you trust: a pickle can run any code while it is loaded.

    Returns
    -------
    model : estimator
        The model as it was saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IsADirectoryError
        If it is a folder.
    ForkedProcessError
        If it holds a network, and this process was forked from one that had used TensorFlow.
    MemoryError
        If there is not enough memory for it.
    PickledModelError
        If it is a pickle, and `allow_pickle` is False.
    UntrustedModelError
        If a ``.sersk`` file would build another class or function. All are named.
    TypeError
        If `path` is no path.
    ValueError
        If it is damaged, holds no model, has a newer format, or can't be loaded. The message names
        the versions that wrote it.

    Warns
    -----
    ModelVersionWarning
        If another version of sersk or another minor version of scikit-learn wrote it, or, of a
        network, of Keras, TensorFlow or scikeras, or another major version of NumPy or SciPy.

    See Also
    --------
    save_model : Writes such a file.

    Examples
    --------
    >>> from sersk import load_model
    >>> load_model("nowhere.sersk")
    Traceback (most recent call last):
    FileNotFoundError: load_model: there is no model file 'nowhere.sersk'.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"load_model: path={path!r}; pass the name of a model file.")
    name = os.fspath(path)
    if Path(path).is_dir():
        raise IsADirectoryError(f"load_model: {name!r} is a folder; pass a model file in it.")
    if not Path(path).is_file():
        raise FileNotFoundError(f"load_model: there is no model file {name!r}.")
    with open(path, "rb") as file:
        start = file.read(16)
    is_named = ending_of(path) == SAFE
    renamed = is_named and looks_pickled(start)
    if start.startswith(b"PK\3\4") or (is_named and not renamed):
        model = _read_safely(Path(path), name, {_name_of(item) for item in trusted}, encoder)
    elif allow_pickle and not renamed:
        model = read_pickle(Path(path), name)
    elif renamed:
        raise PickledModelError(
            f"load_model: {name!r} is a pickle with the name of a .sersk file, which no pickle may "
            "have. If you trust its source, rename it to end in .joblib, and make a .sersk file of "
            "it: sersk convert OLD.joblib NEW.sersk --allow-pickle"
        )
    elif looks_pickled(start):
        raise PickledModelError(
            f"load_model: {name!r} is a pickle, which can run any code while it is loaded. If you "
            "trust its source, pass allow_pickle=True (in a command: --allow-pickle); or make a "
            ".sersk file of it, once: sersk convert OLD.joblib NEW.sersk --allow-pickle"
        )
    else:
        raise ValueError(
            f"load_model: {name!r} is no model that can be loaded: it is no .sersk file, and does "
            f"not begin as a pickle does; {WHO_WRITES}."
        )
    if not hasattr(model, "predict_proba"):
        raise ValueError(
            f"load_model: {name!r} holds an object of type {type(model).__name__}, not a model; "
            f"{WHO_WRITES}."
        )
    warn_of_versions(model, name, stacklevel=2)
    return model


def _read_safely(path: Path, name: str, trusted: set[str], encoder: Any) -> Any:
    written: dict[str, str] = {}
    try:
        if path.stat().st_size > MOST_BYTES + (1 << 24):
            raise DamagedFileError("it is larger than such a file can be")
        data = path.read_bytes()
        members = unpack(memoryview(data))
        stated = parse_json(members.get(CARD, b""))
        written = keep_versions(stated.get("versions") if isinstance(stated, dict) else None)
        card = read_card(stated)
        if len(members.get(SCHEMA, b"")) > MOST_SCHEMA:
            raise ValueError("its schema is larger than that of any model")
        schema = parse_json(members.get(SCHEMA, b""))
        audit(schema, members, trusted)
        with refusing_networks(), entering(Reading(encoder)):
            model = Builder(members).build(schema)
        check_plausible(model)
    except MemoryError as error:
        raise MemoryError(f"load_model: {name!r} takes more memory than there is.") from error
    except (OSError, ForkedProcessError):
        raise
    except UntrustedModelError as error:
        raise UntrustedModelError(f"load_model: {name!r}: {error}.", error.names) from None
    except DamagedFileError as error:
        raise ValueError(
            f"load_model: {name!r} is damaged, or no .sersk file: {error}. Copy it again, or train "
            "and save the model again."
        ) from error
    except Exception as error:
        who = tell_versions(written)
        raise ValueError(
            f"load_model: {name!r} is no model that can be loaded ({error or type(error).__name__})"
            f"; {WHO_WRITES}." + (f" {who}" if who else "")
        ) from error
    setattr(model, ATTRIBUTE, card)
    return model


def _name_of(item: Any) -> str:
    if isinstance(item, str):
        return item
    try:
        return f"{item.__module__}.{item.__qualname__}"
    except AttributeError:
        raise TypeError(
            f"load_model: trusted has an object of type {type(item).__name__}; pass classes, "
            "functions, or their names with their module."
        ) from None

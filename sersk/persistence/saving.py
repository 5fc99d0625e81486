"""Saving a model: what is checked first, and which of the two forms the file gets."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sersk._utils.endings import check_ending, names_pickle
from sersk._utils.files import replacing
from sersk.persistence.card import ATTRIBUTE, get_card, make_card
from sersk.persistence.container import pack
from sersk.persistence.describing import describe_model
from sersk.persistence.pickles import write_pickle
from sersk.persistence.schema import take_apart

if TYPE_CHECKING:
    from sersk.evaluation import EvaluationReport

CARD = "card.json"


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    *,
    corpus: Any = None,
    report: EvaluationReport | None = None,
    card: Mapping[str, str] | None = None,
    encoder: str = "reference",
) -> Path:
    """Write a fitted model and its card to a file, which appears whole or not at all.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or any other fitted classifier. It is not changed.
    path : str or path-like
        The file to write. One that ends in ``.joblib``, ``.pkl`` or ``.pickle`` is a pickle, as
        `joblib.dump` writes it. One that ends in ``.sersk``, or has no ending, can be loaded
        without running code of the file. Other endings are those of other files, and refused. An
        existing file is replaced when the new one is complete.
    corpus : Bunch, str or None, default=None
        What the model was trained on: a corpus as the loaders return it, of which name, counts and
        licences are kept, or a name. ``corpus.licences``, a dict by the names of corpora, states
        licences that sersk does not know.
    report : EvaluationReport or None, default=None
        An evaluation of the same pipeline on unseen speakers; its scores are kept. None says that
        there is none.
    card : mapping of str to str or None, default=None
        Texts of the card in place of the usual ones: ``intended_use``, ``limits``, ``not_for`` and
        the model's own ``licence``.
    encoder : {"reference", "inside"}, default="reference"
        The weights of a `WhisperEncoder` in a ``.sersk`` file: named, with their checksum, or in
        the file, those that the layers need.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    UnstorableModelError
        If a ``.sersk`` file can't hold the model: an object that is no estimator of
        scikit-learn's kind, or a function without a name that can be imported.
    TypeError
        If `model` can't predict, or `corpus`, `report` or a text is of another type.
    ValueError
        If `path` has another ending, `card` another text, or `encoder` another value.
    sklearn.exceptions.NotFittedError
        If `model` is not fitted.
    OSError
        If the file can't be written; no part of it is left.

    See Also
    --------
    load_model : Reads the file.
    describe_model : Describes a model by its parameters and its card.
    model_card : The card as a page in Markdown.

    Notes
    -----
    A ``.sersk`` file holds a network as weights, which its function takes anew when the file is
    loaded; the optimizer is left out. ``memory`` and ``storage``, folders of this machine, are left
    out. Predictions after loading are equal to the bit on one machine. If the environment variable
    SOURCE_DATE_EPOCH is set, the same model gives the same file to the bit.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk import describe_model, load_model, save_model
    >>> model = DummyClassifier().fit([[0], [0]], ["anger", "sad"])
    >>> with TemporaryDirectory() as folder:
    ...     path = save_model(model, Path(folder, "model.sersk"), corpus="two rooms")
    ...     facts = describe_model(load_model(path))
    >>> facts["classes"], facts["corpus"]["name"], facts["score"]
    (['anger', 'sad'], 'two rooms', None)
    """
    if not hasattr(model, "predict"):
        raise TypeError(
            f"save_model: model is of type {type(model).__name__}; pass a fitted classifier."
        )
    _check_fitted(model)
    if encoder not in ("reference", "inside"):
        raise ValueError(f"save_model: encoder={encoder!r}; expected 'reference' or 'inside'.")
    return _write(model, Path(path), make_card(corpus, report, card), encoder)


def copy_model(model: Any, path: str | os.PathLike[str], *, encoder: str = "reference") -> Path:
    """Write a model that was loaded, with the card that it has.

    Parameters
    ----------
    model : estimator
        A model that `load_model` returned.
    path : str or path-like
        The file to write, as of `save_model`.
    encoder : {"reference", "inside"}, default="reference"
        As of `save_model`.

    Returns
    -------
    path : pathlib.Path
        The file.
    """
    known = {name: value for name, value in get_card(model).items() if value is not None}
    return _write(model, Path(path), make_card(None, None, None) | known, encoder)


def _write(model: Any, path: Path, facts: dict[str, Any], encoder: str) -> Path:
    check_ending(path)
    kept = copy.copy(model)
    if names_pickle(path):
        setattr(kept, ATTRIBUTE, facts)
        with replacing(path) as file:
            write_pickle(file, kept)
        return path
    vars(kept).pop(ATTRIBUTE, None)
    whole = {"model": describe_model(kept, with_card=False), **facts}
    text = json.dumps(whole, indent=1, ensure_ascii=False).encode()
    members = take_apart(kept, encoder)
    with replacing(path) as file:
        pack(file, {CARD: text, **members})
    return path


def _check_fitted(model: Any) -> None:
    if not isinstance(model, BaseEstimator):  # scikit-learn's check takes its own estimators only
        return
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise NotFittedError(
            f"save_model: this {type(model).__name__} is not fitted, so there is nothing to save. "
            "Call its fit first."
        ) from None

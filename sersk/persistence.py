"""Models as files with a card: corpus, date, versions and score of the model.

A file is an ordinary joblib pickle of the pipeline, and the card is an attribute of the pipeline.
Behind the pickle stands its checksum, which joblib ignores.
So `joblib.load` reads these files too, and `load_model` reads files that `joblib.dump` wrote.
"""

from __future__ import annotations

import copy
import os
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sersk._utils.describing import (
    describe_corpus,
    describe_estimator,
    describe_score,
    plain,
)
from sersk._utils.files import replacing
from sersk._utils.sealing import SealingWriter, is_damaged
from sersk._utils.versions import (
    append_versions,
    compare_versions,
    find_versions,
    keep_versions,
    read_versions,
    tell_versions,
)
from sersk.adaptation import describe_adaptation
from sersk.classifiers.forking import ForkedProcessError, refusing_networks

if TYPE_CHECKING:
    from sersk.evaluation import EvaluationReport

_CARD = "sersk_card_"


class ModelVersionWarning(UserWarning):
    """Other versions of the packages whose objects a model holds wrote its file."""


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    *,
    corpus: Any = None,
    report: EvaluationReport | None = None,
) -> Path:
    """Write a fitted model and its card to a file, which appears whole or not at all.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or any other fitted classifier. It is not changed.
    path : str or path-like
        The file to write. An existing file is replaced when the new one is complete.
    corpus : Bunch, str or None, default=None
        What the model was trained on: a corpus as the loaders return it, of which name and counts
        are kept, or a name.
    report : EvaluationReport or None, default=None
        An evaluation of the same pipeline on unseen speakers; its scores are kept. None says that
        there is none.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    TypeError
        If `model` can't predict, or `corpus` or `report` is of another type.
    sklearn.exceptions.NotFittedError
        If `model` is not fitted.
    OSError
        If the file can't be written; no part of it is left.

    See Also
    --------
    load_model : Reads the file.
    describe_model : Describes a model by its parameters and its card.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk import describe_model, load_model, save_model
    >>> model = DummyClassifier().fit([[0], [0]], ["anger", "sad"])
    >>> with TemporaryDirectory() as folder:
    ...     path = save_model(model, Path(folder, "model.joblib"), corpus="two rooms")
    ...     facts = describe_model(load_model(path))
    >>> facts["classes"], facts["corpus"]["name"], facts["score"]
    (['anger', 'sad'], 'two rooms', None)
    """
    import joblib

    if not hasattr(model, "predict"):
        raise TypeError(
            f"save_model: model is of type {type(model).__name__}; pass a fitted classifier."
        )
    _check_fitted(model)
    kept = copy.copy(model)
    versions = find_versions()
    card = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions,
        "corpus": describe_corpus(corpus),
        "score": describe_score(report),
    }
    setattr(kept, _CARD, card)
    path = Path(path)
    with replacing(path) as file:
        writer = SealingWriter(file)
        joblib.dump(kept, writer)
        writer.seal()
        append_versions(file, versions)
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


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read a model that `save_model`, `sersk train` or `joblib.dump` wrote.

    Load only files that you trust: a pickle can run any code while it is loaded.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    model : estimator
        The model as it was saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ForkedProcessError
        If it holds a network, and this process was forked from one that had used TensorFlow.
    MemoryError
        If there is not enough memory for it.
    ValueError
        If it is damaged, holds no model, or can't be loaded. The message names the
        versions that wrote it.

    Warns
    -----
    ModelVersionWarning
        If another version of sersk or another minor version of scikit-learn wrote it, or, of a
        network, of Keras, TensorFlow or scikeras.

    See Also
    --------
    save_model : Writes such a file.

    Examples
    --------
    >>> from sersk import load_model
    >>> load_model("nowhere.joblib")
    Traceback (most recent call last):
    FileNotFoundError: load_model: there is no model file 'nowhere.joblib'.
    """
    import joblib

    name = os.fspath(path)
    if not Path(path).is_file():
        raise FileNotFoundError(f"load_model: there is no model file {name!r}.")
    what = "sersk train and sersk.save_model write models"
    # Before the pickle is read: a flipped bit in a weight would load, and predict something else.
    if is_damaged(Path(path)):
        raise ValueError(
            f"load_model: {name!r} is damaged: its content does not agree with its checksum. Copy "
            "it again, or train and save the model again."
        )
    try:
        with refusing_networks():
            model = joblib.load(path)
        differences = _examine(model)
    except MemoryError as error:
        raise MemoryError(
            f"load_model: {name!r} takes more memory than there is, or is no model."
        ) from error
    except (OSError, ForkedProcessError):
        raise
    except Exception as error:
        written = tell_versions(read_versions(Path(path)))
        raise ValueError(
            f"load_model: {name!r} is no model that can be loaded ({type(error).__name__}: "
            f"{error}); {what}." + (f" {written}" if written else "")
        ) from error
    if not hasattr(model, "predict_proba"):
        raise ValueError(
            f"load_model: {name!r} holds an object of type {type(model).__name__}, not a model; "
            f"{what}."
        )
    if differences:
        warnings.warn(
            f"load_model: {name!r} was written by {', '.join(differences)}. Its predictions may "
            "differ or fail: install these versions, or train and save it again.",
            ModelVersionWarning,
            stacklevel=2,
        )
    return model


def _examine(model: Any) -> list[str]:
    """Return differences of versions; raise if a step lacks a parameter that it has here."""
    if isinstance(model, BaseEstimator):
        model.get_params()
    last = getattr(model, "best_estimator_", model)
    last = last.steps[-1][1] if hasattr(last, "steps") else last
    differences = compare_versions(_versions(model), network=hasattr(last, "model_"))
    if type(model).__module__.startswith("sklearn."):
        # scikit-learn has given its own InconsistentVersionWarning
        differences = [text for text in differences if not text.startswith("scikit-learn ")]
    return differences


def tell_model_versions(model: Any) -> str:
    """Return which versions wrote a model, as a sentence for an error while it is used.

    Parameters
    ----------
    model : estimator
        A model that `load_model` returned.

    Returns
    -------
    text : str
        A sentence, or an empty text, if the model has no card or its versions are the installed
        ones.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk.persistence import tell_model_versions
    >>> tell_model_versions(DummyClassifier())
    ''
    """
    written = _versions(model)
    return tell_versions(written) if compare_versions(written, network=True) else ""


def _versions(model: Any) -> dict[str, str]:
    card = getattr(model, _CARD, None)
    found = card.get("versions") if isinstance(card, dict) else None
    return keep_versions(found)


def describe_model(model: Any) -> dict[str, Any]:
    """Describe a fitted model by its parameters and its card.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or any other classifier.

    Returns
    -------
    facts : dict
        Numbers, strings, lists and dicts only. From the model: ``classes``, ``steps`` (their
        types, in order), ``sample_rate`` (Hz), ``duration`` and ``offset`` (s), ``longest_clip``
        of the training (s), ``features`` with the parameters that differ from the defaults,
        ``n_values`` of a clip, if its features are a vector, ``classifier`` (its type),
        ``chosen`` (shrinkage and temperature of a linear discriminant), ``network`` with its
        parameters, ``n_parameters`` (the number of weights of a network or a linear classifier),
        ``epochs`` of the training, ``preset`` with its ``name`` and the parameters that are
        ``changed``, ``adaptation`` (what `adapt` did). From the card: ``corpus``, ``created``,
        ``versions``, ``score``. Unknown values are None.

    See Also
    --------
    save_model : Writes a model with its card.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk import describe_model
    >>> facts = describe_model(DummyClassifier().fit([[0], [0]], ["anger", "sad"]))
    >>> facts["steps"], facts["sample_rate"], facts["created"]
    (['DummyClassifier'], None, None)
    """
    card = getattr(model, _CARD, None) or {}
    kept = {name: card.get(name) for name in ("corpus", "created", "versions", "score")}
    found = {"preset": _describe_preset(model), "adaptation": describe_adaptation(model)}
    return describe_estimator(model) | found | kept


def _describe_preset(model: Any) -> dict[str, Any] | None:
    from sersk.pipeline import find_preset

    found = find_preset(getattr(model, "best_estimator_", model))
    if found is None:
        return None
    name, changes = found
    return {"name": name, "changed": {key: plain(value) for key, value in changes.items()}}


def tell_score(score: dict[str, Any] | None) -> str:
    """Return the score of a model as a sentence.

    Parameters
    ----------
    score : dict or None
        The value that `describe_model` returns as ``score``.

    Returns
    -------
    text : str
        UAR, interval, chance, and the numbers of clips, speakers and fits.

    Examples
    --------
    >>> from sersk.persistence import tell_score
    >>> tell_score(None)
    'none measured'
    """
    if score is None:
        return "none measured"
    low, high = score["uar_interval"]
    return (
        f"UAR {score['uar']:.3f} ({100 * score['confidence_level']:g} % interval {low:.3f} to "
        f"{high:.3f}, chance {score['chance_uar']:.3f}) on unseen speakers: "
        f"{score['n_clips']} clips of {score['n_speakers']} speakers, {score['n_fits']} fits"
    )

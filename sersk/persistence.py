"""Models as files, with a card: trained on what, when, with which versions, and how good it is.

A file is an ordinary joblib pickle of the pipeline; the card is an attribute of it. So
`joblib.load` reads these files too, and `load_model` those that `joblib.dump` wrote.
"""

import copy
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sersk._utils.files import replacing

if TYPE_CHECKING:
    from sersk.evaluation import EvaluationReport

_CARD = "sersk_card_"
# What a model's predictions come from, beside its weights.
_PACKAGES = ("sersk", "numpy", "scipy", "scikit-learn", "tensorflow", "keras", "scikeras")


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    *,
    corpus: Any = None,
    report: "EvaluationReport | None" = None,
) -> Path:
    """Write a fitted model and what is to be known of it, whole or not at all.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or any other classifier. It is itself left as it is.
    path : str or path-like
        The file to write. One that is there is replaced when the new one is whole.
    corpus : Bunch, str or None, default=None
        What it was trained on: a corpus as the loaders give it, of which name and counts are
        kept, or a name.
    report : EvaluationReport or None, default=None
        An evaluation of the same pipeline on speakers it was not trained on; its score is kept.
        None says that there is none.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    TypeError
        If `model` can't predict, or `corpus` or `report` is of another type.
    OSError
        If the file can't be written; nothing is left half-written.

    See Also
    --------
    load_model : Reads it.
    describe_model : What is known of a model.

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
    kept = copy.copy(model)
    card = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(),
        "corpus": _describe_corpus(corpus),
        "score": _describe_score(report),
    }
    setattr(kept, _CARD, card)
    path = Path(path)
    with replacing(path) as file:
        joblib.dump(kept, file)
    return path


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read a model that `save_model`, `sersk train` or `joblib.dump` wrote.

    Load only files that you trust: loading a pickle runs what is in it.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    model : estimator
        What was saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no model.

    See Also
    --------
    save_model : Writes one.

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
    try:
        model = joblib.load(path)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise ValueError(
            f"load_model: {name!r} is no model that can be loaded ({type(error).__name__}: "
            f"{error}); {what}."
        ) from error
    if not hasattr(model, "predict_proba"):
        raise ValueError(
            f"load_model: {name!r} holds an object of type {type(model).__name__}, not a model; "
            f"{what}."
        )
    return model


def describe_model(model: Any) -> dict[str, Any]:
    """Return what is known of a fitted model.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or any other classifier.

    Returns
    -------
    facts : dict
        Numbers, strings, lists and dicts alone. From the model: ``classes``, ``steps`` (what
        they are, in order), ``sample_rate`` (Hz), ``duration`` and ``offset`` (s), ``features``
        and ``network`` with their parameters, ``n_parameters`` of the network (of a linear
        classifier its weights), ``epochs`` it was trained for. From its card: ``corpus``,
        ``created``, ``versions``, ``score``. None stands for what is not known.

    See Also
    --------
    save_model : Writes the card.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk import describe_model
    >>> facts = describe_model(DummyClassifier().fit([[0], [0]], ["anger", "sad"]))
    >>> facts["steps"], facts["sample_rate"], facts["created"]
    (['DummyClassifier'], None, None)
    """
    steps = list(_steps(model))
    loader = next((step for step in steps if hasattr(step, "sample_rate")), None)
    last = steps[-1]
    network = getattr(last, "model", None)
    trained = getattr(last, "model_", None)
    count = getattr(trained, "count_params", None)
    lines = getattr(last, "coef_", None)  # of a linear classifier
    history = getattr(last, "history_", None)
    card = getattr(model, _CARD, None) or {}
    return {
        "classes": [_plain(name) for name in getattr(model, "classes_", ())],
        "steps": [type(step).__name__ for step in steps],
        "sample_rate": _plain(getattr(loader, "sample_rate", None)),
        "duration": _plain(getattr(loader, "duration", None)),
        "offset": _plain(getattr(loader, "offset", None)),
        "features": _describe_features(model),
        "network": None if network is None else _describe_network(last),
        "n_parameters": int(count()) if count is not None else getattr(lines, "size", None),
        "epochs": len(history["loss"]) if isinstance(history, dict) and "loss" in history else None,
        **{name: card.get(name) for name in ("corpus", "created", "versions", "score")},
    }


def tell_score(score: dict[str, Any] | None) -> str:
    """Return the score of a model in a sentence.

    Parameters
    ----------
    score : dict or None
        What `describe_model` gives as ``score``.

    Returns
    -------
    text : str
        UAR, interval, chance, and how many were tested.

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
        f"{high:.3f}, chance {score['chance_uar']:.3f}) on speakers that were not trained on: "
        f"{score['n_clips']} clips of {score['n_speakers']} speakers, {score['n_fits']} fits"
    )


def _steps(model: Any) -> Iterator[Any]:
    """Yield the steps of a pipeline, those of pipelines in it too; another model as it is."""
    if not hasattr(model, "steps"):
        yield getattr(model, "best_estimator_", model)
        return
    for _, step in model.steps:
        if step is not None and not isinstance(step, str):
            yield from _steps(step)


def _describe_features(model: Any) -> dict[str, Any] | None:
    """Return the last step of the front end with the parameters that are not the defaults."""
    frontend = getattr(model, "named_steps", {}).get("frontend")
    if frontend is None:
        return None
    features = list(_steps(frontend))[-1]
    return {"name": type(features).__name__, "parameters": _changed(features)}


def _describe_network(classifier: Any) -> dict[str, Any]:
    """Return the network's name with the parameters that were given for it."""
    network = classifier.model
    name = network if isinstance(network, str) else getattr(network, "__name__", str(network))
    sizes = {
        key.removeprefix("model__"): _plain(value)
        for key, value in classifier.get_params(deep=False).items()
        if key.startswith("model__")
    }
    return {"name": name, "parameters": sizes}


def _changed(step: Any) -> dict[str, Any]:
    from sklearn.utils._pprint import _changed_params

    return {name: _plain(value) for name, value in _changed_params(step).items()}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _describe_corpus(corpus: Any) -> dict[str, Any] | None:
    if corpus is None:
        return None
    if isinstance(corpus, str):
        return {"name": corpus}
    if not hasattr(corpus, "target") or not hasattr(corpus, "data"):
        raise TypeError(
            f"save_model: corpus is of type {type(corpus).__name__}; pass a corpus as a loader "
            "gives it, a name, or None."
        )
    groups = getattr(corpus, "groups", None)
    frame = getattr(corpus, "frame", None)
    names = [] if frame is None or "corpus" not in frame else frame["corpus"].unique().tolist()
    title = str(getattr(corpus, "DESCR", "")).partition("\n")[0]
    return {
        "name": " + ".join(map(str, names)) or title or None,
        "title": title or None,
        "n_clips": len(corpus.data),
        "n_speakers": None if groups is None else len(set(groups)),
    }


def _describe_score(report: Any) -> dict[str, Any] | None:
    if report is None:
        return None
    if not hasattr(report, "to_dict") or not hasattr(report, "intervals"):
        raise TypeError(
            f"save_model: report is of type {type(report).__name__}; pass an EvaluationReport, or "
            "None."
        )
    content = report.to_dict()
    return {
        "uar": content["scores"]["uar"],
        "uar_interval": content["intervals"]["uar"],
        "confidence_level": content["intervals"]["confidence_level"],
        "chance_uar": content["chance_uar"],
        "accuracy": content["scores"]["accuracy"],
        "method": content["title"],
        "n_fits": len(content["by_fold"]),
        "n_seeds": len(content["seeds"]),
        "n_clips": content["n_clips"],
        "n_speakers": content["n_speakers"],
        "n_leaks": None if content["leaks"] is None else len(content["leaks"]),
        "notes": content["notes"],
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it; of anything else its text."""
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)

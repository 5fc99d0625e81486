"""The description of a model, as numbers and strings for JSON.

Only attributes are read, so no estimator is imported. Files are written in `sersk.persistence`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def describe_estimator(model: Any) -> dict[str, Any]:
    """Describe a fitted model without its card: classes, steps, features, classifier, sizes.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, a fitted search over one, or any other classifier.

    Returns
    -------
    facts : dict
        As the first part of what `sersk.describe_model` returns.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk._utils.describing import describe_estimator
    >>> facts = describe_estimator(DummyClassifier().fit([[0], [0]], ["anger", "sad"]))
    >>> facts["classes"], facts["classifier"], facts["network"]
    (['anger', 'sad'], 'DummyClassifier', None)
    """
    model = getattr(model, "best_estimator_", model)  # of a search
    steps = list(_iterate_steps(model))
    loader = next((step for step in steps if hasattr(step, "sample_rate")), None)
    classifier = steps[-1]
    history = getattr(classifier, "history_", {})
    return {
        "classes": [plain(name) for name in getattr(model, "classes_", ())],
        "steps": [type(step).__name__ for step in steps],
        "sample_rate": plain(getattr(loader, "sample_rate", None)),
        "duration": plain(getattr(loader, "duration", None)),
        "offset": plain(getattr(loader, "offset", None)),
        "longest_clip": _find_longest_clip(model),
        "features": _describe_features(model),
        "n_values": _count_values(classifier),
        "classifier": type(classifier).__name__,
        "chosen": _describe_choices(classifier),
        "network": _describe_network(classifier),
        "n_parameters": _count_parameters(classifier),
        "epochs": len(history["loss"]) if "loss" in history else None,
    }


def describe_corpus(corpus: Any, who: str = "save_model") -> dict[str, Any] | None:
    """Return name and counts of a corpus.

    Parameters
    ----------
    corpus : Bunch, str or None
        A corpus as the loaders return it, or a name.
    who : str, default="save_model"
        Name in error messages.

    Returns
    -------
    facts : dict or None
        ``name``, ``title``, ``n_clips`` and ``n_speakers``; for a name only ``name``.

    Raises
    ------
    TypeError
        If `corpus` is of another type.
    """
    if corpus is None:
        return None
    if isinstance(corpus, str):
        return {"name": corpus}
    if not hasattr(corpus, "target") or not hasattr(corpus, "data"):
        raise TypeError(
            f"{who}: corpus is of type {type(corpus).__name__}; pass a corpus as a loader "
            "returns it, a name, or None."
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


def describe_score(report: Any) -> dict[str, Any] | None:
    """Return the scores of a report, and how they were measured.

    Parameters
    ----------
    report : EvaluationReport or None
        An evaluation.

    Returns
    -------
    facts : dict or None
        Scores, interval, chance, and the numbers of fits, seeds, clips and speakers.

    Raises
    ------
    TypeError
        If `report` is of another type.
    """
    if report is None:
        return None
    if not hasattr(report, "to_dict") or not hasattr(report, "intervals"):
        raise TypeError(
            f"save_model: report is of type {type(report).__name__}; pass an EvaluationReport or "
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


def plain(value: Any) -> Any:
    """Return a value in a type of JSON, or its text if there is none.

    Parameters
    ----------
    value : object
        Any value; NumPy scalars become Python numbers, tuples become lists.

    Returns
    -------
    value : str, bool, int, float, list or None
        The same value.
    """
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)


def _iterate_steps(model: Any) -> Iterator[Any]:
    """Yield the steps of a pipeline and of the pipelines in it, or another model itself."""
    if not hasattr(model, "steps"):
        yield getattr(model, "best_estimator_", model)
        return
    for _, step in model.steps:
        if step is not None and not isinstance(step, str):
            yield from _iterate_steps(step)


def _describe_features(model: Any) -> dict[str, Any] | None:
    """Return the last step of the front end, with its parameters that differ from the defaults."""
    frontend = getattr(model, "named_steps", {}).get("frontend")
    if frontend is None:
        return None
    from sklearn.utils._pprint import _changed_params

    features = list(_iterate_steps(frontend))[-1]
    changed = {name: plain(value) for name, value in _changed_params(features).items()}
    return {"name": type(features).__name__, "parameters": changed}


def _describe_network(classifier: Any) -> dict[str, Any] | None:
    """Return the network's name, with the parameters that were given for it."""
    network = getattr(classifier, "model", None)
    if network is None:
        return None
    name = network if isinstance(network, str) else getattr(network, "__name__", str(network))
    sizes = {
        key.removeprefix("model__"): plain(value)
        for key, value in classifier.get_params(deep=False).items()
        if key.startswith("model__")
    }
    return {"name": name, "parameters": sizes}


def _find_longest_clip(model: Any) -> float | None:
    """Return the length of the longest training clip (s), as the front end recorded it."""
    frontend = getattr(model, "named_steps", {}).get("frontend")
    longest = getattr(frontend, "longest_clip_", None)
    return None if longest is None or longest != longest else round(float(longest), 3)


def _count_values(classifier: Any) -> int | None:
    """Return the number of values of a clip, if the classifier takes vectors."""
    if hasattr(classifier, "model_"):
        return None
    return plain(getattr(classifier, "n_features_in_", None))


def _describe_choices(classifier: Any) -> dict[str, float] | None:
    """Return the values of a linear discriminant that cross-validation chose in training."""
    found = {name: getattr(classifier, f"{name}_", None) for name in ("shrinkage", "temperature")}
    chosen = {name: float(value) for name, value in found.items() if value is not None}
    return chosen or None


def _count_parameters(classifier: Any) -> int | None:
    """Return the number of weights of a network or of a linear classifier."""
    if hasattr(classifier, "model_"):
        return int(classifier.model_.count_params())
    return getattr(getattr(classifier, "coef_", None), "size", None)

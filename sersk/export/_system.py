"""A fitted pipeline as the parts that a graph is made of; what has no place there is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from sklearn.utils.validation import check_is_fitted

from sersk._utils.versions import find_versions
from sersk.audio import AudioAugmenter, AudioLoader
from sersk.classifiers.corpus_discriminant import CorpusDiscriminant
from sersk.classifiers.discriminant import DiscriminantClassifier
from sersk.features import FeatureNormalizer
from sersk.frontend import FrontEnd
from sersk.persistence import describe_model

STARTS = ("waveform", "features")


@dataclass(frozen=True)
class System:
    """The parts of a pipeline.

    Attributes
    ----------
    loader : AudioLoader or None
        How a clip is cut; None if the graph starts at the features.
    features : transformer or None
        The features; None if the graph starts at them.
    normalizer : FeatureNormalizer or None
        The normalisation over the training clips, if there is one.
    classifier : classifier
        A `DiscriminantClassifier` or a `SpeechEmotionClassifier`.
    facts : dict
        The metadata of the file.
    """

    loader: Any
    features: Any
    normalizer: Any
    classifier: Any
    facts: dict[str, Any]

    @property
    def is_network(self) -> bool:
        """Whether the classifier is a network."""
        return not isinstance(self.classifier, DiscriminantClassifier)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the features of one clip."""
        if self.is_network:
            return self.classifier.input_shape_
        return (self.classifier.n_features_in_,)


def read_system(model: Any, start: str, who: str) -> System:
    """Take a fitted pipeline apart.

    Parameters
    ----------
    model : estimator
        A fitted pipeline of `make_ser_pipeline`, or a search that fitted one.
    start : {"waveform", "features"}
        What the graph takes.
    who : str
        Name of the function, for error messages.

    Returns
    -------
    system : System
        Its parts.

    Raises
    ------
    TypeError
        If `model` is no pipeline with a front end and a classifier.
    ValueError
        If a step can't be exported; the message names it.
    """
    if start not in STARTS:
        raise ValueError(f"{who}: start={start!r} is none of 'waveform', 'features'.")
    model = getattr(model, "best_estimator_", model)
    steps = list(getattr(model, "steps", []))
    if len(steps) < 2 or not isinstance(steps[0][1], FrontEnd):
        raise TypeError(
            f"{who}: model is of type {type(model).__name__}; pass a fitted pipeline as "
            "make_ser_pipeline makes it: a FrontEnd, perhaps a FeatureNormalizer, and a classifier."
        )
    check_is_fitted(model)
    normalizer = None
    for name, step in steps[1:-1]:
        if type(step) is not FeatureNormalizer or normalizer is not None:
            refuse(who, name, step)
        normalizer = step
    loader, features = _read_frontend(steps[0][1], start, who)
    name, classifier = steps[-1]
    _check_classifier(name, classifier, who)
    card = describe_model(model)
    facts = {
        "labels": card["classes"],
        "start": start,
        "sample_rate": card["sample_rate"],
        "duration": card["duration"],
        "sersk": find_versions()["sersk"],
        "card": card,
    }
    return System(loader, features, normalizer, classifier, facts)


def refuse(who: str, name: str, step: Any, why: str = "") -> NoReturn:
    """Raise the error for a step that can't be exported.

    Parameters
    ----------
    who : str
        Name of the function.
    name : str
        Name of the step.
    step : object
        The step.
    why : str, default=""
        The reason, if the class alone does not say it.

    Raises
    ------
    ValueError
        Always.
    """
    reason = why and f": {why}"
    raise ValueError(f"{who}: step {name!r} ({type(step).__name__}) can't be exported{reason}.")


def refuse_features(who: str, step: Any, why: str = "") -> NoReturn:
    """Raise the error for features that can't be exported.

    Parameters
    ----------
    who : str
        Name of the function.
    step : transformer
        The features.
    why : str, default=""
        The reason, if the class alone does not say it.

    Raises
    ------
    ValueError
        Always.
    """
    kind = type(step).__name__
    if kind == "FunctionalsTransformer":
        why = "its pitch tracking is a search, which no operators of a graph do"
    advice = "pass start='features' to export the classifier alone, whose input is the features"
    refuse(who, "features", step, f"{why}; {advice}" if why else advice)


def _read_frontend(frontend: FrontEnd, start: str, who: str) -> tuple[Any, Any]:
    if start == "features":
        return None, None
    active = [(name, s) for name, s in frontend.steps if s is not None and s != "passthrough"]
    # views are made while fitting only
    left = [(name, step) for name, step in active if type(step) is not AudioAugmenter]
    if not left or type(left[0][1]) is not AudioLoader:
        name, step = left[0] if left else active[0]
        refuse(who, name, step, "the first step must be an AudioLoader")
    for name, step in left[1:-1]:
        refuse(who, name, step)
    return left[0][1], left[-1][1]


def _check_classifier(name: str, classifier: Any, who: str) -> None:
    kind = type(classifier).__name__
    if type(classifier) in (DiscriminantClassifier, CorpusDiscriminant):
        return
    # by name, since its module imports TensorFlow
    if kind != "SpeechEmotionClassifier":
        refuse(who, name, classifier, "networks and DiscriminantClassifier can be")
    if classifier.precision != "float32":
        refuse(
            who,
            name,
            classifier,
            f"precision={classifier.precision!r} rounds in another way than a graph of float32",
        )

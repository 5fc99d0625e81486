"""The classifier that `sersk.make_ser_pipeline` is asked for: a name, a function or an instance.

Arguments that do not fit are refused here, before TensorFlow is imported if possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import signature
from typing import Any

from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.utils import get_tags

from sersk._utils.suggest import suggest
from sersk.classifiers.discriminant import DiscriminantClassifier
from sersk.classifiers.networks import NETWORKS
from sersk.classifiers.networks.registry import check_hyperparameters
from sersk.classifiers.vector_classifier import VectorClassifier

# the name that make_ser_pipeline(classifier=...) takes, beside those of networks
DISCRIMINANT = "discriminant"


def check_choice(classifier: Any) -> None:
    """Refuse an object that is no classifier.

    Parameters
    ----------
    classifier : object
        The argument of `sersk.make_ser_pipeline`.

    Raises
    ------
    ValueError
        If it is neither the name of a classifier, nor a function, nor a classifier's instance.
    """
    if isinstance(classifier, str):
        names = [*NETWORKS, DISCRIMINANT]
        if classifier not in names:
            raise ValueError(
                f"make_ser_pipeline: classifier={classifier!r} is none of {', '.join(names)}"
                f"{suggest(classifier, names) or '.'}"
            )
    elif isinstance(classifier, type):
        raise ValueError(
            f"make_ser_pipeline: classifier={classifier.__name__} is a class; pass an instance, "
            f"{classifier.__name__}()."
        )
    elif is_instance(classifier):
        if not is_classifier(classifier):
            raise ValueError(f"make_ser_pipeline: classifier={classifier!r} is no classifier.")
    elif not callable(classifier):
        raise ValueError(
            f"make_ser_pipeline: classifier={classifier!r} is neither the name of a classifier, "
            "nor a function that builds a network, nor an instance of a scikit-learn classifier."
        )


def is_instance(classifier: Any) -> bool:
    """Return whether a choice is an estimator, not a name or a function.

    Parameters
    ----------
    classifier : object
        The argument of `sersk.make_ser_pipeline`.

    Returns
    -------
    instance : bool
        Whether it has `fit` and `get_params`.
    """
    return hasattr(classifier, "fit") and hasattr(classifier, "get_params")


def needs_vectors(classifier: Any) -> bool:
    """Return whether a classifier takes vectors, not features with an axis of time.

    Parameters
    ----------
    classifier : str, callable or classifier
        As `check_choice` takes it.

    Returns
    -------
    needed : bool
        Also False for what may take both, such as a user's own network.
    """
    if not is_instance(classifier):
        return isinstance(classifier, str) and classifier == DISCRIMINANT
    own = isinstance(classifier, (DiscriminantClassifier, VectorClassifier))
    return own or not takes_views(classifier)


def needs_time(classifier: Any) -> bool:
    """Return whether a classifier takes features with an axis of time, not vectors.

    Parameters
    ----------
    classifier : str, callable or classifier
        As `check_choice` takes it.

    Returns
    -------
    needed : bool
        True for the networks of `sersk.classifiers.networks`, also in an instance.
    """
    model = getattr(classifier, "model", None) if is_instance(classifier) else classifier
    return isinstance(model, str) and model in NETWORKS


def default_features(classifier: Any, preset: Any) -> Any:
    """Return the preset's features, or functionals if the classifier needs vectors and gets none.

    Parameters
    ----------
    classifier : str, callable or classifier
        As `check_choice` takes it.
    preset : str or transformer
        The preset's features.

    Returns
    -------
    features : str or transformer
        Their name, or the preset's.
    """
    gives_vectors = getattr(preset, "output_kind", None) == "vector"
    return "functionals" if needs_vectors(classifier) and not gives_vectors else preset


def check_fit_for(classifier: Any, features: BaseEstimator, preset: str | None) -> None:
    """Refuse a classifier on features that it is known not to take.

    Parameters
    ----------
    classifier : str, callable or classifier
        As `check_choice` takes it.
    features : transformer
        The features.
    preset : str or None
        The preset that they are of; None if they were given.

    Raises
    ------
    ValueError
        With what to pass instead.
    """
    kind = getattr(features, "output_kind", None)
    shown = repr(classifier) if isinstance(classifier, str) else type(classifier).__name__
    given = f"features={type(features).__name__}" if preset is None else f"preset={preset!r}"
    if needs_vectors(classifier) and kind == "frames":
        raise ValueError(
            f"make_ser_pipeline: classifier={shown} takes vectors, but {given} gives features with "
            "an axis of time, which are for networks such as 'cnn'. Pass features='functionals', "
            "or another classifier."
        )
    if needs_time(classifier) and kind == "vector":
        raise ValueError(
            f"make_ser_pipeline: classifier={shown} takes features with an axis of time, but "
            f"{given} gives vectors. Pass features='mel', or classifier='discriminant'; the "
            "default preset='published' has both network and mel spectrograms."
        )


def takes_views(classifier: BaseEstimator) -> bool:
    """Return whether a classifier takes marked views of clips itself.

    Parameters
    ----------
    classifier : classifier
        An instance.

    Returns
    -------
    taken : bool
        Whether its tags say that it takes arrays of three dimensions.
    """
    return get_tags(classifier).input_tags.three_d_array


def make_classifier(
    classifier: Any,
    *,
    epochs: int | None,
    verbose: int | bool | None,
    params: dict[str, Any],
    known: Iterable[str],
) -> BaseEstimator:
    """Make the classifier of a pipeline.

    Parameters
    ----------
    classifier : str, callable or classifier
        As `check_choice` takes it. An instance is cloned; if it takes no views, it is put into a
        `VectorClassifier`.
    epochs : int or None
        Most passes over the training clips; None for the classifier's default.
    verbose : int, bool or None
        Verbosity of a network.
    params : dict
        Further parameters of the classifier.
    known : iterable of str
        Names of further parameters of the caller, for suggestions.

    Returns
    -------
    classifier : classifier
        Not fitted.

    Raises
    ------
    TypeError
        If the classifier has no parameter of one of the names.
    ValueError
        If a network has no hyperparameter of one of the names, or `epochs` is given and the
        classifier is not trained in epochs.
    """
    if is_instance(classifier):
        name = type(classifier).__name__
        _refuse_epochs(epochs, f"an instance; set them on it, {name}(...)")
        _check_params(params, [], known, f" An instance of {name} has its parameters already.")
        chosen = clone(classifier)
        return chosen if takes_views(chosen) else VectorClassifier(chosen)
    if isinstance(classifier, str) and classifier == DISCRIMINANT:
        others = ", ".join(NETWORKS)
        _refuse_epochs(epochs, f"{DISCRIMINANT!r}, which has none; networks have: {others}")
        _check_params(params, _names(DiscriminantClassifier), known)
        return DiscriminantClassifier(**params)
    prefix = "model__"
    check_hyperparameters(
        NETWORKS.find(classifier), [n.removeprefix(prefix) for n in params if n.startswith(prefix)]
    )
    # TensorFlow is imported here, for networks only.
    from sersk.classifiers.neural import SpeechEmotionClassifier

    names = [name for name in _names(SpeechEmotionClassifier) if name != "model"]
    _check_params({n: v for n, v in params.items() if "__" not in n}, names, known)
    given: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    return SpeechEmotionClassifier(classifier, verbose=verbose, **given, **params)


def _refuse_epochs(epochs: int | None, reason: str) -> None:
    if epochs is not None:
        raise ValueError(f"make_ser_pipeline: epochs={epochs}, but classifier is {reason}.")


def _names(estimator: Callable[..., Any]) -> list[str]:
    return [name for name in signature(estimator).parameters if name != "kwargs"]


def _check_params(
    params: Iterable[str], names: Iterable[str], known: Iterable[str], why: str = ""
) -> None:
    for name in params:
        if name not in names:
            near = suggest(name, [*names, *known])
            raise TypeError(
                f"make_ser_pipeline got an unexpected keyword argument {name!r}"
                f"{near or '.'}{why if not near else ''}"
            )

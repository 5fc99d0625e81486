"""The versions that wrote a model, held against the installed ones."""

from __future__ import annotations

import warnings
from typing import Any

from sersk._utils.versions import compare_versions, keep_versions, tell_versions
from sersk.persistence.card import get_card


class ModelVersionWarning(UserWarning):
    """Other versions of the packages whose objects a model holds wrote its file."""


def get_versions(model: Any) -> dict[str, str]:
    """Return the versions that wrote a model.

    Parameters
    ----------
    model : estimator
        A model that was loaded.

    Returns
    -------
    versions : dict of str to str
        By name; empty if they are unknown.
    """
    return keep_versions(get_card(model).get("versions"))


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
    written = get_versions(model)
    return tell_versions(written) if compare_versions(written, network=True) else ""


def warn_of_versions(model: Any, name: str, stacklevel: int) -> None:
    """Warn if other versions wrote a model, as far as its predictions depend on them.

    Parameters
    ----------
    model : estimator
        The model.
    name : str
        Name of its file.
    stacklevel : int
        Levels from here to the caller of `load_model`.

    Warns
    -----
    ModelVersionWarning
        If so.
    """
    last = getattr(model, "best_estimator_", model)
    last = last.steps[-1][1] if hasattr(last, "steps") else last
    differences = compare_versions(get_versions(model), network=hasattr(last, "model_"))
    if type(model).__module__.startswith("sklearn."):
        # scikit-learn has given its own InconsistentVersionWarning
        differences = [text for text in differences if not text.startswith("scikit-learn ")]
    if differences:
        warnings.warn(
            f"load_model: {name!r} was written by {', '.join(differences)}. Its predictions may "
            "differ or fail: install these versions, or train and save it again.",
            ModelVersionWarning,
            stacklevel=stacklevel + 1,
        )

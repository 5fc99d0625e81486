"""Which features there are: those declared in a module of this package, and those registered."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TypeVar

from sklearn.base import BaseEstimator

Feature = TypeVar("Feature", bound=type[BaseEstimator])

_registered: dict[str, type[BaseEstimator]] = {}


def register_feature(name: str) -> Callable[[Feature], Feature]:
    """Decorate a feature's class: ``make_ser_pipeline(features=name)`` takes it then.

    Parameters
    ----------
    name : str
        The name, such as "mel".

    Returns
    -------
    decorate : callable
        Takes the class and returns it unchanged.

    Raises
    ------
    ValueError
        If another class has the name.

    See Also
    --------
    find_features : All registered features.
    sersk.testing.check_feature : Check a feature.

    Examples
    --------
    >>> from sersk import MFCCTransformer
    >>> from sersk.features import find_features, register_feature
    >>> @register_feature("broad_mfcc")
    ... class BroadMFCC(MFCCTransformer):
    ...     pass
    >>> find_features()["broad_mfcc"] is BroadMFCC
    True
    """

    def decorate(feature: Feature) -> Feature:
        known = _registered.get(name)
        # A cell of a notebook that is run again defines the same class again.
        if known is not None and _place(known) != _place(feature):
            raise ValueError(
                f"register_feature: {name!r} is the name of {known.__name__} already; choose "
                f"another name for {feature.__name__}."
            )
        _registered[name] = feature
        return feature

    return decorate


def find_features() -> dict[str, type[BaseEstimator]]:
    """Return the classes of all registered features by their names, in alphabetical order.

    All modules of `sersk.features` are imported first: a new feature there is one new file.

    Returns
    -------
    features : dict of str to class
        The classes.

    See Also
    --------
    register_feature : Register a feature.

    Examples
    --------
    >>> from sersk.features import find_features
    >>> find_features()["mel"].__name__
    'MelSpectrogramTransformer'
    """
    package = importlib.import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_registered.items()))


def _place(feature: type) -> tuple[str, str]:
    return feature.__module__, feature.__qualname__

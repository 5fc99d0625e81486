"""Metadata (speakers, weights) for the estimators that take it, as scikit-learn's routing reports.

Works for estimators, searches and nested pipelines, with scikit-learn's metadata routing enabled or
not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sklearn
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRouter, get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

_METHODS = ("fit", "transform")


def takes(estimator: Any, method: str, name: str) -> bool:
    """Return whether a method of an estimator, or of a part of it, takes some metadata.

    Parameters
    ----------
    estimator : estimator
        The estimator, which is not changed.
    method : {"fit", "transform"}
        The method.
    name : str
        Name of the metadata, such as "groups" or "sample_weight".

    Returns
    -------
    taken : bool
        Whether the method takes the metadata, and no request of the user excludes it.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from sersk._utils.routing import takes
    >>> takes(make_pipeline(SVC()), "fit", "sample_weight"), takes(SVC(), "fit", "groups")
    (True, False)
    >>> takes(KNeighborsClassifier(), "fit", "sample_weight")
    False
    """
    try:
        request = get_routing_for_object(estimator)
    except NotImplementedError:  # such as AdaBoostClassifier
        return method == "fit" and has_fit_parameter(estimator, name)
    _ask(request, [name])  # it is a copy
    return name in request.consumes(method, [name])


def fit_with(estimator: Any, X: Any, y: Any, **metadata: Any) -> Any:
    """Fit an estimator, and pass metadata to the parts that take it.

    Parameters
    ----------
    estimator : estimator
        A part that takes some of the metadata and has no request for it gets a request.
    X : array-like of shape (n_clips, ...)
        Input.
    y : array-like of shape (n_clips,)
        Labels.
    **metadata : array-like of shape (n_clips,) or None
        Metadata by name. Metadata that is None, or that no part takes, is not passed.

    Returns
    -------
    estimator : estimator
        The same estimator, fitted.
    """
    metadata = {name: value for name, value in metadata.items() if value is not None}
    spelled = _spell(estimator, metadata)
    if spelled is not None:
        with sklearn.config_context(enable_metadata_routing=False):
            return estimator.fit(X, y, **spelled)
    with sklearn.config_context(enable_metadata_routing=True):
        _set_requests(estimator, metadata)
        consumed = get_routing_for_object(estimator).consumes("fit", metadata)
        return estimator.fit(X, y, **{name: metadata[name] for name in consumed})


def transform_with(step: Any, X: Any, **metadata: Any) -> Any:
    """Transform with a fitted step, and pass metadata if the step takes it.

    Parameters
    ----------
    step : transformer
        A fitted step of a pipeline, which may be a pipeline itself. It gets requests as in
        `fit_with`.
    X : array-like of shape (n_clips, ...)
        Input.
    **metadata : array-like of shape (n_clips,) or None
        Metadata by name. Metadata that is None, or that no part takes, is not passed.

    Returns
    -------
    X_out : array-like of shape (n_clips, ...)
        The output.
    """
    taken = {n: v for n, v in metadata.items() if v is not None and takes(step, "transform", n)}
    with sklearn.config_context(enable_metadata_routing=True):
        _set_requests(step, taken)
        return step.transform(X, **taken)


def _spell(estimator: Any, metadata: dict[str, Any]) -> dict[str, Any] | None:
    """Return the parameters of `fit` under their names without metadata routing.

    None if there are no such names: some estimators pass metadata to their parts only with routing.
    """
    if isinstance(estimator, Pipeline):
        spelled: dict[str, Any] = {}
        for name, step in estimator.steps:
            part = _spell(step, metadata)
            if part is None:
                return None
            spelled |= {f"{name}__{key}": value for key, value in part.items()}
        return spelled
    if isinstance(estimator, BaseSearchCV):
        inner = _spell(estimator.estimator, metadata)
        if inner is None or "groups" in inner:  # a search passes `groups` to its splitter only
            return None
        split = "groups" in metadata and _splits_by_group(estimator.cv)
        return inner | ({"groups": metadata["groups"]} if split else {})
    if not hasattr(estimator, "fit"):  # "passthrough"
        return {}
    taken = {name: v for name, v in metadata.items() if takes(estimator, "fit", name)}
    return taken if all(has_fit_parameter(estimator, name) for name in taken) else None


def _splits_by_group(cv: Any) -> bool:
    if not hasattr(cv, "split"):  # a number of folds, or the folds themselves
        return False
    if not hasattr(cv, "get_metadata_routing"):  # a class of the user
        return True
    return bool(get_routing_for_object(cv).split.requests.get("groups"))


def _ask(request: Any, names: Iterable[str]) -> None:
    """Request metadata for each method that can request it and has no request."""
    if isinstance(request, MetadataRouter):
        for _, pair in request:
            _ask(pair.router, names)
        return
    for method in _METHODS:
        requests = getattr(request, method)
        for name in {*names} & requests.requests.keys():
            if requests.requests[name] is None:
                requests.add_request(param=name, alias=True)


def _set_requests(estimator: Any, names: Iterable[str]) -> None:
    """Do as `_ask`, on the estimator and its parts themselves."""
    parts = [estimator, *getattr(estimator, "get_params", dict)().values()]
    for part in parts:
        for method in _METHODS:
            if isinstance(part, type) or not hasattr(part, f"set_{method}_request"):
                continue
            own: Any = get_routing_for_object(part)
            if isinstance(own, MetadataRouter):  # takes metadata, and passes metadata to its parts
                own = dict(own)["$self_request"].router
            requests = getattr(own, method).requests
            unset = {name: True for name in names if requests.get(name, False) is None}
            if unset:
                getattr(part, f"set_{method}_request")(**unset)

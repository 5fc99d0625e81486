"""One fit and its predictions: seeds set, speakers routed, time taken."""

from dataclasses import dataclass
from inspect import signature
from time import perf_counter
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import has_fit_parameter

from sersk.metrics.scores import unweighted_average_recall


@dataclass
class Task:
    """What to fit, on which clips, and whom to test."""

    seed: int
    fold: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    share: float = 1.0


@dataclass
class Outcome:
    """What came of it."""

    task: Task
    y_pred: NDArray[Any]
    proba: NDArray[np.float64] | None
    fit_time: float
    predict_time: float
    train_uar: float | None = None


def with_seed(pipeline: Any, seed: int) -> Any:
    """Return a clone of which every `random_state`, nested ones too, is the seed."""
    seeded = clone(pipeline)
    names = [
        name
        for name in seeded.get_params(deep=True)
        if name == "random_state" or name.endswith("__random_state")
    ]
    return seeded.set_params(**dict.fromkeys(names, seed))


def uses_speakers_to_predict(estimator: Any) -> bool:
    """Return whether a step needs the speakers of the clips to be predicted."""
    if isinstance(estimator, BaseSearchCV):
        return uses_speakers_to_predict(estimator.estimator)
    return isinstance(estimator, Pipeline) and any(
        _transforms_by_speaker(step) for _, step in estimator.steps[:-1]
    )


def _transforms_by_speaker(step: Any) -> bool:
    return hasattr(step, "transform") and "groups" in signature(step.transform).parameters


def route_groups(estimator: Any, groups: Any) -> dict[str, Any]:
    """Return the fit parameters that take speakers to the steps that ask for them."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        routed = {f"{name}__{key}": value for key, value in route_groups(last, groups).items()}
        for name, step in estimator.steps[:-1]:
            if _transforms_by_speaker(step):
                routed[f"{name}__groups"] = groups
        return routed
    if isinstance(estimator, BaseSearchCV):  # for its splitter, and for what it fits
        return {"groups": groups, **route_groups(estimator.estimator, groups)}
    return {"groups": groups} if has_fit_parameter(estimator, "groups") else {}


def fit_and_predict(
    pipeline: Any,
    data: tuple[Any, NDArray, Any],
    task: Task,
    classes: NDArray,
    test_data: tuple[Any, Any] | None = None,
    score_training: bool = False,
) -> Outcome:
    """Fit a clone on the training clips, predict the test clips (of `test_data`, if given)."""
    X, y, groups = data
    test_X, test_groups = (X, groups) if test_data is None else test_data
    estimator = with_seed(pipeline, task.seed)
    X_train, y_train = _safe_indexing(X, task.train), y[task.train]
    X_test = _safe_indexing(test_X, task.test)
    # Named parameters reach the step whether or not the caller has metadata routing on.
    with sklearn.config_context(enable_metadata_routing=False):
        routed = {} if groups is None else route_groups(estimator, groups[task.train])
        start = perf_counter()
        estimator.fit(X_train, y_train, **routed)
        fitted = perf_counter()
        y_pred, proba = _predict(estimator, X_test, test_groups[task.test], classes)
        done = perf_counter()
        train_uar = None
        if score_training:
            on_training, _ = _predict(estimator, X_train, groups[task.train], classes)
            train_uar = unweighted_average_recall(y_train, on_training)
    return Outcome(task, y_pred, proba, fitted - start, done - fitted, train_uar)


def _predict(
    estimator: Any, X: Any, groups: Any, classes: NDArray
) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
    # The features of a clip cost more than the rest: they are made once for both predictions.
    if type(estimator) is Pipeline and len(estimator) > 1:
        for _, _, step in estimator._iter(with_final=False):
            X = step.transform(X, **({"groups": groups} if _transforms_by_speaker(step) else {}))
        estimator = estimator[-1]
    y_pred = np.asarray(estimator.predict(X))
    if not hasattr(estimator, "predict_proba"):
        return y_pred, None
    given = np.asarray(estimator.predict_proba(X))
    proba = given.astype(np.float64)
    if given.dtype != np.float64:  # rows add up to 1 in the precision that they came in
        proba /= proba.sum(axis=1, keepdims=True)
    order = getattr(estimator, "classes_", classes)
    aligned = np.zeros((len(proba), len(classes)))
    aligned[:, np.searchsorted(classes, order)] = proba
    return y_pred, aligned

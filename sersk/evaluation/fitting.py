"""One fit and its predictions, with seed, speakers and times."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import getattr_static
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing

from sersk.adaptation import adapt
from sersk.audio.unlike import without_comparison
from sersk.base.pipelines import ClipPipeline
from sersk.evaluation.routing import fit_by_speaker, transform_by_speaker
from sersk.metrics.scores import unweighted_average_recall


@dataclass
class Task:
    """A fit: its seed, its fold, and the positions of training, test and adapting clips."""

    seed: int
    fold: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    share: float = 1.0
    adapting: NDArray[np.intp] | None = None


@dataclass
class Outcome:
    """The predictions of a fit, and how long it took (s)."""

    task: Task
    y_pred: NDArray[Any]
    proba: NDArray[np.float64] | None
    fit_time: float
    predict_time: float
    train_uar: float | None = None


def with_seed(pipeline: Any, seed: int) -> Any:
    """Return a clone with every `random_state`, also nested ones, set to a seed.

    Parameters
    ----------
    pipeline : estimator
        It is left as it is.
    seed : int
        The seed.

    Returns
    -------
    seeded : estimator
        The clone.
    """
    seeded = clone(pipeline)
    names = [
        name
        for name in seeded.get_params(deep=True)
        if name == "random_state" or name.endswith("__random_state")
    ]
    return seeded.set_params(**dict.fromkeys(names, seed))


def fit_and_predict(
    pipeline: Any,
    data: tuple[Any, NDArray, Any],
    task: Task,
    classes: NDArray,
    test_data: tuple[Any, Any] | None = None,
    score_training: bool = False,
) -> Outcome:
    """Fit a clone on the training clips, and predict the test clips.

    Parameters
    ----------
    pipeline : estimator
        A classifier, or a pipeline or search that ends in one. It is left as it is.
    data : tuple of (X, y, groups)
        Clips, labels and speakers.
    task : Task
        Seed, and positions of training and test clips.
    classes : ndarray of shape (n_classes,)
        All labels, sorted: the columns of the probabilities.
    test_data : tuple of (X, groups) or None, default=None
        Clips that the test positions refer to; None for those of `data`.
    score_training : bool, default=False
        Whether to predict the training clips too.

    Returns
    -------
    outcome : Outcome
        Predictions and times.
    """
    X, y, groups = data
    test_X, test_groups = (X, groups) if test_data is None else test_data
    estimator = with_seed(pipeline, task.seed)
    X_train, y_train = _safe_indexing(X, task.train), y[task.train]
    X_test = _safe_indexing(test_X, task.test)
    start = perf_counter()
    fit_by_speaker(estimator, X_train, y_train, None if groups is None else groups[task.train])
    if task.adapting is not None:
        estimator = adapt(estimator, _safe_indexing(test_X, task.adapting))
    fitted = perf_counter()
    # The report tells how well it does on clips unlike the training.
    estimator = without_comparison(estimator)
    y_pred, proba = predict_by_speaker(estimator, X_test, test_groups[task.test], classes)
    done = perf_counter()
    train_uar = None
    if score_training:
        on_training, _ = predict_by_speaker(estimator, X_train, groups[task.train], classes)
        train_uar = unweighted_average_recall(y_train, on_training)
    return Outcome(task, y_pred, proba, fitted - start, done - fitted, train_uar)


def _predicts_by_steps(estimator: Any) -> bool:
    """Return whether an estimator is a pipeline with the `predict` of scikit-learn's or ours."""
    if not isinstance(estimator, Pipeline):
        return False
    known = [getattr_static(one, "predict") for one in (Pipeline, ClipPipeline)]
    return getattr_static(type(estimator), "predict") in known


def predict_by_speaker(
    estimator: Any, X: Any, groups: Any, classes: NDArray
) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
    """Predict labels and probabilities, and pass the speakers to steps that take them.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier, or a pipeline that ends in one.
    X : array-like of shape (n_clips, ...)
        Clips.
    groups : array-like of shape (n_clips,)
        Speakers.
    classes : ndarray of shape (n_classes,)
        All labels, sorted: the columns of the probabilities.

    Returns
    -------
    y_pred : ndarray of shape (n_clips,)
        Labels.
    proba : ndarray of shape (n_clips, n_classes) or None
        Probabilities; None if the classifier has none.
    """
    # Features take most of the time: they are computed once for labels and probabilities.
    while _predicts_by_steps(estimator):
        for _, _, step in estimator._iter(with_final=False):
            X = transform_by_speaker(step, X, groups)
        estimator = estimator[-1]
    y_pred = np.asarray(estimator.predict(X))
    if not hasattr(estimator, "predict_proba"):
        return y_pred, None
    given = np.asarray(estimator.predict_proba(X))
    proba = given.astype(np.float64)
    if given.dtype != np.float64:  # rows add up to 1 in the precision they have
        proba /= proba.sum(axis=1, keepdims=True)
    order = getattr(estimator, "classes_", classes)
    aligned = np.zeros((len(proba), len(classes)))
    aligned[:, np.searchsorted(classes, order)] = proba
    return y_pred, aligned

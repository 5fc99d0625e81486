"""One fit and its predictions, with seed, speakers and times."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from sersk.adaptation import adapt
from sersk.audio.unlike import without_comparison
from sersk.evaluation.conditions import predict_conditions
from sersk.evaluation.predicting import predict_by_speaker
from sersk.evaluation.routing import fit_by_speaker
from sersk.metrics.scores import unweighted_average_recall


@dataclass
class Task:
    """A fit: its seed, its fold, the positions of its clips, and conditions to test under."""

    seed: int
    fold: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    share: float = 1.0
    adapting: NDArray[np.intp] | None = None
    conditions: tuple[str, ...] = ()


@dataclass
class Outcome:
    """The predictions of a fit, also under conditions, and how long it took (s)."""

    task: Task
    y_pred: NDArray[Any]
    proba: NDArray[np.float64] | None
    fit_time: float
    predict_time: float
    train_uar: float | None = None
    heard: dict[str, NDArray[Any] | None] = field(default_factory=dict)


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
    heard = predict_conditions(estimator, X_test, test_groups[task.test], classes, task.conditions)
    return Outcome(task, y_pred, proba, fitted - start, done - fitted, train_uar, heard)

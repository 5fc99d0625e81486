"""Labels and probabilities of a fitted model, with the speakers for the steps that take them."""

from __future__ import annotations

from inspect import getattr_static
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from sersk.base.pipelines import ClipPipeline
from sersk.evaluation.routing import transform_by_speaker


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

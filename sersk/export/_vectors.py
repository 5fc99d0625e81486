"""Normalisation over the training clips, and the linear discriminant, in a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.classifiers.discriminant import DiscriminantClassifier
from sersk.export._operations import Operations, Value


def add_normalizer(ops: Operations, step: Any, features: Value, n_axes: int) -> Value:
    """Subtract the mean of each band, and divide by its standard deviation.

    Parameters
    ----------
    ops : Operations
        The graph.
    step : FeatureNormalizer
        The fitted normaliser.
    features : value of shape (n_features,) or (n_bands, n_frames)
        Features of a clip.
    n_axes : int
        1 or 2, the number of their axes.

    Returns
    -------
    features : value of the same shape
        Normalised features.
    """
    shape = (-1,) if n_axes == 1 else (-1, 1)
    return _standardize(ops, features, step.mean_.reshape(shape), step.scale_.reshape(shape))


def add_discriminant(ops: Operations, classifier: DiscriminantClassifier, vector: Value) -> Value:
    """Compute the probabilities of a linear discriminant.

    Parameters
    ----------
    ops : Operations
        The graph.
    classifier : DiscriminantClassifier
        The fitted classifier.
    vector : value of shape (n_features,)
        Features of a clip.

    Returns
    -------
    probabilities : value of shape (n_classes,)
        The probabilities, in the order of `classes_`.
    """
    values = _standardize(ops, vector, classifier.mean_, classifier.scale_)
    limit = classifier.clip_value
    if limit is not None:
        values = ops.minimum(ops.maximum(values, -limit), limit)
    row = ops.reshape(values, (1, classifier.n_features_in_))
    decision = ops.add(ops.matmul(row, classifier.coef_.T), classifier.intercept_)
    proba = ops.softmax(ops.divide(decision, classifier.temperature_))
    return ops.reshape(proba, (len(classifier.classes_),))


def _standardize(
    ops: Operations, values: Value, mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> Value:
    # The pipeline computes in float64. The mean as a sum of two numbers of float32 loses nothing
    # where a feature's spread is small against its mean.
    coarse = mean.astype(np.float32)
    centred = ops.subtract(ops.subtract(values, coarse), mean - coarse)
    return ops.divide(centred, scale)


def add_first_class(ops: Operations, network: Any, proba: Value) -> Value:
    """Add the first of two classes to a network that ends in a sigmoid, the second class's.

    Parameters
    ----------
    ops : Operations
        The graph.
    network : keras.Model
        The network.
    proba : value
        Its output, of shape (n_outputs,).

    Returns
    -------
    proba : value
        Of shape (n_classes,).
    """
    if network.output_shape[-1] != 1:
        return proba
    return ops.concatenate([ops.subtract(1.0, proba), proba])

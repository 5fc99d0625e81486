"""Adaptation of a network: its batch normalisation, and the weights of its last layer."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BATCH_SIZE = 32


def adapt_norms(classifier: Any, features: NDArray[Any], share: float) -> tuple[Any, int]:
    """Return a copy whose batch normalisation has statistics shifted towards those of clips.

    Parameters
    ----------
    classifier : SpeechEmotionClassifier
        Fitted. It is not changed.
    features : ndarray of shape (n_clips, n_bands, n_frames)
        Features of clips.
    share : float
        How far, from 0 to 1.

    Returns
    -------
    adapted : SpeechEmotionClassifier
        The copy, with a network of its own.
    n_layers : int
        How many layers have other statistics.
    """
    from sersk.classifiers.recalibration import estimate_statistics, find_norms

    adapted = copy.deepcopy(classifier)
    norms = find_norms(adapted.model_)
    if norms:
        before = [[np.asarray(value) for value in _statistics(layer)] for layer in norms]
        n_batches = -(-len(features) // _BATCH_SIZE)
        batches = np.array_split(np.asarray(features, np.float32), n_batches)
        estimate_statistics(adapted.model_, batches)
        for layer, old in zip(norms, before, strict=True):
            for variable, value in zip(_statistics(layer), old, strict=True):
                variable.assign((1 - share) * value + share * np.asarray(variable))
    return adapted, len(norms)


def correct_last_layer(
    classifier: Any, matrix: NDArray[np.float64], offset: NDArray[np.float64]
) -> None:
    """Correct the log-probabilities of a network, in place, by the weights of its last layer.

    Parameters
    ----------
    classifier : SpeechEmotionClassifier
        Fitted; `has_softmax` is true of it.
    matrix : ndarray of shape (n_classes, n_classes)
        The corrected log-odds are ``log_odds @ matrix + offset``.
    offset : ndarray of shape (n_classes,)
        See there.
    """
    last = classifier.model_.layers[-1]
    last.kernel.assign(np.asarray(last.kernel) @ matrix)
    last.bias.assign(np.asarray(last.bias) @ matrix + offset)


def has_softmax(classifier: Any) -> bool:
    """Return whether a network ends in a dense layer with a softmax over the classes.

    Parameters
    ----------
    classifier : SpeechEmotionClassifier
        Fitted.

    Returns
    -------
    has : bool
        Whether `correct_last_layer` takes it.
    """
    last = classifier.model_.layers[-1]
    activation = getattr(getattr(last, "activation", None), "__name__", "")
    return activation == "softmax" and getattr(last, "bias", None) is not None


def _statistics(layer: Any) -> list[Any]:
    return [layer.moving_mean, layer.moving_variance]

"""A network in a model file: its weights. Its architecture is built anew by its function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from numpy.typing import NDArray

from sersk.classifiers.building import build_network
from sersk.classifiers.forking import can_unpack

_UNINITIALIZED = "uninitialized_variables"  # where Keras keeps what a StatelessScope left out


class StoredNetwork:
    """Takes the place of a network in a model file.

    Parameters
    ----------
    weights : list of ndarray
        Weights in the order of `keras.Model.get_weights`.
    seed : int
        Seed for layers that draw when they are built, such as dropout.
    """

    def __init__(self, weights: list[NDArray[Any]], seed: int) -> None:
        self.weights = weights
        self.seed = seed

    def rebuild(
        self,
        build: Callable[..., keras.Model],
        input_shape: tuple[int, ...],
        n_classes: int,
        hyperparameters: dict[str, Any],
        *,
        precision: str,
        is_known: bool,
    ) -> keras.Model | None:
        """Build the network, and give it its weights.

        Parameters
        ----------
        build : callable
            Function that builds the network.
        input_shape : tuple of int
            Shape of one clip's features, without views.
        n_classes : int
            Number of classes.
        hyperparameters : dict
            Keyword arguments of `build`.
        precision : str
            Precision that the layers compute in.
        is_known : bool
            Whether the network is one of the registry. Its sizes are then compared with those of
            the weights before any memory is taken for it.

        Returns
        -------
        network : keras.Model or None
            The network, not compiled; None in a forked process, where a network can do nothing.

        Raises
        ------
        ValueError
            If the weights are not those of such a network.
        """
        if not can_unpack():
            return None
        shape = tuple(int(n) for n in input_shape)
        arguments = build, shape, int(n_classes), hyperparameters
        how: dict[str, Any] = {"seed": self.seed, "precision": precision}
        if is_known:
            network, empty = _outline(*arguments, **how, n_most=4 * len(self.weights) + 64)
            self._check(_shapes(network))
            _fill(network, empty, self.weights)
            return network
        network = build_network(*arguments, **how)
        self._check(_shapes(network))
        network.set_weights(self.weights)
        return network

    def _check(self, expected: list[tuple[int, ...]]) -> None:
        found = [np.shape(weight) for weight in self.weights]
        if found != expected:
            raise ValueError(
                f"SpeechEmotionClassifier: {len(found)} weights of shapes {_few(found)} are not "
                f"those of the network, {len(expected)} of shapes {_few(expected)}."
            )
        for weight in self.weights:
            if not isinstance(weight, np.ndarray) or weight.dtype.kind not in "fiu":
                raise ValueError("SpeechEmotionClassifier: a weight does not hold numbers.")


def _few(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes[:3])) + (", ..." if len(shapes) > 3 else "")


def _shapes(network: keras.Model) -> list[tuple[int, ...]]:
    return [tuple(variable.shape) for variable in network.weights]


def _outline(*arguments: Any, n_most: int, **how: Any) -> tuple[keras.Model, list[Any]]:
    """Return a network without memory for its weights, and its variables without values."""
    before = global_state.get_global_attribute(_UNINITIALIZED)
    empty = _Bounded(n_most)
    try:
        global_state.set_global_attribute(_UNINITIALIZED, empty)
        with keras.StatelessScope(initialize_variables=False):
            return build_network(*arguments, **how), empty
    finally:
        global_state.set_global_attribute(_UNINITIALIZED, before)


def _fill(network: keras.Model, empty: list[Any], weights: list[NDArray[Any]]) -> None:
    """Give the weights to the variables: random initial values are never drawn."""
    for variable, weight in zip(network.weights, weights, strict=True):
        variable._initializer = partial(_give, weight)
    for variable in empty:  # also those that are no weights, such as the states of dropout
        variable._deferred_initialize()


def _give(weight: NDArray[Any], shape: Any, dtype: Any) -> Any:
    return keras.ops.convert_to_tensor(weight, dtype)


class _Bounded(list):
    """Keras's list of variables without values; it ends a network of endlessly many layers."""

    def __init__(self, n_most: int) -> None:
        super().__init__()
        self._n_most = n_most

    def append(self, variable: Any) -> None:
        if len(self) >= self._n_most:
            raise ValueError("SpeechEmotionClassifier: the network has more layers than weights.")
        super().append(variable)

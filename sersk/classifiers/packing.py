"""A network in a pickle: its architecture and its weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from numpy.typing import NDArray

from sersk.classifiers.forking import can_unpack
from sersk.classifiers.seeding import seeded


class PackedNetwork:
    """Takes the place of a network in a pickle. Unpickling it gives the network.

    The optimizer's two further copies of every weight are left out. Weights are arrays of their
    own, so that joblib can compress or map them.

    Parameters
    ----------
    network : keras.Model
        The network.
    seed : int
        Seed for layers that draw when they are built, such as dropout. With one seed,
        `partial_fit` after loading gives the same result each time.
    """

    def __init__(self, network: keras.Model, seed: int) -> None:
        self.network = network
        self.seed = seed

    def __reduce__(self) -> tuple[Callable[..., keras.Model | None], tuple[Any, ...]]:
        architecture = keras.saving.serialize_keras_object(self.network)
        return unpack_network, (architecture, self.network.get_weights(), self.seed)


def unpack_network(
    architecture: dict[str, Any], weights: list[NDArray[Any]], seed: int
) -> keras.Model | None:
    """Build a network from its architecture and its weights.

    Parameters
    ----------
    architecture : dict
        As Keras serialises it.
    weights : list of ndarray
        Weights in the order of `keras.Model.get_weights`.
    seed : int
        As of `PackedNetwork`.

    Returns
    -------
    network : keras.Model or None
        The network, not compiled; None in a forked process, where a network can do nothing.
    """
    if not can_unpack():
        return None
    with seeded(seed):
        # safe_mode=False is no less safe than the pickle that is being read
        network = keras.saving.deserialize_keras_object(architecture, safe_mode=False)
    network.set_weights(weights)
    return network

"""From the states over time to one vector: mean, standard deviation, maximum, attention."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def pool(states: Array, kinds: tuple[str, ...]) -> Array:
    """Describe states over time by statistics, one after the other.

    Parameters
    ----------
    states : ndarray of float32 of shape (n_frames, width)
        States of one layer.
    kinds : tuple of {"mean", "std", "max", "attention"}
        The statistics.

    Returns
    -------
    vector : ndarray of float32 of shape (len(kinds) * width,)
        The statistics.

    Notes
    -----
    "attention" is a mean with weights that nobody trains: the softmax over frames of their products
    with the mean state, divided by the root of the width, as if the mean were a query of
    self-attention and the states its keys and values.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.whisper.pooling import pool
    >>> states = np.array([[0.0, 1.0], [2.0, 1.0]], np.float32)
    >>> pool(states, ("mean", "std", "max")).tolist()
    [1.0, 1.0, 1.0, 0.0, 2.0, 1.0]
    """
    return np.concatenate([_POOLS[kind](states) for kind in kinds])


def _attend(states: Array) -> Array:
    mean = states.mean(axis=0)
    scores = (states @ mean) / np.float32(np.sqrt(states.shape[1]))
    weights = np.exp(scores - scores.max())
    return (weights / weights.sum()) @ states


_POOLS = {
    "mean": lambda states: states.mean(axis=0),
    "std": lambda states: states.std(axis=0),
    "max": lambda states: states.max(axis=0),
    "attention": _attend,
}
POOLINGS = tuple(_POOLS)

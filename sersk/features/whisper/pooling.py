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
    "attention" is a mean with weights that nobody trains, larger for frames that stand out: the
    softmax over frames of the mean square of their states, each standardised over the clip. A
    softmax of products of states, as in self-attention, takes few frames only, because some of
    Whisper's states are very large.

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
    spread = states.std(axis=0)
    deviations = (states - states.mean(axis=0)) / np.where(spread > 0, spread, 1)
    scores = np.square(deviations).mean(axis=1)
    weights = np.exp(scores - scores.max())
    return (weights / weights.sum()) @ states


_POOLS = {
    "mean": lambda states: states.mean(axis=0),
    "std": lambda states: states.std(axis=0),
    "max": lambda states: states.max(axis=0),
    "attention": _attend,
}
POOLINGS = tuple(_POOLS)

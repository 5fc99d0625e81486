"""Seeds for the parts of an estimator that have none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from sklearn.base import BaseEstimator


def set_seeds(estimator: BaseEstimator, random_state: int | RandomState | None) -> Any:
    """Set each ``random_state`` of an estimator and its parts that is None.

    Parameters
    ----------
    estimator : estimator
        Changed in place, with its parts at any depth that `get_params` lists.
    random_state : int, RandomState instance or None
        An int is set as it is. A RandomState instance draws an int for each parameter, in the
        sorted order of their names. None sets nothing.

    Returns
    -------
    estimator : estimator
        The estimator itself.

    Examples
    --------
    >>> from sersk import AudioAugmenter
    >>> from sersk._utils.seeding import set_seeds
    >>> set_seeds(AudioAugmenter(), 3).random_state, set_seeds(AudioAugmenter(), None).random_state
    (3, None)
    """
    if random_state is None:
        return estimator
    names = sorted(
        name
        for name, value in estimator.get_params().items()
        if value is None and name.rpartition("__")[2] == "random_state"
    )
    seeds: dict[str, Any] = dict.fromkeys(names, random_state)
    if isinstance(random_state, RandomState):
        highest = np.iinfo(np.int32).max
        seeds = {name: int(random_state.randint(highest)) for name in names}
    return estimator.set_params(**seeds)

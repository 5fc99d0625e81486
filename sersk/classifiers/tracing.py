"""The variables of a training, created before its step is traced.

TensorFlow traces a function twice if its first trace creates variables, and a trace takes a second
or more: most of the time of a short training.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def create_variables(network: keras.Model, clip: NDArray[Any], target: NDArray[np.float32]) -> None:
    """Create the variables of the optimizer and of the metrics, where there are none yet.

    Parameters
    ----------
    network : keras.Model
        The network, compiled.
    clip : ndarray of shape (1, ...)
        Features of one clip.
    target : ndarray of float32 of shape (1,) or (1, n_classes)
        Its target.
    """
    build_optimizer(network)
    if network.run_eagerly:  # nothing is traced
        return
    # The values do not matter: `fit` resets the metrics before each epoch.
    output = np.full([size or 1 for size in network.output_shape], 0.5, np.float32)
    network.compute_metrics(clip, target, output, sample_weight=np.ones(1, np.float32))
    network.reset_metrics()


def build_optimizer(network: keras.Model) -> None:
    """Create the variables of the optimizer, if there are none yet.

    Parameters
    ----------
    network : keras.Model
        The network, compiled.
    """
    if not network.optimizer.built:
        network.optimizer.build(network.trainable_variables)

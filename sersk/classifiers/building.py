"""The building of a network for one shape of clips, in one precision, from one seed."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import keras
import tensorflow as tf

from sersk._utils.processor import computes_bfloat16
from sersk.classifiers.networks.registry import check_hyperparameters
from sersk.classifiers.seeding import seeded

# Prefixes by which scikeras would pass arguments to Keras's fit and predict. Closed here: a test
# set could be given as validation data, and early stopping would choose the epoch by it.
_CLOSED_ROUTES = ("fit__", "predict__")
_OPEN_ROUTES = ("model__", "optimizer__", "loss__", "metrics__", "callbacks__", "compile__")
_N_BUILT = count()


def check_route(name: str) -> None:
    """Refuse a parameter that is no routed one, or leads around the validation split.

    Parameters
    ----------
    name : str
        Name of the parameter.

    Raises
    ------
    TypeError
        If there is no such parameter.
    """
    if name.startswith(_CLOSED_ROUTES):
        raise TypeError(
            f"SpeechEmotionClassifier takes no {name!r}: what goes to Keras's fit and predict is "
            "set by its own parameters (epochs, batch_size, validation_split, ...). Validation "
            "data can't be passed: early stopping on a test set would make its score worthless."
        )
    if not name.startswith(_OPEN_ROUTES):
        raise TypeError(f"SpeechEmotionClassifier got an unexpected keyword argument {name!r}")


def find_hyperparameters(params: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters of the network among an estimator's parameters.

    Parameters
    ----------
    params : dict
        Parameters by name, as `get_params` gives them.

    Returns
    -------
    hyperparameters : dict
        Those whose name begins with ``model__``, without that.

    Raises
    ------
    TypeError
        If a routed parameter leads where none may.
    """
    routed = {name: value for name, value in params.items() if "__" in name}
    for name in routed:
        check_route(name)
    prefix = "model__"
    return {n.removeprefix(prefix): v for n, v in routed.items() if n.startswith(prefix)}


def build_network(
    build: Callable[..., keras.Model],
    input_shape: tuple[int, ...],
    n_classes: int,
    hyperparameters: dict[str, Any],
    *,
    seed: int,
    precision: str = "float32",
) -> keras.Model:
    """Build a network and check that it ends in one value for each class.

    Parameters
    ----------
    build : callable
        Function ``(input_shape, n_classes, **hyperparameters)`` that returns a Keras model.
    input_shape : tuple of int
        Shape of one clip's features, without views.
    n_classes : int
        Number of classes.
    hyperparameters : dict
        Keyword arguments of `build`.
    seed : int
        Seed of the initial weights.
    precision : {"float32", "mixed_bfloat16"}, default="float32"
        Precision that the layers compute in.

    Returns
    -------
    network : keras.Model
        The network, not compiled unless `build` compiles it.

    Raises
    ------
    ValueError
        If `build` has no such hyperparameter, or the network's output has another length or an
        unknown one.
    """
    check_hyperparameters(build, hyperparameters)
    # The network of an earlier fit is garbage in reference cycles by now. It is collected before
    # there is a second network in memory. The first network of a process has none before it.
    if next(_N_BUILT):
        gc.collect()
    with seeded(seed), computing_in(precision):
        network = build(input_shape, n_classes, **hyperparameters)
    try:
        n_outputs = network.output_shape[-1]
    except (AttributeError, ValueError):  # a subclass of keras.Model; a Sequential without Input
        raise ValueError(
            f"SpeechEmotionClassifier: the shape of the output of {type(network).__name__} is "
            "unknown. Return a network that has its input: keras.Sequential([keras.Input("
            "input_shape), ...]), or keras.Model(inputs, outputs) with inputs = keras.Input("
            "input_shape) and, for a model of your own class, outputs = model(inputs)."
        ) from None
    if n_outputs != n_classes and (n_outputs, n_classes) != (1, 2):
        raise ValueError(
            f"SpeechEmotionClassifier: the network gives {n_outputs} values a clip, but y has "
            f"{n_classes} classes; its last layer should be "
            "Dense(n_classes, activation='softmax')."
        )
    return network


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Let layers that are built in this context compute in a precision.

    Parameters
    ----------
    precision : {"float32", "mixed_bfloat16"}
        Name of a Keras dtype policy.

    Yields
    ------
    None
        Nothing.
    """
    if precision == "mixed_bfloat16" and not _computes_bfloat16():
        warnings.warn(
            "precision='mixed_bfloat16' will be slow: this processor has no instructions for it "
            "(avx512_bf16 or amx_bf16 in /proc/cpuinfo). Take 'float32'.",
            UserWarning,
            stacklevel=2,
        )
    before = keras.config.dtype_policy()  # Keras keeps one for each thread
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _computes_bfloat16() -> bool:
    """Return whether the processor or a graphics card is made for it; True if that is unknown."""
    return bool(tf.config.list_physical_devices("GPU")) or computes_bfloat16() is not False

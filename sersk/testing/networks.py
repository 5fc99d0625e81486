"""The checker of networks."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

_BATCH = 4


def check_network(
    build: Callable[..., Any],
    *,
    input_shape: tuple[int, ...] = (64, 87),
    n_classes: Sequence[int] = (2, 5),
    **hyperparameters: Any,
) -> None:
    """Check that a function builds networks as `sersk.SpeechEmotionClassifier` needs them.

    The function is checked for its arguments, builds networks for several shapes and numbers of
    classes, and one of them is trained for one step, saved and loaded. Nothing is returned if all
    is well.

    Parameters
    ----------
    build : callable
        The function ``(input_shape, n_classes, *, ...)`` that builds a network.
    input_shape : tuple of int, default=(64, 87)
        Shape of one clip's features that the network takes. Longer clips are tried too.
    n_classes : sequence of int, default=(2, 5)
        Numbers of classes.
    **hyperparameters : dict
        Hyperparameters, such as smaller sizes, which make the check faster.

    Raises
    ------
    AssertionError
        If the function breaks the contract. The message says what is wrong and what is right.

    See Also
    --------
    sersk.testing.check_classifier : The checker of classifiers.
    sersk.SpeechEmotionClassifier : Trains the network.

    Examples
    --------
    >>> from sersk.classifiers.networks import lstm
    >>> from sersk.testing import check_network
    >>> check_network(lstm, input_shape=(8, 6), lstm_units=(4,), dense_units=())

    A network without a softmax:

    >>> def mean(input_shape, n_classes):
    ...     import keras
    ...
    ...     inputs = keras.Input(input_shape)
    ...     x = keras.layers.Flatten()(inputs)
    ...     return keras.Model(inputs, keras.layers.Dense(n_classes)(x))
    >>> check_network(mean, input_shape=(8, 6))
    Traceback (most recent call last):
        ...
    AssertionError: mean: the outputs of a clip are no probabilities...
    """
    name = getattr(build, "__name__", repr(build))
    _check_signature(build, name)
    longer = (*input_shape[:-1], 2 * input_shape[-1])
    for shape in (input_shape, longer):
        for count in n_classes:
            _check_output(build, name, shape, count, hyperparameters)
    _check_ranks(build, name, input_shape, hyperparameters)
    _check_training(build, name, input_shape, hyperparameters)


def _check_signature(build: Callable[..., Any], name: str) -> None:
    parameters = list(inspect.signature(build).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    _require(
        len(positional) == 2,
        name,
        f"{len(positional)} arguments may be positional "
        f"({', '.join(p.name for p in positional) or 'none'})",
        "two: def network(input_shape, n_classes, *, <hyperparameters>)",
    )
    missing = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    _require(
        not missing,
        name,
        f"the hyperparameters {', '.join(missing)} have no default",
        "each keyword-only argument has a default value",
    )


def _check_output(
    build: Callable[..., Any],
    name: str,
    shape: tuple[int, ...],
    n_classes: int,
    hyperparameters: dict[str, Any],
) -> None:
    where = f"for input_shape={shape} and n_classes={n_classes}"
    try:
        network = build(shape, n_classes, **hyperparameters)
    except Exception as error:
        raise _failure(
            name, f"building {where} fails ({error})", "a network for clips of any length"
        ) from error
    _require(
        hasattr(network, "output_shape") and hasattr(network, "fit"),
        name,
        f"it returns an object of type {type(network).__name__}",
        "it returns a keras.Model",
    )
    _require(
        network.output_shape == (None, n_classes),
        name,
        f"{where} the output has shape {network.output_shape}",
        f"(None, {n_classes}), by a last layer Dense(n_classes, activation='softmax')",
    )
    clips = np.random.default_rng(0).normal(size=(_BATCH, *shape)).astype(np.float32)
    outputs = np.asarray(network(clips, training=False))
    _require(
        outputs.dtype == np.float32,
        name,
        f"the output is of type {outputs.dtype}",
        "float32, by dtype='float32' in the last layer",
    )
    sums = outputs.astype(np.float64).sum(axis=1)
    _require(
        bool((outputs >= 0).all() and np.allclose(sums, 1, atol=1e-4)),
        name,
        f"the outputs of a clip are no probabilities: they add up to {sums[0]:.3g}",
        "none is negative and they add up to 1, by activation='softmax' in the last layer",
    )


def _check_ranks(
    build: Callable[..., Any],
    name: str,
    input_shape: tuple[int, ...],
    hyperparameters: dict[str, Any],
) -> None:
    """Check that other ranks are taken, or refused by a ValueError that names the shape."""
    for shape in (input_shape[:-1] or (*input_shape, 8), (*input_shape, 8)):
        try:
            build(shape, 2, **hyperparameters)
        except ValueError as error:
            _require(
                all(str(size) in str(error) for size in shape),
                name,
                f"the error for input_shape={shape} does not name the shape: {error}",
                "a message that names it, as sersk.classifiers.networks.layers."
                "check_bands_by_frames(input_shape, name) raises",
            )
        except Exception as error:
            raise _failure(
                name,
                f"for input_shape={shape} it raises {type(error).__name__}: {error}",
                "a ValueError that names the shape, as sersk.classifiers.networks.layers."
                "check_bands_by_frames(input_shape, name) raises",
            ) from error


def _check_training(
    build: Callable[..., Any],
    name: str,
    input_shape: tuple[int, ...],
    hyperparameters: dict[str, Any],
) -> None:
    from sersk.classifiers.neural import SpeechEmotionClassifier

    rng = np.random.default_rng(0)
    clips = rng.normal(size=(_BATCH, *input_shape)).astype(np.float32)
    classifier: Any = SpeechEmotionClassifier(
        build,
        epochs=1,
        batch_size=_BATCH,
        validation_split=0,
        run_eagerly=True,
        random_state=0,
        **{f"model__{key}": value for key, value in hyperparameters.items()},
    )
    try:
        classifier.initialize(clips, np.arange(_BATCH) % 2)
        before = classifier.model_.get_weights()
        classifier.fit(clips, np.arange(_BATCH) % 2)
    except Exception as error:
        raise _failure(
            name, f"training fails ({error})", "a network that Keras can train"
        ) from error
    after = classifier.model_.get_weights()
    _require(
        np.isfinite(classifier.history_["loss"]).all()
        and any(not np.array_equal(*pair) for pair in zip(before, after, strict=True)),
        name,
        "a training step changes no weight, or the loss is not finite",
        "a network with weights to train",
    )
    proba = classifier.predict_proba(clips)
    try:
        loaded = pickle.loads(pickle.dumps(classifier.__getstate__()["model_"]))
    except Exception as error:
        raise _failure(
            name,
            f"a saved network can't be loaded ({error})",
            "layers of Keras, or own layers with keras.saving.register_keras_serializable()",
        ) from error
    _require(
        np.allclose(np.asarray(loaded(clips, training=False)), proba, atol=1e-6),
        name,
        "a saved network predicts other probabilities once loaded",
        "all of its state in weights and in the configuration of its layers",
    )


def _require(condition: bool, name: str, wrong: str, right: str) -> None:
    if not condition:
        raise _failure(name, wrong, right)


def _failure(name: str, wrong: str, right: str) -> AssertionError:
    return AssertionError(f"{name}: {wrong}; right is: {right}.")

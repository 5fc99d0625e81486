"""Stacks of layers that several networks share; no whole network.

TensorFlow and Keras are imported when a function is called, not with this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def as_image(input_shape: tuple[int, ...], network: str) -> tuple[keras.KerasTensor, Any]:
    """Return the input of a network, and the same with a channel axis.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one clip's features: (n_bands, n_frames).
    network : str
        Name of the network, for the error message.

    Returns
    -------
    inputs : keras.KerasTensor
        The input, of shape (batch, n_bands, n_frames).
    image : keras.KerasTensor
        The same values, of shape (batch, n_bands, n_frames, 1).

    Raises
    ------
    ValueError
        If `input_shape` does not have two dimensions.
    """
    import keras

    check_bands_by_frames(input_shape, network)
    inputs = keras.Input(shape=input_shape)
    return inputs, keras.layers.Reshape((*input_shape, 1))(inputs)


def check_bands_by_frames(input_shape: tuple[int, ...], network: str) -> None:
    """Refuse input that is not (n_bands, n_frames).

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one clip's features.
    network : str
        Name of the network, for the error message.

    Raises
    ------
    ValueError
        If `input_shape` does not have two dimensions.
    """
    if len(input_shape) != 2:
        advice = {
            1: "Vectors, as of FunctionalsTransformer, are for DiscriminantClassifier "
            "(make_ser_pipeline(classifier='discriminant')); ",
            3: "If the first of these axes holds views of each clip, mark them: "
            "sersk.as_views(X); otherwise ",
        }.get(len(input_shape), "")
        raise ValueError(
            f"network {network!r} takes features of shape (n_bands, n_frames) for each clip, "
            f"got {input_shape}. {advice}put a feature transformer such as "
            "MelSpectrogramTransformer before the classifier, or pass a network of your own for "
            "such input."
        )


def conv_blocks(
    x: Any,
    *,
    filters: Sequence[int],
    kernel_size: int,
    pool_size: int,
    dropout: float,
    momentum: float,
    network: str,
) -> Any:
    """Stack blocks of Conv2D, BatchNormalization, ReLU, MaxPooling2D and Dropout.

    Parameters
    ----------
    x : keras.KerasTensor
        Input of shape (batch, n_bands, n_frames, n_channels).
    filters : sequence of int
        Filters of each block; one block for each entry.
    kernel_size : int
        Side of the square kernels, in bands and frames.
    pool_size : int
        Side of the square pooling window, in bands and frames.
    dropout : float
        Share of values dropped after each block, in [0, 1).
    momentum : float
        Momentum of the normalisations' moving averages.
    network : str
        Name of the network, for the error message.

    Returns
    -------
    x : keras.KerasTensor
        Output of shape (batch, bands', frames', filters[-1]).

    Raises
    ------
    ValueError
        If the features are too small for that many poolings.
    """
    from keras import layers

    n_bands, n_frames = x.shape[1:3]
    for block, n_filters in enumerate(filters):
        if min(x.shape[1:3]) < pool_size:
            raise ValueError(
                f"network {network!r}: features of {n_bands} bands x {n_frames} frames are too "
                f"small for {len(filters)} blocks that each pool by {pool_size}: nothing is left "
                f"after {block}. Pass fewer `filters`, a smaller `pool_size`, or longer clips."
            )
        # The normalisation removes the bias again. It is kept because the published network has
        # it: its 22.7 million parameters are counted with it.
        x = layers.Conv2D(n_filters, kernel_size, padding="same")(x)
        x = layers.BatchNormalization(momentum=momentum)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(pool_size)(x)
        x = layers.Dropout(dropout)(x)
    return x


def dense_blocks(x: Any, *, units: Sequence[int], dropout: float, momentum: float) -> Any:
    """Stack blocks of Dense, BatchNormalization, ReLU and Dropout.

    Parameters
    ----------
    x : keras.KerasTensor
        Input of shape (batch, n_features).
    units : sequence of int
        Units of each block; one block for each entry.
    dropout : float
        Share of values dropped after each block, in [0, 1).
    momentum : float
        Momentum of the normalisations' moving averages.

    Returns
    -------
    x : keras.KerasTensor
        Output of shape (batch, units[-1]).
    """
    from keras import layers

    for n_units in units:
        x = layers.Dense(n_units)(x)
        x = layers.BatchNormalization(momentum=momentum)(x)
        x = layers.ReLU()(x)
        x = layers.Dropout(dropout)(x)
    return x


def lstm_blocks(
    x: Any, *, units: Sequence[int], pooling: str, dropout: float, momentum: float, network: str
) -> Any:
    """Stack blocks of LSTM, BatchNormalization and Dropout; the last gives one vector a clip.

    Parameters
    ----------
    x : keras.KerasTensor
        Input of shape (batch, n_steps, n_features).
    units : sequence of int
        Units of each block; one block for each entry.
    pooling : {"mean", "last"}
        What the last LSTM gives: the mean of its outputs over all steps, or that of the last step.
    dropout : float
        Share of values dropped after each block, in [0, 1).
    momentum : float
        Momentum of the normalisations' moving averages.
    network : str
        Name of the network, for the error message.

    Returns
    -------
    x : keras.KerasTensor
        Output of shape (batch, units[-1]).

    Raises
    ------
    ValueError
        If `pooling` is not "mean" or "last".
    """
    from keras import layers

    if pooling not in ("mean", "last"):
        raise ValueError(
            f"network {network!r}: lstm_pooling must be 'mean' or 'last', got {pooling!r}."
        )
    for i, n_units in enumerate(units):
        is_last = i == len(units) - 1
        x = layers.LSTM(n_units, return_sequences=not is_last or pooling == "mean")(x)
        if is_last and pooling == "mean":
            x = layers.GlobalAveragePooling1D()(x)
        x = layers.BatchNormalization(momentum=momentum)(x)
        x = layers.Dropout(dropout)(x)
    return x


def softmax_model(inputs: Any, x: Any, n_classes: int, name: str) -> keras.Model:
    """Return a network that ends in one probability for each class.

    Parameters
    ----------
    inputs : keras.KerasTensor
        The network's input.
    x : keras.KerasTensor
        The last hidden layer's output, of shape (batch, n_features).
    n_classes : int
        Number of classes.
    name : str
        Name of the model.

    Returns
    -------
    model : keras.Model
        The network, not compiled.
    """
    import keras

    # float32 also after layers that compute in a shorter type: 8 bits of mantissa are not enough
    # for a softmax and its logarithm.
    outputs = keras.layers.Dense(n_classes, activation="softmax", dtype="float32")(x)
    return keras.Model(inputs, outputs, name=name)

"""The published hybrid: convolutional blocks, then an LSTM over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sersk._utils.quiet_tensorflow import import_tensorflow_quietly
from sersk.classifiers.networks.layers import (
    as_image,
    conv_blocks,
    dense_blocks,
    lstm_blocks,
    softmax_model,
)

if TYPE_CHECKING:
    import keras


def cnn_lstm(
    input_shape: tuple[int, ...],
    n_classes: int,
    *,
    filters: Sequence[int] = (64, 128, 256, 512),
    kernel_size: int = 3,
    pool_size: int = 2,
    dropout: float = 0.2,
    lstm_units: Sequence[int] = (256, 128),
    lstm_pooling: str = "last",
    lstm_dropout: float = 0.3,
    dense_units: Sequence[int] = (256, 128),
    dense_dropout: float = 0.3,
    momentum: float = 0.99,
) -> keras.Model:
    """Build the published CNN-LSTM hybrid.

    The CNN's convolutional blocks, whose output is a sequence in time (each step holds all bands
    and filters), then blocks of [LSTM, BatchNormalization, Dropout], then blocks of [Dense,
    BatchNormalization, ReLU, Dropout], then softmax.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one clip's features: (n_bands, n_frames).
    n_classes : int
        Number of emotions.
    filters : sequence of int, default=(64, 128, 256, 512)
        Filters of each convolutional block.
    kernel_size : int, default=3
        Side of the kernels, in bands and frames.
    pool_size : int, default=2
        Side of the pooling windows, in bands and frames.
    dropout : float, default=0.2
        Share of values dropped after each convolutional block.
    lstm_units : sequence of int, default=(256, 128)
        Units of each LSTM block.
    lstm_pooling : {"last", "mean"}, default="last"
        What the last LSTM passes to the next layer: its output at the last step, as published, or
        the mean of its outputs over all steps, which keeps what was said before a pause or padding.
    lstm_dropout : float, default=0.3
        Share of values dropped after each LSTM block.
    dense_units : sequence of int, default=(256, 128)
        Units of each dense block.
    dense_dropout : float, default=0.3
        Share of values dropped after each dense block.
    momentum : float, default=0.99
        Momentum of the batch normalisations' moving averages. Without effect where
        `SpeechEmotionClassifier` recalibrates the statistics, as it does by default.

    Returns
    -------
    model : keras.Model
        The network, not compiled.

    Raises
    ------
    ValueError
        If `input_shape` is not (n_bands, n_frames) or too small for that many blocks, or
        `lstm_pooling` is not "last" or "mean".

    See Also
    --------
    sersk.classifiers.networks.cnn : Without the LSTM. Its note on variance shift applies here too.

    Examples
    --------
    >>> from sersk.classifiers.networks import cnn_lstm
    >>> model = cnn_lstm((64, 87), 6, filters=(8, 16), lstm_units=(16,), dense_units=(32,))
    >>> model.output_shape
    (None, 6)
    """
    import_tensorflow_quietly()
    from keras import layers

    inputs, x = as_image(input_shape, "cnn_lstm")
    x = conv_blocks(
        x,
        filters=filters,
        kernel_size=kernel_size,
        pool_size=pool_size,
        dropout=dropout,
        momentum=momentum,
        network="cnn_lstm",
    )
    n_bands, n_steps, n_filters = x.shape[1:]
    x = layers.Permute((2, 1, 3))(x)  # time first: the LSTM steps along it
    x = layers.Reshape((n_steps, n_bands * n_filters))(x)
    x = lstm_blocks(
        x,
        units=lstm_units,
        pooling=lstm_pooling,
        dropout=lstm_dropout,
        momentum=momentum,
        network="cnn_lstm",
    )
    x = dense_blocks(x, units=dense_units, dropout=dense_dropout, momentum=momentum)
    return softmax_model(inputs, x, n_classes, "cnn_lstm")

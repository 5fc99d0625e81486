"""The LSTM-only baseline of the publication, on the frames of the features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sersk._utils.quiet_tensorflow import import_tensorflow_quietly
from sersk.classifiers.networks.layers import (
    check_bands_by_frames,
    dense_blocks,
    lstm_blocks,
    softmax_model,
)

if TYPE_CHECKING:
    import keras


def lstm(
    input_shape: tuple[int, ...],
    n_classes: int,
    *,
    lstm_units: Sequence[int] = (256, 128),
    lstm_pooling: str = "mean",
    lstm_dropout: float = 0.3,
    dense_units: Sequence[int] = (256, 128),
    dense_dropout: float = 0.3,
    momentum: float = 0.99,
) -> keras.Model:
    """Build the LSTM-only baseline: the hybrid's recurrent and dense part on feature frames.

    Blocks of [LSTM, BatchNormalization, Dropout] over the frames (each step takes all bands of
    one frame), then blocks of [Dense, BatchNormalization, ReLU, Dropout], then
    softmax.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one clip's features: (n_bands, n_frames).
    n_classes : int
        Number of emotions.
    lstm_units : sequence of int, default=(256, 128)
        Units of each LSTM block.
    lstm_pooling : {"mean", "last"}, default="mean"
        What the last LSTM passes to the next layer: the mean of its outputs over all frames, or its
        output at the last frame. "last" forgets what was said before a pause or padding.
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
        If `input_shape` is not (n_bands, n_frames), or `lstm_pooling` is not "mean" or "last".

    See Also
    --------
    sersk.classifiers.networks.cnn_lstm : The same after convolutional blocks.

    Examples
    --------
    >>> from sersk.classifiers.networks import lstm
    >>> model = lstm((64, 87), 6, lstm_units=(16,), dense_units=(32,))
    >>> model.output_shape
    (None, 6)
    """
    import_tensorflow_quietly()
    import keras

    check_bands_by_frames(input_shape, "lstm")
    inputs = keras.Input(shape=input_shape)
    x = keras.layers.Permute((2, 1))(inputs)  # time first: the LSTM steps along it
    x = lstm_blocks(
        x,
        units=lstm_units,
        pooling=lstm_pooling,
        dropout=lstm_dropout,
        momentum=momentum,
        network="lstm",
    )
    x = dense_blocks(x, units=dense_units, dropout=dense_dropout, momentum=momentum)
    return softmax_model(inputs, x, n_classes, "lstm")

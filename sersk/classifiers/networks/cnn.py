"""The published convolutional network: four blocks, two dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sersk._utils.quiet_tensorflow import import_tensorflow_quietly
from sersk.classifiers.networks.layers import as_image, conv_blocks, dense_blocks, softmax_model

if TYPE_CHECKING:
    import keras


def cnn(
    input_shape: tuple[int, ...],
    n_classes: int,
    *,
    filters: Sequence[int] = (64, 128, 256, 512),
    kernel_size: int = 3,
    pool_size: int = 2,
    dropout: float = 0.2,
    dense_units: Sequence[int] = (512, 256),
    dense_dropout: float = 0.3,
    momentum: float = 0.99,
) -> keras.Model:
    """Build the published CNN.

    Blocks of [Conv2D, BatchNormalization, ReLU, MaxPooling2D, Dropout], then Flatten, then
    blocks of [Dense, BatchNormalization, ReLU, Dropout], then softmax. With the defaults
    and 128 bands x 173 frames it has 22.7 million parameters.

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
        Share of values that are dropped after each convolutional block.
    dense_units : sequence of int, default=(512, 256)
        Units of each dense block.
    dense_dropout : float, default=0.3
        Share of values that are dropped after each dense block.
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
        If `input_shape` is not (n_bands, n_frames), or too small for that many blocks.

    Notes
    -----
    The published network has Dropout before the next BatchNormalization. In training, the noise
    of dropout increases the variance that the normalisation learns. In prediction there is no
    noise, and the difference grows from layer to layer ("variance shift" [1]_). Moving averages
    also lag behind the weights. With them, the network fits the training clips of a small corpus
    and still predicts near chance. `SpeechEmotionClassifier` therefore estimates the statistics
    anew after each epoch, without dropout (``recalibrate_norm``).

    References
    ----------
    .. [1] Li, Chen, Hu, Yang, "Understanding the disharmony between dropout and batch
       normalization by variance shift", CVPR 2019.

    Examples
    --------
    >>> from sersk.classifiers.networks import cnn
    >>> model = cnn((64, 87), 6, filters=(8, 16), dense_units=(32,))
    >>> model.output_shape
    (None, 6)
    """
    import_tensorflow_quietly()
    from keras import layers

    inputs, x = as_image(input_shape, "cnn")
    x = conv_blocks(
        x,
        filters=filters,
        kernel_size=kernel_size,
        pool_size=pool_size,
        dropout=dropout,
        momentum=momentum,
        network="cnn",
    )
    x = layers.Flatten()(x)
    x = dense_blocks(x, units=dense_units, dropout=dense_dropout, momentum=momentum)
    return softmax_model(inputs, x, n_classes, "cnn")

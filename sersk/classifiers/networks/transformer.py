"""A transformer encoder over the frames of the features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sersk._utils.quiet_tensorflow import import_tensorflow_quietly
from sersk.classifiers.networks.layers import check_bands_by_frames, softmax_model

if TYPE_CHECKING:
    import keras


def transformer(
    input_shape: tuple[int, ...],
    n_classes: int,
    *,
    width: int = 128,
    n_blocks: int = 2,
    n_heads: int = 4,
    feed_forward_units: int = 256,
    dropout: float = 0.1,
    dense_units: Sequence[int] = (128,),
    dense_dropout: float = 0.3,
) -> keras.Model:
    """Build a transformer encoder that attends over frames.

    The bands of each frame are projected to a vector, and a vector for the frame's position is
    added. Blocks of self-attention and a feed-forward layer follow; each layer has a normalised
    input, and its output is added to the input before normalisation ("pre-norm"). The mean over
    time goes through blocks of [Dense, LayerNormalization, ReLU, Dropout], then softmax. With the
    defaults and 128 bands x 173 frames it has 0.3 million parameters.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one clip's features: (n_bands, n_frames).
    n_classes : int
        Number of emotions.
    width : int, default=128
        Length of each frame's vector, a multiple of `n_heads`.
    n_blocks : int, default=2
        Number of blocks of self-attention and feed-forward layer.
    n_heads : int, default=4
        Attention heads of each block; each works on ``width // n_heads`` numbers a frame.
    feed_forward_units : int, default=256
        Hidden units of the feed-forward layers.
    dropout : float, default=0.1
        Share of attention weights, and of values after each layer of a block, that is dropped.
    dense_units : sequence of int, default=(128,)
        Units of each dense block.
    dense_dropout : float, default=0.3
        Share of values dropped after each dense block.

    Returns
    -------
    model : keras.Model
        The network, not compiled.

    Raises
    ------
    ValueError
        If `input_shape` is not (n_bands, n_frames), or `width` is no multiple of `n_heads`.

    See Also
    --------
    sersk.classifiers.networks.lstm : Another network over the frames.

    Notes
    -----
    The encoder is that of [1]_, with the normalisation before each layer, which trains without a
    warm-up of the learning rate [2]_. Positions are learned, one vector a frame.

    Normalisation is over the values of one frame or clip. It is the same in training and in
    prediction, so there is no variance shift (see `sersk.classifiers.networks.cnn`).

    Memory and time grow with the square of the number of frames. A longer `hop_length` of the
    features gives fewer frames.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
    .. [2] R. Xiong et al., "On layer normalization in the transformer architecture", ICML 2020.

    Examples
    --------
    >>> from sersk.classifiers.networks import transformer
    >>> model = transformer((64, 87), 6, width=16, n_blocks=1, n_heads=2, dense_units=(8,))
    >>> model.output_shape
    (None, 6)
    """
    import_tensorflow_quietly()
    import keras
    from keras import layers

    check_bands_by_frames(input_shape, "transformer")
    if width % n_heads:
        raise ValueError(
            f"network 'transformer': width={width} is no multiple of n_heads={n_heads}; each "
            "head has an equal share of it."
        )
    inputs = keras.Input(shape=input_shape)
    x = layers.Permute((2, 1))(inputs)  # time first
    # A projection with a bias for each frame is a projection plus a learned position. It needs no
    # layer class of our own, which loading a saved model would have to find.
    x = layers.EinsumDense(
        "btf,fw->btw",
        output_shape=(input_shape[1], width),
        bias_axes="tw",
        bias_initializer=keras.initializers.RandomNormal(stddev=0.02),
    )(x)
    x = layers.Dropout(dropout)(x)
    for _ in range(n_blocks):
        x = _encoder_block(x, n_heads=n_heads, units=feed_forward_units, dropout=dropout)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.GlobalAveragePooling1D()(x)
    for n_units in dense_units:
        x = layers.Dense(n_units)(x)
        x = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.ReLU()(x)
        x = layers.Dropout(dense_dropout)(x)
    return softmax_model(inputs, x, n_classes, "transformer")


def _encoder_block(x: Any, *, n_heads: int, units: int, dropout: float) -> Any:
    from keras import layers

    width = x.shape[-1]
    normalised = layers.LayerNormalization(epsilon=1e-6)(x)
    attended = layers.MultiHeadAttention(n_heads, width // n_heads, dropout=dropout)(
        normalised, normalised
    )
    x = layers.Add()([x, layers.Dropout(dropout)(attended)])
    hidden = layers.LayerNormalization(epsilon=1e-6)(x)
    hidden = layers.Dense(units, activation="gelu")(hidden)
    hidden = layers.Dropout(dropout)(layers.Dense(width)(hidden))
    return layers.Add()([x, hidden])

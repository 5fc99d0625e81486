"""The operations of a graph by TensorFlow, from which LiteRT's converter makes a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def convert(compute: Callable[[tf.Tensor], tf.Tensor], shape: tuple[int, ...]) -> bytes:
    """Convert a function of one tensor to a file of LiteRT.

    Parameters
    ----------
    compute : callable
        The function.
    shape : tuple of int
        Shape of its argument, which is float32.

    Returns
    -------
    content : bytes
        The file.
    """
    signature = [tf.TensorSpec(shape, tf.float32)]
    traced = tf.function(
        compute, input_signature=signature, autograph=False
    ).get_concrete_function()
    # The converter makes variables of a network that nobody sets: the file would hold no weights.
    frozen = convert_variables_to_constants_v2(traced)
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen], None).convert()


class TensorFlowGraph:
    """The methods of `sersk.export._operations.Operations`, on tensors."""

    # see `sersk.export._operations`
    def add(self, a: Any, b: Any) -> tf.Tensor:
        return tf.add(_constant(a), _constant(b))

    def subtract(self, a: Any, b: Any) -> tf.Tensor:
        return tf.subtract(_constant(a), _constant(b))

    def multiply(self, a: Any, b: Any) -> tf.Tensor:
        return tf.multiply(_constant(a), _constant(b))

    def divide(self, a: Any, b: Any) -> tf.Tensor:
        return tf.divide(_constant(a), _constant(b))

    def maximum(self, a: Any, b: Any) -> tf.Tensor:
        return tf.maximum(_constant(a), _constant(b))

    def minimum(self, a: Any, b: Any) -> tf.Tensor:
        return tf.minimum(_constant(a), _constant(b))

    def matmul(self, a: Any, b: Any) -> tf.Tensor:
        return tf.matmul(_constant(a), _constant(b))

    def log(self, x: tf.Tensor) -> tf.Tensor:
        return tf.math.log(x)

    def sqrt(self, x: tf.Tensor) -> tf.Tensor:
        return tf.sqrt(x)

    def one_for_zero(self, x: tf.Tensor) -> tf.Tensor:
        return tf.where(tf.equal(x, 0.0), tf.ones_like(x), x)

    def mean(self, x: tf.Tensor, axes: Sequence[int]) -> tf.Tensor:
        return tf.reduce_mean(x, list(axes), keepdims=True)

    def max(self, x: tf.Tensor, axes: Sequence[int]) -> tf.Tensor:
        return tf.reduce_max(x, list(axes), keepdims=True)

    def softmax(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.softmax(x)

    def reshape(self, x: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
        return tf.reshape(x, list(shape))

    def transpose(self, x: tf.Tensor, axes: Sequence[int]) -> tf.Tensor:
        return tf.transpose(x, list(axes))

    def cut(self, x: tf.Tensor, start: int, stop: int, axis: int = 0) -> tf.Tensor:
        return x[(slice(None),) * axis + (slice(start, stop),)]

    def concatenate(self, values: Sequence[Any], axis: int = 0) -> tf.Tensor:
        return tf.concat([_constant(value) for value in values], axis)

    def take(self, x: tf.Tensor, rows: np.ndarray) -> tf.Tensor:
        return tf.gather(x, rows.astype(np.int32))


def _constant(value: Any) -> Any:
    return value if tf.is_tensor(value) else tf.constant(value, tf.float32)

"""What a graph can compute: the operations from which the features of a clip are put together.

The features are described once, by these. `sersk.export._onnx_graph` writes them as nodes of ONNX,
`sersk.export._tensorflow_graph` as TensorFlow's operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

#: A value in a graph: a name in ONNX, a tensor in TensorFlow.
Value = Any


class Operations(Protocol):
    """Operations on values of float32. A number or an array stands for a constant."""

    def add(self, a: Value | ArrayLike, b: Value | ArrayLike) -> Value:
        """Add, with broadcasting."""

    def subtract(self, a: Value | ArrayLike, b: Value | ArrayLike) -> Value:
        """Subtract, with broadcasting."""

    def multiply(self, a: Value | ArrayLike, b: Value | ArrayLike) -> Value:
        """Multiply, with broadcasting."""

    def divide(self, a: Value | ArrayLike, b: Value | ArrayLike) -> Value:
        """Divide, with broadcasting."""

    def maximum(self, a: Value | ArrayLike, b: Value | ArrayLike) -> Value:
        """Take the larger, element by element."""

    def minimum(self, a: Value | ArrayLike, b: Value | ArrayLike) -> Value:
        """Take the smaller, element by element."""

    def matmul(self, a: Value | ArrayLike, b: Value | ArrayLike) -> Value:
        """Multiply matrices, over the last two axes."""

    def log(self, x: Value) -> Value:
        """Take the natural logarithm."""

    def sqrt(self, x: Value) -> Value:
        """Take the square root."""

    def one_for_zero(self, x: Value) -> Value:
        """Replace 0 by 1, for a division."""

    def mean(self, x: Value, axes: Sequence[int]) -> Value:
        """Average over axes, which stay with length 1."""

    def max(self, x: Value, axes: Sequence[int]) -> Value:
        """Take the largest over axes, which stay with length 1."""

    def softmax(self, x: Value) -> Value:
        """Take the softmax over the last axis."""

    def reshape(self, x: Value, shape: Sequence[int]) -> Value:
        """Give another shape; one length may be -1."""

    def transpose(self, x: Value, axes: Sequence[int]) -> Value:
        """Reorder the axes."""

    def cut(self, x: Value, start: int, stop: int, axis: int = 0) -> Value:
        """Take a range of an axis."""

    def concatenate(self, values: Sequence[Value | ArrayLike], axis: int = 0) -> Value:
        """Put values one after the other along an axis."""

    def take(self, x: Value, rows: np.ndarray) -> Value:
        """Take rows, the first axis, by a constant array of positions."""

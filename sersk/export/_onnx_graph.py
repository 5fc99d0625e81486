"""A graph of ONNX that is built node by node; nothing here knows of sound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sersk._utils.files import replacing

# The oldest that has LayerNormalization: read by runtimes since 2022, also in browsers.
OPSET = 17
_IR_VERSION = 8  # of the same time


class OnnxGraph:
    """Nodes and constants of a graph, each value known by its name.

    It has the methods of `sersk.export._operations.Operations`, and `node` for anything else.
    """

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._n_names = 0

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare an input of float32.

        Parameters
        ----------
        name : str
            Its name.
        shape : sequence of int or str
            Lengths, or names of lengths that are open.

        Returns
        -------
        value : str
            The name.
        """
        from onnx import TensorProto, helper

        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def node(
        self, kind: str, *inputs: str | ArrayLike, n_outputs: int = 1, **attributes: Any
    ) -> Any:
        """Add a node.

        Parameters
        ----------
        kind : str
            ONNX's name of the operator.
        *inputs : str or array-like
            Names of values; anything else becomes a constant of float32, or of int64 if it is an
            array of int64.
        n_outputs : int, default=1
            Number of outputs.
        **attributes : dict
            ONNX's attributes of the operator.

        Returns
        -------
        value : str or list of str
            Name of the output, or names if there are several.
        """
        from onnx import helper

        names = [self.constant(each) for each in inputs]
        outputs = [self._name(kind.lower()) for _ in range(n_outputs)]
        self._nodes.append(helper.make_node(kind, names, outputs, **attributes))
        return outputs[0] if n_outputs == 1 else outputs

    def constant(self, value: str | ArrayLike) -> str:
        """Return the name of a constant; of a name the name itself.

        Parameters
        ----------
        value : str or array-like
            The constant.

        Returns
        -------
        name : str
            Its name.
        """
        from onnx import numpy_helper

        if isinstance(value, str):
            return value
        array = np.asarray(value)
        if not (isinstance(value, np.ndarray) and array.dtype == np.int64):
            array = array.astype(np.float32)
        name = self._name("constant")
        self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def save(self, path: Path, outputs: dict[str, tuple[str, Sequence[int]]], facts: dict) -> None:
        """Write the graph to a file, which appears whole or not at all.

        Parameters
        ----------
        path : pathlib.Path
            The file.
        outputs : dict of str to (str, sequence of int)
            Name of each output, and the value and the shape that it has.
        facts : dict of str to object
            Metadata. What is no string is written as JSON.

        Raises
        ------
        OSError
            If the file can't be written.
        """
        import onnx
        from onnx import TensorProto, helper

        infos = []
        for name, (value, shape) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
            infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        graph = helper.make_graph(
            self._nodes, "sersk", self._inputs, infos, list(self._constants.values())
        )
        model = helper.make_model(
            graph,
            producer_name="sersk",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=_IR_VERSION,
        )
        helper.set_model_props(
            model, {k: v if isinstance(v, str) else json.dumps(v) for k, v in facts.items()}
        )
        onnx.checker.check_model(model)
        with replacing(path) as file:
            file.write(model.SerializeToString())

    def _name(self, kind: str) -> str:
        self._n_names += 1
        return f"{kind}_{self._n_names}"

    # The operations that features are made of, see `sersk.export._operations`.

    def add(self, a: Any, b: Any) -> str:
        return self.node("Add", a, b)

    def subtract(self, a: Any, b: Any) -> str:
        return self.node("Sub", a, b)

    def multiply(self, a: Any, b: Any) -> str:
        return self.node("Mul", a, b)

    def divide(self, a: Any, b: Any) -> str:
        return self.node("Div", a, b)

    def maximum(self, a: Any, b: Any) -> str:
        return self.node("Max", a, b)

    def minimum(self, a: Any, b: Any) -> str:
        return self.node("Min", a, b)

    def matmul(self, a: Any, b: Any) -> str:
        return self.node("MatMul", a, b)

    def log(self, x: str) -> str:
        return self.node("Log", x)

    def sqrt(self, x: str) -> str:
        return self.node("Sqrt", x)

    def one_for_zero(self, x: str) -> str:
        return self.node("Where", self.node("Equal", x, 0.0), 1.0, x)

    def mean(self, x: str, axes: Sequence[int]) -> str:
        return self.node("ReduceMean", x, axes=list(axes), keepdims=1)

    def max(self, x: str, axes: Sequence[int]) -> str:
        return self.node("ReduceMax", x, axes=list(axes), keepdims=1)

    def softmax(self, x: str) -> str:
        return self.node("Softmax", x, axis=-1)

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        return self.node("Reshape", x, np.array(shape, np.int64))

    def transpose(self, x: str, axes: Sequence[int]) -> str:
        return self.node("Transpose", x, perm=list(axes))

    def cut(self, x: str, start: int, stop: int, axis: int = 0) -> str:
        bounds = (np.array([value], np.int64) for value in (start, stop, axis))
        return self.node("Slice", x, *bounds)

    def concatenate(self, values: Sequence[Any], axis: int = 0) -> str:
        return self.node("Concat", *values, axis=axis)

    def take(self, x: str, rows: np.ndarray) -> str:
        return self.node("Gather", x, rows.astype(np.int64), axis=0)

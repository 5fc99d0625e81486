"""Networks in a graph of ONNX: one function for each kind of layer, found by the layer's class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.export._onnx_graph import OnnxGraph

# A layer and the values that it takes, with the batch as first axis, which has length 1.
Adder = Callable[[OnnxGraph, Any, Sequence[str]], str]


def add_network(graph: OnnxGraph, network: Any, features: str) -> str:
    """Add the layers of a network.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.
    network : keras.Model
        A network of layers that each are used once.
    features : str
        A value of the shape of the network's input, without the batch.

    Returns
    -------
    output : str
        A value of shape (n_outputs,).

    Raises
    ------
    ValueError
        If a layer is of a kind, or has a setting, that can't be exported.
    """
    values = {id(network.inputs[0]): graph.node("Unsqueeze", features, np.array([0]))}
    for layer in getattr(network, "operations", network.layers):  # a Sequential has layers only
        kind = type(layer).__name__
        if kind == "InputLayer":
            continue
        adder = ADDERS.get(kind) if type(layer).__module__.startswith("keras.") else None
        if adder is None:
            raise ValueError(f"layer {layer.name!r} of the network is of type {kind}")
        try:
            taken = layer.input if isinstance(layer.input, list) else [layer.input]
            value = adder(graph, layer, [values[id(each)] for each in taken])
        except (KeyError, AttributeError):
            raise ValueError(f"layer {layer.name!r} ({kind}) is used more than once") from None
        values[id(layer.output)] = value
    return graph.reshape(values[id(network.outputs[0])], (-1,))


def _require(layer: Any, **settings: Any) -> None:
    for name, value in settings.items():
        if getattr(layer, name) != value:
            raise ValueError(
                f"layer {layer.name!r} ({type(layer).__name__}) of the network has "
                f"{name}={getattr(layer, name)!r}; {value!r} can be exported"
            )


def _array(variable: Any) -> NDArray[np.float32]:
    return np.asarray(variable.numpy(), np.float32)


def _activate(graph: OnnxGraph, layer: Any, x: str) -> str:
    name = layer.activation.__name__
    if name == "linear":
        return x
    if name == "softmax":
        return graph.softmax(x)
    if name == "gelu":
        share = graph.add(graph.node("Erf", graph.multiply(x, np.sqrt(0.5))), 1.0)
        return graph.multiply(graph.multiply(x, 0.5), share)
    if name in ("relu", "sigmoid", "tanh"):
        return graph.node(name.capitalize(), x)
    raise ValueError(f"layer {layer.name!r} of the network has the activation {name!r}")


def _same(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    return inputs[0]


def _reshape(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    return graph.reshape(inputs[0], (1, *layer.output.shape[1:]))


def _permute(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    return graph.transpose(inputs[0], (0, *layer.dims))


def _add(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    total = inputs[0]
    for value in inputs[1:]:
        total = graph.add(total, value)
    return total


def _average(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    _require(layer, data_format="channels_last")
    return graph.reshape(graph.mean(inputs[0], (1,)), (1, *layer.output.shape[1:]))


def _activation(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    return _activate(graph, layer, inputs[0])


def _relu(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    _require(layer, max_value=None, negative_slope=0.0, threshold=0.0)
    return graph.node("Relu", inputs[0])


def _dense(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    x = graph.matmul(inputs[0], _array(layer.kernel))
    return _activate(graph, layer, _biased(graph, layer, x))


def _biased(graph: OnnxGraph, layer: Any, x: str) -> str:
    return x if layer.bias is None else graph.add(x, _array(layer.bias))


def _einsum_dense(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    _require(layer, equation="btf,fw->btw")  # a matrix product, with a bias for each frame
    return _dense(graph, layer, inputs)


def _convolution(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    _require(layer, data_format="channels_last", groups=1)
    bias = [] if layer.bias is None else [_array(layer.bias)]
    x = graph.node(
        "Conv",
        graph.transpose(inputs[0], (0, 3, 1, 2)),
        _array(layer.kernel).transpose(3, 2, 0, 1),
        *bias,
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        auto_pad=_padding(layer),
    )
    return _activate(graph, layer, graph.transpose(x, (0, 2, 3, 1)))


def _max_pooling(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    _require(layer, data_format="channels_last")
    x = graph.node(
        "MaxPool",
        graph.transpose(inputs[0], (0, 3, 1, 2)),
        kernel_shape=list(layer.pool_size),
        strides=list(layer.strides),
        auto_pad=_padding(layer),
    )
    return graph.transpose(x, (0, 2, 3, 1))


def _padding(layer: Any) -> str:
    # of an odd number of zeros both Keras and SAME_UPPER put the last one at the end
    return {"same": "SAME_UPPER", "valid": "VALID"}[layer.padding]


def _batch_normalization(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    _require_last_axis(layer)
    scale = 1 / np.sqrt(_array(layer.moving_variance).astype(np.float64) + layer.epsilon)
    if layer.gamma is not None:
        scale = scale * _array(layer.gamma)
    shift = -_array(layer.moving_mean) * scale
    if layer.beta is not None:
        shift = shift + _array(layer.beta)
    return graph.add(graph.multiply(inputs[0], scale), shift)


def _layer_normalization(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    _require_last_axis(layer)
    width = layer.output.shape[-1]
    weight = np.ones(width) if layer.gamma is None else _array(layer.gamma)
    bias = np.zeros(width) if layer.beta is None else _array(layer.beta)
    return graph.node(
        "LayerNormalization", inputs[0], weight, bias, axis=-1, epsilon=float(layer.epsilon)
    )


def _require_last_axis(layer: Any) -> None:
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    if list(axes) not in ([-1], [len(layer.output.shape) - 1]):
        raise ValueError(
            f"layer {layer.name!r} ({type(layer).__name__}) of the network normalises over "
            f"axis={layer.axis}; -1 can be exported"
        )


def _lstm(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    _require(layer, go_backwards=False, return_state=False, stateful=False, use_bias=True)
    gates = layer.activation.__name__, layer.recurrent_activation.__name__
    if gates != ("tanh", "sigmoid"):
        raise ValueError(f"layer {layer.name!r} (LSTM) of the network has the activations {gates}")
    kernel, recurrent, bias = map(_array, layer.cell.weights)
    steps, hidden, _ = graph.node(
        "LSTM",
        graph.transpose(inputs[0], (1, 0, 2)),
        _gates(kernel),
        _gates(recurrent),
        np.concatenate([_gates(bias), np.zeros((1, bias.size))], axis=1),
        n_outputs=3,
        hidden_size=layer.units,
    )
    if not layer.return_sequences:
        return graph.reshape(hidden, (1, layer.units))
    return graph.reshape(steps, (1, -1, layer.units))  # of (n_steps, 1, batch=1, units)


def _gates(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return weights of the gates input, forget, cell, output as input, output, forget, cell."""
    i, f, c, o = np.split(weights, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1).T[np.newaxis]


def _attention(graph: OnnxGraph, layer: Any, inputs: Sequence[str]) -> str:
    if len(inputs) != 2 or inputs[0] != inputs[1] or len(layer.weights) != 8:
        raise ValueError(
            f"layer {layer.name!r} (MultiHeadAttention) of the network: self-attention with biases "
            "can be exported"
        )
    *projections, out, out_bias = map(_array, layer.weights)
    n_heads, size = out.shape[:2]
    x = graph.reshape(inputs[0], layer.output.shape[1:])
    query, key, value = (
        graph.transpose(
            graph.reshape(
                graph.add(graph.matmul(x, kernel.reshape(len(kernel), -1)), bias.reshape(-1)),
                (-1, n_heads, size),
            ),
            (1, 0, 2),
        )
        for kernel, bias in zip(projections[::2], projections[1::2], strict=True)
    )
    scores = graph.matmul(graph.multiply(query, size**-0.5), graph.transpose(key, (0, 2, 1)))
    mixed = graph.transpose(graph.matmul(graph.softmax(scores), value), (1, 0, 2))
    mixed = graph.reshape(mixed, (1, -1, n_heads * size))
    return graph.add(graph.matmul(mixed, out.reshape(n_heads * size, -1)), out_bias)


#: Name of Keras's class of layer -> what adds it.
ADDERS: dict[str, Adder] = {
    "Activation": _activation,
    "Add": _add,
    "BatchNormalization": _batch_normalization,
    "Conv2D": _convolution,
    "Dense": _dense,
    "Dropout": _same,
    "EinsumDense": _einsum_dense,
    "Flatten": _reshape,
    "GlobalAveragePooling1D": _average,
    "LSTM": _lstm,
    "LayerNormalization": _layer_normalization,
    "MaxPooling2D": _max_pooling,
    "MultiHeadAttention": _attention,
    "Permute": _permute,
    "ReLU": _relu,
    "Reshape": _reshape,
}

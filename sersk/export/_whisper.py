"""Whisper's encoder in a graph of ONNX: the end of the clip, its rate, log-mel, blocks, pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.export._onnx_graph import OnnxGraph
from sersk.export._resampling import add_resampling
from sersk.export._spectra import power_spectra
from sersk.features import WhisperEncoder
from sersk.features.whisper.clips import PADDING, WINDOW
from sersk.features.whisper.log_mel import HOP_LENGTH, N_FFT, SAMPLE_RATE, mel_filters
from sersk.features.whisper.models import check_layers, find_encoder

_PIECE = math.gcd(HOP_LENGTH, N_FFT)  # samples; frames are whole pieces


def add_whisper(graph: OnnxGraph, step: WhisperEncoder, waveform: str, n_samples: int) -> str:
    """Add the features of a `WhisperEncoder`.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.
    step : WhisperEncoder
        The transformer, with a `pooling`.
    waveform : str
        A clip of shape (n_samples,).
    n_samples : int
        Its samples.

    Returns
    -------
    features : str
        A value of shape (n_features,).

    Raises
    ------
    ValueError
        If the states are not pooled, the clip lasts longer than 30 s, or its sample rate is none
        that a small matrix can resample.
    """
    if step.pooling is None:
        raise ValueError("its states over time (pooling=None) have no fixed length")
    if n_samples > WINDOW * HOP_LENGTH / SAMPLE_RATE * step.sample_rate:
        raise ValueError("clips of more than 30 s are cut into windows of different lengths")
    encoder = find_encoder(step.model)
    layers = check_layers(step.layers, step.model)
    end = _find_end(graph, waveform, n_samples)
    sound = add_resampling(graph, waveform, n_samples, end, step.sample_rate, SAMPLE_RATE)
    mel = _add_log_mel(graph, sound, encoder.size.n_mels)
    states = _add_states(graph, mel, encoder, layers)
    kinds = (step.pooling,) if isinstance(step.pooling, str) else tuple(step.pooling)
    if step.combine == "mean":
        total = states[0]
        for state in states[1:]:
            total = graph.add(total, state)
        states = [graph.divide(total, len(states))]
    return graph.concatenate([_pool(graph, state, kind) for state in states for kind in kinds])


def _find_end(graph: OnnxGraph, waveform: str, n_samples: int) -> str:
    """Return the number of samples up to the last one that is no padding, of shape (1,)."""
    size = graph.node("Abs", waveform)
    heard = graph.node("Greater", size, graph.multiply(graph.max(size, (0,)), PADDING))
    numbers = np.arange(1, n_samples + 1)
    kept = graph.node("Where", heard, numbers, np.array([0]))
    end = graph.node("ReduceMax", kept, axes=[0], keepdims=1)
    is_silence = graph.node("Equal", end, np.array([0]))
    return graph.node("Where", is_silence, np.array([n_samples]), end)


def _add_log_mel(graph: OnnxGraph, sound: str, n_mels: int) -> str:
    """Return the input of the encoder, of shape (n_mel_frames, n_mels)."""
    shortest = np.array([N_FFT])
    padded = graph.concatenate([sound, np.zeros(N_FFT, np.float32)])
    length = graph.node("Max", graph.node("Shape", sound), shortest)
    sound = graph.node("Slice", padded, np.array([0]), length, np.array([0]))
    mirrored = graph.node("Pad", sound, np.array([N_FFT // 2] * 2), mode="reflect")
    n_frames = graph.node("Div", length, np.array([HOP_LENGTH]))
    pieces = graph.reshape(_whole_pieces(graph, mirrored, n_frames), (-1, _PIECE))
    scalar = graph.node("Squeeze", n_frames, np.array([0]))
    first = graph.node("Range", np.array(0), scalar, np.array(1))
    first = graph.node(
        "Unsqueeze", graph.node("Mul", first, np.array(HOP_LENGTH // _PIECE)), np.array([1])
    )
    positions = graph.node("Add", first, np.arange(N_FFT // _PIECE))
    frames = graph.reshape(graph.node("Gather", pieces, positions, axis=0), (-1, N_FFT))
    power = power_spectra(graph, frames, np.hanning(N_FFT + 1)[:-1], N_FFT // 2 + 1)
    bands = graph.maximum(graph.matmul(power, mel_filters(n_mels)), 1e-10)
    decades = graph.multiply(graph.log(bands), 1 / np.log(10))
    floor = graph.subtract(graph.max(decades, (0, 1)), 8.0)
    return graph.divide(graph.add(graph.maximum(decades, floor), 4.0), 4.0)


def _whole_pieces(graph: OnnxGraph, samples: str, n_frames: str) -> str:
    """Cut samples where the last frame ends."""
    hops = graph.node("Mul", n_frames, np.array([HOP_LENGTH]))
    stop = graph.node("Add", hops, np.array([N_FFT - HOP_LENGTH]))
    return graph.node("Slice", samples, np.array([0]), stop, np.array([0]))


def _add_states(graph: OnnxGraph, mel: str, encoder: Any, layers: list[int | str]) -> list[str]:
    n_blocks = max(encoder.size.n_blocks if layer == "last" else int(layer) for layer in layers)
    first, first_bias, second, second_bias, positions = encoder.weights("start")
    x = graph.node("Unsqueeze", graph.transpose(mel, (1, 0)), np.array([0]))
    x = _gelu(graph, _convolve(graph, x, first, first_bias, stride=1))
    x = _gelu(graph, _convolve(graph, x, second, second_bias, stride=2))
    x = graph.transpose(graph.node("Squeeze", x, np.array([0])), (1, 0))
    n_frames = graph.node("Shape", x, end=1)
    rows = graph.node("Slice", positions, np.array([0]), n_frames, np.array([0]))
    x = graph.add(x, rows)
    found: dict[int | str, str] = {0: x}
    for k in range(n_blocks):
        x = _add_block(graph, x, encoder.weights(k), encoder.size)
        found[k + 1] = x
    if "last" in layers:
        found["last"] = _layer_norm(graph, x, *encoder.weights("norm"))
    return [found[layer] for layer in layers]


def _add_block(graph: OnnxGraph, x: str, weights: list[NDArray], size: Any) -> str:
    before, shift, qkv, qkv_bias, out, out_bias, middle, middle_shift, *feed = weights
    up, up_bias, down, down_bias = feed
    projected = graph.add(graph.matmul(_layer_norm(graph, x, before, shift), qkv), qkv_bias)
    heads = graph.reshape(projected, (-1, 3 * size.n_heads, size.width // size.n_heads))
    parts = graph.node("Split", graph.transpose(heads, (1, 0, 2)), n_outputs=3, axis=0)
    query, key, value = parts
    scores = graph.matmul(query, graph.transpose(key, (0, 2, 1)))
    mixed = graph.matmul(graph.softmax(scores), value)
    mixed = graph.reshape(graph.transpose(mixed, (1, 0, 2)), (-1, size.width))
    x = graph.add(graph.add(x, graph.matmul(mixed, out)), out_bias)
    hidden = graph.add(graph.matmul(_layer_norm(graph, x, middle, middle_shift), up), up_bias)
    return graph.add(graph.add(x, graph.matmul(_gelu(graph, hidden), down)), down_bias)


def _convolve(graph: OnnxGraph, x: str, weight: NDArray, bias: NDArray, stride: int) -> str:
    kernel = weight.reshape(3, -1, len(bias)).transpose(2, 1, 0)
    return graph.node("Conv", x, kernel, bias, pads=[1, 1], strides=[stride])


def _layer_norm(graph: OnnxGraph, x: str, weight: NDArray, bias: NDArray) -> str:
    return graph.node("LayerNormalization", x, weight, bias, axis=-1, epsilon=1e-5)


def _gelu(graph: OnnxGraph, x: str) -> str:
    share = graph.add(graph.node("Erf", graph.multiply(x, np.sqrt(0.5))), 1.0)
    return graph.multiply(graph.multiply(x, 0.5), share)


def _pool(graph: OnnxGraph, states: str, kind: str) -> str:
    """Return a statistic of states over time, of shape (width,)."""
    if kind == "max":
        return graph.reshape(graph.max(states, (0,)), (-1,))
    mean = graph.mean(states, (0,))
    if kind == "mean":
        return graph.reshape(mean, (-1,))
    centred = graph.subtract(states, mean)
    spread = graph.sqrt(graph.mean(graph.multiply(centred, centred), (0,)))
    if kind == "std":
        return graph.reshape(spread, (-1,))
    deviations = graph.divide(centred, graph.one_for_zero(spread))
    scores = graph.mean(graph.multiply(deviations, deviations), (1,))
    weights = graph.softmax(graph.transpose(scores, (1, 0)))
    return graph.reshape(graph.matmul(weights, states), (-1,))

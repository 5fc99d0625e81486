"""The change of the sample rate, in a graph of ONNX: products with one small matrix.

soxr's filter is linear, and the same again every few hundredths of a second: after each `n_in`
samples of the input and `n_out` of the output. Its answers to single samples are thus all of it.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sersk.export._onnx_graph import OnnxGraph
from sersk.export._spectra import cut_frames
from sersk.signal import resample

_LARGEST = 2**22  # values of the matrix, 16 MB
_REACH = 0.02  # s to each side in which the filter's answer to a sample is looked for
_N_FIRST = 16  # samples of the output, of which soxr makes the first few in another way
_SMALLEST = 3e-8  # of an answer, relative to full scale; beyond is nothing


def add_resampling(
    graph: OnnxGraph, waveform: str, n_samples: int, end: str, rate: float, new_rate: int
) -> str:
    """Resample the beginning of a waveform.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.
    waveform : str
        A waveform of shape (n_samples,).
    n_samples : int
        Its samples.
    end : str
        How many of them to resample, of int64 and shape (1,).
    rate : float
        Its sample rate (Hz).
    new_rate : int
        The new rate (Hz).

    Returns
    -------
    resampled : str
        The waveform at the new rate, of shape (round(end * new_rate / rate),).

    Raises
    ------
    ValueError
        If the matrix would be large, because the rates have no large common divisor.
    """
    if rate == new_rate:
        return graph.node("Slice", waveform, np.array([0]), end, np.array([0]))
    if rate != int(rate):
        raise ValueError(f"sample_rate={rate} is no whole number of Hz")
    matrix, before, n_in = find_matrix(int(rate), new_rate)
    positions = np.arange(n_samples)
    heard = graph.node("Where", graph.node("Less", positions, end), waveform, 0.0)
    n_periods = -(-n_samples // n_in)
    padded = graph.concatenate([np.zeros(before, np.float32), heard])
    frames = cut_frames(graph, padded, n_samples + before, len(matrix), n_in, n_periods)
    flat = graph.reshape(graph.matmul(frames, matrix), (-1,))
    flat = _correct_start(graph, flat, heard, find_start(int(rate), new_rate), n_samples)
    # round(end * new_rate / rate), with integers
    doubled = graph.node("Mul", end, np.array([2 * new_rate]))
    doubled = graph.node("Add", doubled, np.array([int(rate)]))
    n_out = graph.node("Div", doubled, np.array([2 * int(rate)]))
    return graph.node("Slice", flat, np.array([0]), n_out, np.array([0]))


def _correct_start(
    graph: OnnxGraph, flat: str, heard: str, change: NDArray[np.float32], n_samples: int
) -> str:
    if len(change) > n_samples:
        heard = graph.concatenate([heard, np.zeros(len(change) - n_samples, np.float32)])
    first = graph.reshape(graph.cut(heard, 0, len(change)), (1, -1))
    added = graph.reshape(graph.matmul(first, change), (-1,))
    start = graph.add(graph.cut(flat, 0, _N_FIRST), added)
    rest = graph.cut(flat, _N_FIRST, np.iinfo(np.int64).max)
    return graph.concatenate([start, rest])


@lru_cache(maxsize=4)
def find_start(rate: int, new_rate: int) -> NDArray[np.float32]:
    """Return how the first samples of a resampled waveform differ from those of a later period.

    Parameters
    ----------
    rate, new_rate : int
        The rates (Hz).

    Returns
    -------
    change : ndarray of float32 of shape (n_samples, 16)
        What each of the first samples of the input adds to the first 16 of the output.
    """
    matrix, before, n_in = find_matrix(rate, new_rate)
    n_out = matrix.shape[1]
    n_read = before + math.ceil(_N_FIRST * rate / new_rate)
    n_periods = -(-_N_FIRST // n_out)
    change = np.empty((n_read, _N_FIRST))
    for i in range(n_read):
        impulse = np.zeros(n_read + 2 * before)
        impulse[i] = 1
        change[i] = resample(impulse, rate, new_rate)[:_N_FIRST]
        for period in range(n_periods):
            row = i + before - period * n_in
            if 0 <= row < len(matrix):
                part = slice(period * n_out, min((period + 1) * n_out, _N_FIRST))
                change[i, part] -= matrix[row, : part.stop - part.start]
    change[np.abs(change) < _SMALLEST] = 0
    return change.astype(np.float32)


@lru_cache(maxsize=4)
def find_matrix(rate: int, new_rate: int) -> tuple[NDArray[np.float32], int, int]:
    """Return the filter between two rates as a matrix.

    Parameters
    ----------
    rate, new_rate : int
        The rates (Hz).

    Returns
    -------
    matrix : ndarray of float32 of shape (n_reached, n_out)
        Weight of each sample of the input in each sample of a period of the output.
    n_before : int
        How many samples of the input before the period are the first of them.
    n_in : int
        Samples of the input in a period.

    Raises
    ------
    ValueError
        If the matrix would have more than 4 million values.
    """
    divisor = math.gcd(rate, new_rate)
    n_in, n_out = rate // divisor, new_rate // divisor
    # Room to each side in whole steps that divide the period, so that frames are cut in large
    # pieces (see `cut_frames`).
    reach = math.ceil(_REACH * rate)
    step = min((d for d in range(1, n_in + 1) if n_in % d == 0), key=lambda d: abs(d - reach / 8))
    before = step * -(-reach // step)
    n_reached = n_in + 2 * before
    if n_reached * n_out > _LARGEST:
        raise ValueError(f"{rate} Hz and {new_rate} Hz have no large common divisor")
    matrix = np.empty((n_reached, n_out))
    # The sample before which a period begins, far from the ends.
    n_periods = 2 * -(-before // n_in) + 3
    start = n_in * (n_periods // 2)
    for row in range(n_reached):
        impulse = np.zeros(n_periods * n_in)
        impulse[start - before + row] = 1
        answer = resample(impulse, rate, new_rate)
        matrix[row] = answer[n_out * (n_periods // 2) :][:n_out]
    matrix[np.abs(matrix) < _SMALLEST] = 0
    # rows of zeros at both ends, in whole steps
    while before > step and not matrix[:step].any() and not matrix[-step:].any():
        matrix, before = matrix[step:-step], before - step
    return np.ascontiguousarray(matrix, np.float32), before, n_in

"""Change of sample rate by overlapping Fourier transforms, compiled.

Which rates there are, and what filter is applied, is said in `sersk.signal.resampling`.
"""

# A filter as long as this one (200 samples of the lower rate) costs least as a product of spectra.
# Both rates see the same spectrum up to half of the lower one: transform a block of M * m samples,
# multiply by the filter's response, keep as many bins as L * m samples have, and transform back:
# that is the change of rate by L / M as well. The blocks overlap by more than the filter reaches.
#
# - Two blocks are one complex transform, one its real and one its imaginary part. The response of
#   a symmetric filter is real, so that it leaves them apart, and no spectrum needs unravelling.
# - A transform is a matrix, down its columns, turned, transposed, and down the columns again, as
#   that of `fourier`; for 22,050 Hz it takes butterflies of 6, 7, 9 and 10 as well.

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from sersk.signal._compiled.fourier import (
    compiled,
    first_half,
    inlined,
    second_half,
    transpose_square,
)
from sersk.signal._compiled.kernels import IN, INT, OUT, kernel
from sersk.signal._compiled.lanes import LANES, Memory, Place, loop_body, read, write

_first_4, _first_6, _first_7, _first_8 = map(first_half, (4, 6, 7, 8))
_second_7, _second_8, _second_9, _second_10 = (
    second_half(radix, turns=False) for radix in (7, 8, 9, 10)
)
_turned_7, _turned_8, _turned_9, _turned_10 = (
    second_half(radix, turns=True) for radix in (7, 8, 9, 10)
)
# Length of a column: that of the butterflies before and after the turn within it.
_HALVES = {32: (4, 8), 48: (6, 8), 49: (7, 7), 56: (7, 8), 63: (7, 9), 64: (8, 8), 80: (8, 10)}
# Length of a transform: rows and columns.
_MATRIX = {
    2048: (32, 64),
    2352: (48, 49),
    2560: (32, 80),
    3528: (56, 63),
    4096: (64, 64),
    5120: (64, 80),
}


class Transform(NamedTuple):
    """The sizes of a complex transform, and the addresses of its tables."""

    n_rows: int
    n_columns: int
    first: int
    second: int
    first_2: int
    second_2: int
    turn_re: int
    turn_im: int
    few_re: int
    few_im: int
    few_2_re: int
    few_2_im: int


class Scratch(NamedTuple):
    """Addresses of memory to work in."""

    re: int
    im: int
    other_re: int
    other_im: int
    near_re: int
    near_im: int
    block_re: int
    block_im: int
    edge_re: int
    edge_im: int


TRANSFORM = types.NamedUniTuple(types.intp, len(Transform._fields), Transform)
SCRATCH = types.NamedUniTuple(types.intp, len(Scratch._fields), Scratch)


def _padded(length: int) -> int:
    return -(-length // LANES) * LANES


class Tables:
    """Angles of a complex transform of `length` numbers."""

    def __init__(self, length: int) -> None:
        n_rows, n_columns = _MATRIX[length]
        # Row k of these has a turn for each column.
        turn = np.zeros((n_rows, _padded(n_columns)))
        turn[:, :n_columns] = np.outer(np.arange(n_rows), np.arange(n_columns)) / length
        angles = [turn, *map(_few, (n_rows, n_columns))]
        turns = [np.exp(-2j * np.pi * angle) for angle in angles]
        self.arrays = [
            np.ascontiguousarray(part, np.float32) for one in turns for part in (one.real, one.imag)
        ]
        self.transform = Transform(
            n_rows,
            n_columns,
            *_HALVES[n_rows],
            *_HALVES[n_columns],
            *(array.ctypes.data for array in self.arrays),
        )


def _few(length: int) -> NDArray:
    first, second = _HALVES[length]
    return np.outer(np.arange(first), np.arange(second)) / length


class Workspace:
    """Memory for one change of rate at a time."""

    def __init__(self) -> None:
        n, n_few = 80 * 80, 80 * LANES
        sizes = [n, n, n, n, n_few, n_few, n_few, n_few, n, n]
        self.memory = np.zeros(sum(sizes) + 16 * len(sizes), np.float32)
        places = np.cumsum([0, *(size + 16 for size in sizes[:-1])])
        self.scratch = Scratch(*(self.memory.ctypes.data + 4 * int(place) for place in places))


@inlined
def _first(radix, re, im, at, step, near_re, near_im, to, to_step, few_re, few_im, turn, turn_step):
    if radix == 8:
        _first_8(re, im, at, step, near_re, near_im, to, to_step, few_re, few_im, turn, turn_step)
    elif radix == 7:
        _first_7(re, im, at, step, near_re, near_im, to, to_step, few_re, few_im, turn, turn_step)
    elif radix == 6:
        _first_6(re, im, at, step, near_re, near_im, to, to_step, few_re, few_im, turn, turn_step)
    else:
        _first_4(re, im, at, step, near_re, near_im, to, to_step, few_re, few_im, turn, turn_step)


@inlined
def _second(radix, near_re, near_im, at, re, im, to, to_step):
    if radix == 8:
        _second_8(near_re, near_im, at, re, im, to, to_step, re, im, 0, 0)
    elif radix == 7:
        _second_7(near_re, near_im, at, re, im, to, to_step, re, im, 0, 0)
    elif radix == 10:
        _second_10(near_re, near_im, at, re, im, to, to_step, re, im, 0, 0)
    else:
        _second_9(near_re, near_im, at, re, im, to, to_step, re, im, 0, 0)


@inlined
def _turned_second(radix, near_re, near_im, at, re, im, to, to_step, turn_re, turn_im, turn, step):
    if radix == 8:
        _turned_8(near_re, near_im, at, re, im, to, to_step, turn_re, turn_im, turn, step)
    elif radix == 7:
        _turned_7(near_re, near_im, at, re, im, to, to_step, turn_re, turn_im, turn, step)
    elif radix == 10:
        _turned_10(near_re, near_im, at, re, im, to, to_step, turn_re, turn_im, turn, step)
    else:
        _turned_9(near_re, near_im, at, re, im, to, to_step, turn_re, turn_im, turn, step)


@inlined
def _transform_matrix(
    in_re, in_im, re, im, n_rows, n_columns, first, second, first_2, second_2, t, s
):
    """Transform a matrix, one row after another in memory."""
    # The last vectors of a row of 49 reach into the next row, or past the matrix: what is in these
    # lanes ends in rows of `other` that nobody reads.
    width, height = -(-n_columns // LANES) * LANES, -(-n_rows // LANES) * LANES
    for column in range(0, n_columns, LANES):
        for i in range(second):
            _first(first, in_re, in_im, column + i * n_columns, second * n_columns, s.near_re,
                   s.near_im, i * LANES, second * LANES, t.few_re, t.few_im, i, second)  # fmt: skip
        for i in range(first):
            _turned_second(second, s.near_re, s.near_im, i * second * LANES, s.block_re, s.block_im,
                           i * LANES, first * LANES, t.turn_re, t.turn_im, i * width + column,
                           first * width)  # fmt: skip
        for row in range(0, n_rows, LANES):
            to = column * height + row
            transpose_square(s.block_re, row * LANES, LANES, s.other_re, to, height)
            transpose_square(s.block_im, row * LANES, LANES, s.other_im, to, height)
    # From the last rows to the first, so that lanes past a column of 56 are written over.
    for row in range(height - LANES, -1, -LANES):
        for i in range(second_2):
            _first(first_2, s.other_re, s.other_im, row + i * height, second_2 * height, s.near_re,
                   s.near_im, i * LANES, second_2 * LANES, t.few_2_re, t.few_2_im, i,
                   second_2)  # fmt: skip
        for i in range(first_2):
            _second(second_2, s.near_re, s.near_im, i * second_2 * LANES, re, im,
                    row + i * n_rows, first_2 * n_rows)  # fmt: skip


@compiled
def _transform(in_re, in_im, re, im, t, s):
    # Places that are known when this is compiled save time: 48,000 to 22,050 Hz has its own code.
    if t.n_rows == 64 and t.n_columns == 80:
        _transform_matrix(in_re, in_im, re, im, 64, 80, 8, 8, 8, 10, t, s)
    elif t.n_rows == 48:
        _transform_matrix(in_re, in_im, re, im, 48, 49, 6, 8, 7, 7, t, s)
    else:
        _transform_matrix(in_re, in_im, re, im, t.n_rows, t.n_columns, t.first, t.second,
                          t.first_2, t.second_2, t, s)  # fmt: skip


@compiled
def _block(samples, n_samples, start, length, edge):
    """Return where in memory a block begins, with zeros beside the samples."""
    if start >= 0 and start + length + LANES <= n_samples:
        return samples + 4 * start
    for i in range(length):
        inside = 0 <= start + i < n_samples
        write(edge, i, read(samples, start + i) if inside else np.float32(0))
    return edge


@loop_body
def _copy(source: Memory, at: Place, target: Memory, to: Place) -> None:
    target[to] = source[at]


@loop_body
def _weigh(
    re: Memory, im: Memory, at: Place, response: Memory, number: Place, out_re: Memory,
    out_im: Memory, to: Place,
) -> None:  # fmt: skip
    out_re[to] = re[at] * response[number]
    out_im[to] = im[at] * response[number]


@kernel(IN, IN, INT, INT, TRANSFORM, TRANSFORM, SCRATCH, OUT)
def resample(samples, response, reach_in, reach_out, there, back, s, out):
    """Write the samples at another rate.

    `response` is the filter's at the bins from 0 Hz up, zeros, and the same of the bins from the
    highest negative frequency kept up to 0 Hz, of `half` bins and `LANES` zeros each.
    """
    n_in, n_out = there.n_rows * there.n_columns, back.n_rows * back.n_columns
    step_in, step_out = n_in - 2 * reach_in, n_out - 2 * reach_out
    half = min(n_in, n_out) // 2
    weights = response.ctypes.data
    for first in range(0, len(out), 2 * step_out):
        start = first // step_out * step_in - reach_in
        one = _block(samples.ctypes.data, len(samples), start, n_in, s.edge_re)
        two = _block(samples.ctypes.data, len(samples), start + step_in, n_in, s.edge_im)
        _transform(one, two, s.re, s.im, there, s)
        # What is cut off here and put together anew are the frequencies that either rate lacks.
        # There, and backward by exchange of the two parts.
        for i in range(0, half, LANES):
            _weigh(s.re, s.im, i, weights, i, s.edge_re, s.edge_im, i)
        for i in range(half, n_out - half):
            write(s.edge_re, i, np.float32(0))
            write(s.edge_im, i, np.float32(0))
        for i in range(0, half, LANES):
            _weigh(s.re, s.im, n_in - half + i, weights, half + LANES + i, s.edge_re, s.edge_im,
                   n_out - half + i)  # fmt: skip
        _transform(s.edge_im, s.edge_re, s.im, s.re, back, s)
        for part in range(2):
            source = s.im if part else s.re
            begin = first + part * step_out
            n_kept = max(0, min(step_out, len(out) - begin))
            for i in range(0, n_kept - LANES + 1, LANES):
                _copy(source, reach_out + i, out.ctypes.data, begin + i)
            for i in range(n_kept - n_kept % LANES, n_kept):
                out[begin + i] = read(source, reach_out + i)

"""The Fourier transform of one frame in single precision, there and back, compiled.

Which frames, and what becomes of their spectra, is in `sersk.signal._compiled.kernels`.
"""

# scipy's transform is compiled once for all processors of a kind, thus for vectors of four
# numbers. This one is compiled where it runs, and made so that a frame never leaves the
# first-level cache:
#
# - The 2,048 real samples are 1,024 complex numbers, those of even number the real parts.
# - These are a matrix of 32 x 32: transforms down the columns, as many columns at a time as a
#   vector has lanes; a turn of each number; the matrix transposed; down the columns once more.
#   Thus no lane ever needs another, but in the transposition.
# - A column of 32 is a small matrix in its turn, of 8 x 4, and a transform of 4 or 8 numbers is
#   written out, in registers.
# - The spectrum of the real samples is unravelled from that of the complex numbers.

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from sersk.signal._compiled.lanes import (
    LANES,
    Memory,
    Place,
    loop_body,
    read,
    transpose,
    unzip,
    write,
    zipped,
)

compiled = numba.njit(error_model="numpy")
inlined = numba.njit(error_model="numpy", inline="always")


class Complex(NamedTuple):
    """Complex numbers, of whatever kind of real numbers."""

    re: Any
    im: Any

    def plus(self, other: "Complex") -> "Complex":
        return Complex(self.re + other.re, self.im + other.im)

    def minus(self, other: "Complex") -> "Complex":
        return Complex(self.re - other.re, self.im - other.im)

    def times(self, other: "Complex") -> "Complex":
        return Complex(
            self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re
        )

    def turned_back(self, eighths: int) -> "Complex":
        """Turn by so many eighths of a circle, clockwise, fewer than four."""
        if eighths == 0:
            return self
        if eighths == 2:
            return Complex(self.im, -self.re)
        root = math.sqrt(0.5)
        if eighths == 1:
            return Complex((self.re + self.im) * root, (self.im - self.re) * root)
        return Complex((self.im - self.re) * root, (self.re + self.im) * -root)


def transform_few(numbers: Sequence[Complex]) -> list[Complex]:
    """Transform a few numbers, whose count has no factors but 2, 3, 5 and 7.

    As everybody has done since Cooley and Tukey.
    """
    n = len(numbers)
    if n == 1:
        return list(numbers)
    radix = next(r for r in (2, 3, 5, 7) if n % r == 0)
    parts = [transform_few(numbers[i::radix]) for i in range(radix)]
    out: list[Any] = [None] * n
    for k in range(n // radix):
        turned = [part[k] if i == 0 else _turned(part[k], i * k, n) for i, part in enumerate(parts)]
        for j, number in enumerate(_transform_prime(turned)):
            out[k + j * (n // radix)] = number
    return out


def _turned(number: Complex, part: int, whole: int) -> Complex:
    """Turn clockwise by a part of the circle."""
    eighths, rest = divmod(8 * (part % whole), whole)
    if rest == 0:
        half = eighths >= 4
        turned = number.turned_back(eighths % 4)
        return Complex(-turned.re, -turned.im) if half else turned
    angle = -2 * math.pi * part / whole
    return number.times(Complex(math.cos(angle), math.sin(angle)))


def _transform_prime(numbers: Sequence[Complex]) -> list[Complex]:
    n = len(numbers)
    if n == 2:
        return [numbers[0].plus(numbers[1]), numbers[0].minus(numbers[1])]
    # Numbers i and n - i are turned by opposite angles: their sum takes the cosines, their
    # difference the sines.
    pairs = [(numbers[i], numbers[n - i]) for i in range(1, n // 2 + 1)]
    sums, differences = [a.plus(b) for a, b in pairs], [a.minus(b) for a, b in pairs]
    total = numbers[0]
    for one in sums:
        total = total.plus(one)
    out: list[Any] = [total] + [None] * (n - 1)
    for k in range(1, n // 2 + 1):
        angles = [2 * math.pi * ((k * i) % n) / n for i in range(1, n // 2 + 1)]
        even = numbers[0]
        for one, angle in zip(sums, angles, strict=True):
            even = Complex(even.re + one.re * math.cos(angle), even.im + one.im * math.cos(angle))
        sine = math.sin(angles[0])
        odd = Complex(differences[0].im * sine, differences[0].re * sine)
        for one, angle in zip(differences[1:], angles[1:], strict=True):
            odd = Complex(odd.re + one.im * math.sin(angle), odd.im + one.re * math.sin(angle))
        out[k] = Complex(even.re + odd.re, even.im - odd.im)
        out[n - k] = Complex(even.re - odd.re, even.im + odd.im)
    return out


def first_half(radix: int) -> Any:
    @loop_body
    def body(
        re: Memory, im: Memory, at: Place, step: Place,
        out_re: Memory, out_im: Memory, out: Place, out_step: Place,
        turn_re: Memory, turn_im: Memory, turn: Place, turn_step: Place,
    ) -> None:  # fmt: skip
        numbers = [Complex(re[at + step * i], im[at + step * i]) for i in range(radix)]
        for i, number in enumerate(transform_few(numbers)):
            if i:
                here = turn + turn_step * i
                number = number.times(Complex(turn_re.spread(here), turn_im.spread(here)))
            out_re[out + out_step * i], out_im[out + out_step * i] = number

    return body


def second_half(radix: int, *, turns: bool) -> Any:
    @loop_body
    def body(
        re: Memory, im: Memory, at: Place, out_re: Memory, out_im: Memory, out: Place,
        out_step: Place, turn_re: Memory, turn_im: Memory, turn: Place, turn_step: Place,
    ) -> None:  # fmt: skip
        numbers = [Complex(re[at + LANES * i], im[at + LANES * i]) for i in range(radix)]
        for i, number in enumerate(transform_few(numbers)):
            if turns:
                here = turn + turn_step * i
                number = number.times(Complex(turn_re[here], turn_im[here]))
            out_re[out + out_step * i], out_im[out + out_step * i] = number

    return body


_first_8, _first_4 = first_half(8), first_half(4)
_second_8, _second_4 = second_half(8, turns=False), second_half(4, turns=False)
_second_8_turned, _second_4_turned = second_half(8, turns=True), second_half(4, turns=True)


@loop_body
def transpose_square(
    source: Memory, at: Place, step: Place, target: Memory, to: Place, to_step: Place
) -> None:
    rows = [source[at + step * i] for i in range(LANES)]
    for i, row in enumerate(transpose(rows)):
        target[to + to_step * i] = row


@loop_body
def _load(
    samples: Memory, at: Place, window: Memory, number: Place, re: Memory, im: Memory, to: Place
) -> None:
    first = samples[at] * window[number]
    second = samples[at + LANES] * window[number + LANES]
    re[to], im[to] = unzip(first, second)


@loop_body
def _unravel(
    re: Memory, im: Memory, bin: Place, mirrored: Place, turn_re: Memory, turn_im: Memory,
    out_re: Memory, out_im: Memory,
) -> None:  # fmt: skip
    z, mirror = Complex(re[bin], im[bin]), Complex(re[mirrored].reversed(), im[mirrored].reversed())
    even = Complex(z.re + mirror.re, z.im - mirror.im)
    odd = Complex(z.im + mirror.im, mirror.re - z.re)
    spectrum = even.plus(odd.times(Complex(turn_re[bin], turn_im[bin])))
    out_re[bin], out_im[bin] = spectrum


@loop_body
def _ravel(
    re: Memory, im: Memory, bin: Place, mirrored: Place, turn_re: Memory, turn_im: Memory,
    out_re: Memory, out_im: Memory,
) -> None:  # fmt: skip
    x, mirror = Complex(re[bin], im[bin]), Complex(re[mirrored].reversed(), im[mirrored].reversed())
    even = Complex(x.re + mirror.re, x.im - mirror.im)
    odd = Complex(x.re - mirror.re, x.im + mirror.im)
    odd = odd.times(Complex(turn_re[bin], -turn_im[bin]))
    out_re[bin], out_im[bin] = even.re - odd.im, even.im + odd.re


@loop_body
def _store(
    re: Memory, im: Memory, at: Place, window: Memory, number: Place, samples: Memory, to: Place
) -> None:
    first, second = zipped(re[at], im[at])
    samples[to] = first * window[number]
    samples[to + LANES] = second * window[number + LANES]


class Plan(NamedTuple):
    """Where the transform of frames of `n_fft` samples finds its numbers and does its work.

    But for the sizes, all are addresses: of tables that are shared, and of a thread's own scratch.
    Angles of `turn` are those between the two transforms down the columns, of `unravel` those of
    the real samples, of `few` those within a column of either length.
    """

    n_fft: int
    n_rows: int
    n_columns: int
    turn_re: int
    turn_im: int
    unravel_re: int
    unravel_im: int
    few_re: int
    few_im: int
    few_2_re: int
    few_2_im: int
    window: int
    window_back: int
    re: int
    im: int
    other_re: int
    other_im: int
    near_re: int
    near_im: int
    block_re: int
    block_im: int
    edge: int
    phase_re: int
    phase_im: int
    rows: int
    turned: int


PLAN = types.NamedUniTuple(types.intp, len(Plan._fields), Plan)
# Columns of 16, 32 or 64: a transform of more than 8 numbers does not fit into the registers.
_N_ROWS = {512: 16, 1024: 32, 2048: 32, 4096: 64, 8192: 64}


@lru_cache(maxsize=8)
def _tables(n_fft: int) -> list[NDArray[np.float32]]:
    """Make the tables for frames of 512, 1024, 2048, 4096 or 8192 samples."""
    n_rows = _N_ROWS[n_fft]
    n_columns = n_fft // 2 // n_rows

    def few(length: int) -> NDArray:
        first = _first_radix.py_func(length)
        return np.outer(np.arange(first), np.arange(length // first)).ravel() / length

    angles = [
        np.outer(np.arange(n_rows), np.arange(n_columns)).ravel() / (n_fft // 2),
        np.arange(n_fft // 2) / n_fft,
        few(n_rows),
        few(n_columns),
    ]
    turns = [np.exp(-2j * np.pi * angle) for angle in angles]
    arrays = [part for turn in turns for part in (turn.real, turn.imag)]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    # Halves, because `_unravel` adds where it should take the mean.
    arrays += [window / 2, window / n_fft]
    return [array.astype(np.float32) for array in arrays]


class Workspace:
    """The plan of a transform and the memory that it refers to, which must outlive its use.

    Each is for one call at a time.
    """

    def __init__(self, n_fft: int) -> None:
        self.tables = _tables(n_fft)
        n, n_few = n_fft // 2 + 2 * LANES, 64 * LANES
        # Parts lie so that none begins at a multiple of 4 KiB from another: a processor takes such
        # addresses for the same at first sight, and waits.
        sizes = [n, n, n, n, n_few, n_few, n_few, n_few, n_fft, n, n, LANES * n, LANES * n]
        self.scratch = np.zeros(sum(sizes) + 16 * len(sizes), np.float32)
        places = np.cumsum([0, *(size + 16 for size in sizes[:-1])])
        n_rows = _N_ROWS[n_fft]
        self.plan = Plan(
            n_fft,
            n_rows,
            n_fft // 2 // n_rows,
            *(table.ctypes.data for table in self.tables),
            *(self.scratch.ctypes.data + 4 * int(place) for place in places),
        )


@inlined
def _first_radix(length):
    return 4 if length == 16 else 8


@inlined
def _transform_column(
    re, im, at, step, length, few_re, few_im, near_re, near_im,
    out_re, out_im, out, out_step, turns, turn_re, turn_im,
):  # fmt: skip
    """Transform `LANES` columns side by side, whose numbers are `step` apart."""
    first = _first_radix(length)
    second = length // first
    apart = second * LANES
    for i in range(second):
        if first == 8:
            _first_8(re, im, at + i * step, second * step, near_re, near_im, i * LANES, apart,
                     few_re, few_im, i, second)  # fmt: skip
        else:
            _first_4(re, im, at + i * step, second * step, near_re, near_im, i * LANES, apart,
                     few_re, few_im, i, second)  # fmt: skip
    for i in range(first):
        near, to, turn = i * apart, out + i * out_step, at + i * step
        if second == 8:
            if turns:
                _second_8_turned(near_re, near_im, near, out_re, out_im, to, first * out_step,
                                 turn_re, turn_im, turn, first * step)  # fmt: skip
            else:
                _second_8(near_re, near_im, near, out_re, out_im, to, first * out_step,
                          turn_re, turn_im, turn, first * step)  # fmt: skip
        elif turns:
            _second_4_turned(near_re, near_im, near, out_re, out_im, to, first * out_step,
                             turn_re, turn_im, turn, first * step)  # fmt: skip
        else:
            _second_4(near_re, near_im, near, out_re, out_im, to, first * out_step,
                      turn_re, turn_im, turn, first * step)  # fmt: skip


@inlined
def _transform_matrix(re, im, n_rows, n_columns, p):
    """Transform complex numbers in place."""
    for column in range(0, n_columns, LANES):
        _transform_column(re, im, column, n_columns, n_rows, p.few_re, p.few_im,
                          p.near_re, p.near_im, p.block_re, p.block_im, 0, LANES,
                          True, p.turn_re, p.turn_im)  # fmt: skip
        for row in range(0, n_rows, LANES):
            to = column * n_rows + row
            transpose_square(p.block_re, row * LANES, LANES, p.other_re, to, n_rows)
            transpose_square(p.block_im, row * LANES, LANES, p.other_im, to, n_rows)
    for column in range(0, n_rows, LANES):
        _transform_column(p.other_re, p.other_im, column, n_rows, n_columns,
                          p.few_2_re, p.few_2_im, p.near_re, p.near_im, re, im, column, n_rows,
                          False, p.turn_re, p.turn_im)  # fmt: skip


@compiled
def _transform(re, im, p):
    """Transform complex numbers in place."""
    # Places that are known when this is compiled save a seventh of the time.
    if p.n_fft == 2048:
        _transform_matrix(re, im, 32, 32, p)
    else:
        _transform_matrix(re, im, p.n_rows, p.n_columns, p)


@compiled
def transform_frame(samples, n_samples, start, p):
    """Transform the frame that begins at `start`, zeros beside the samples.

    Its spectrum is in ``p.other_re`` and ``p.other_im`` then, of ``p.n_fft // 2 + 1`` bins.
    """
    n = p.n_fft // 2
    if start < 0 or start + p.n_fft > n_samples:
        for i in range(p.n_fft):
            inside = 0 <= start + i < n_samples
            write(p.edge, i, read(samples, start + i) if inside else np.float32(0))
        samples, start = p.edge, 0
    for i in range(0, n, LANES):
        _load(samples, start + 2 * i, p.window, 2 * i, p.re, p.im, i)
    _transform(p.re, p.im, p)
    write(p.re, n, read(p.re, 0))
    write(p.im, n, read(p.im, 0))
    for i in range(0, n, LANES):
        mirrored = n - i - LANES + 1
        _unravel(p.re, p.im, i, mirrored, p.unravel_re, p.unravel_im, p.other_re, p.other_im)
    write(p.other_re, n, np.float32(2) * (read(p.re, 0) - read(p.im, 0)))
    write(p.other_im, n, np.float32(0))


@compiled
def transform_back(out, at, p):
    """Write the frame whose spectrum is in ``p.other_re`` and ``p.other_im``, windowed."""
    n = p.n_fft // 2
    write(p.other_im, 0, np.float32(0))
    write(p.other_im, n, np.float32(0))
    for i in range(0, n, LANES):
        mirrored = n - i - LANES + 1
        _ravel(p.other_re, p.other_im, i, mirrored, p.unravel_re, p.unravel_im, p.re, p.im)
    # Forward, with the two parts exchanged, is backward.
    _transform(p.im, p.re, p)
    for i in range(0, n, LANES):
        _store(p.re, p.im, i, p.window_back, 2 * i, out, at + 2 * i)

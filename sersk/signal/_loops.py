"""Loops over arrays that numba compiles. Only `sersk.signal.backend` calls them.

Importing this module compiles them, or reads loops that an earlier process compiled and stored.
"""

# Rules for speed, measured (docs/decisions/0016-two-backends.md):
#
# - The body of a loop indexes slices (`row = out[t]; row[i]`), never `x[start + i]`: the compiler
#   emits vector instructions only if it sees that the elements are neighbours in memory.
# - Complex arrays come as float32 views (real part, imaginary part, real part, ...), because numba
#   has no vector code for complex numbers.
# - Each loop has one type signature. Without it, a read-only or strided array would compile the
#   loop again.
# - No `nnan` and `ninf`: clips with NaN must become NaN.

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types

_IN = types.Array(types.float32, 1, "C", readonly=True)
_IN_2D = types.Array(types.float32, 2, "C", readonly=True)
_INTEGERS = types.Array(types.int64, 1, "C", readonly=True)
_OUT = types.Array(types.float32, 1, "C")
_OUT_2D = types.Array(types.float32, 2, "C")
_INT, _FLOAT = types.intp, types.float32


def compile_loop(*arguments: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Compile a function for arguments of these types, and store the result if possible.

    Parameters
    ----------
    *arguments : numba types
        Types of the arguments.

    Returns
    -------
    decorator : callable
        Takes the function and returns the compiled one, which releases Python's lock.
    """
    options = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": {"contract", "reassoc", "nsz"},
    }

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        try:
            return numba.njit(arguments, cache=True, **options)(function)
        except (RuntimeError, OSError):  # no folder that can be written to; a full disk
            return numba.njit(arguments, **options)(function)

    return decorate


@compile_loop(_IN, _INT, _INT, _IN, _OUT_2D)
def window_frames(samples, start, hop, window, out):
    """Write windowed frames, the first from sample `start` on, with zeros beyond the ends."""
    n_frames, n_window = out.shape
    for t in range(n_frames):
        first = start + t * hop
        begin = min(max(0, -first), n_window)
        end = max(begin, min(n_window, len(samples) - first))
        row = out[t]
        row[:begin] = 0
        row[end:] = 0
        part, weights = samples[first + begin : first + end], window[begin:end]
        target = row[begin:end]
        for i in range(end - begin):
            target[i] = part[i] * weights[i]


@compile_loop(_IN_2D, _OUT_2D)
def power(spectra, out):
    """Write squared magnitudes of the lowest bins."""
    n_frames, n_bins = out.shape
    for t in range(n_frames):
        row, target = spectra[t], out[t]
        for k in range(n_bins):
            target[k] = row[2 * k] * row[2 * k] + row[2 * k + 1] * row[2 * k + 1]


@compile_loop(_IN_2D, _FLOAT, _OUT, _OUT_2D, _OUT_2D)
def phase_advance(spectra, tiny, previous, advance, magnitude):
    """Write magnitudes, and unit phasors from each frame to the next; update `previous`."""
    n_frames, n_bins = magnitude.shape
    for t in range(n_frames):
        row, size, step = spectra[t], magnitude[t], advance[t]
        for k in range(n_bins):
            x, y = row[2 * k] + tiny, row[2 * k + 1]
            a, b = previous[2 * k], previous[2 * k + 1]
            length = np.sqrt(x * x + y * y)
            inverse = np.float32(1) / length
            x *= inverse
            y *= inverse
            size[k] = length
            step[2 * k] = x * a + y * b
            step[2 * k + 1] = y * a - x * b
            previous[2 * k] = x
            previous[2 * k + 1] = y


@compile_loop(_INTEGERS, _IN, _OUT, _IN_2D, _IN_2D, _OUT_2D)
def interpolate(frames, weights, phase, advance, magnitude, out):
    """Write spectra between frames ``t`` and ``t + 1``; advance `phase` after each."""
    n_bins = magnitude.shape[1]
    for t in range(len(frames)):
        frame = frames[t]
        after = weights[t]
        before = np.float32(1) - after
        low, high, step, row = magnitude[frame], magnitude[frame + 1], advance[frame + 1], out[t]
        for k in range(n_bins):
            size = low[k] * before + high[k] * after
            x, y = phase[2 * k], phase[2 * k + 1]
            a, b = step[2 * k], step[2 * k + 1]
            row[2 * k] = x * size
            row[2 * k + 1] = y * size
            phase[2 * k] = x * a - y * b
            phase[2 * k + 1] = x * b + y * a


@compile_loop(_IN_2D, _INT, _INT, _IN, _OUT)
def overlap_add(frames, first, hop, window, total):
    """Add windowed frames to `total`; frame t begins at sample ``(first + t) * hop``."""
    n_fft = frames.shape[1]
    for t in range(len(frames)):
        begin = (first + t) * hop
        row, target = frames[t], total[begin : begin + n_fft]
        for i in range(n_fft):
            target[i] += row[i] * window[i]

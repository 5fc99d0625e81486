"""Spectra, mel bands and decibels of one waveform, compiled.

What they compute is said where they are called, in `sersk.features`.
"""

import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import types

from sersk.signal._compiled.fourier import (
    PLAN,
    Workspace,
    compiled,
    transform_back,
    transform_frame,
)
from sersk.signal._compiled.lanes import (
    LANES,
    Lanes,
    Memory,
    Place,
    loop_body,
    read,
    transpose,
    write,
    zipped,
)

__all__ = ["Workspace"]

IN = types.Array(types.float32, 1, "C", readonly=True)
IN_2D = types.Array(types.float32, 2, "C", readonly=True)
INTEGERS = types.Array(types.int64, 1, "C", readonly=True)
OUT = types.Array(types.float32, 1, "C")
OUT_2D = types.Array(types.float32, 2, "C")
INT, FLOAT = types.intp, types.float32

_lock = threading.Lock()


def _sources() -> str:
    """Return a checksum of all that is compiled here.

    numba looks at the file that a function is in, when it decides whether what it has kept is
    still good, and not at what that file imports.
    """
    files = sorted(Path(__file__).parent.glob("*.py"))
    return f"{zlib.crc32(b''.join(file.read_bytes() for file in files)):08x}"


_SOURCES = _sources()


class Kernel:
    """A function that is compiled at its first call, or read from where an earlier process put it.

    It holds no lock of Python's while it runs, and takes the types that it was made for alone.
    """

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        function.__qualname__ += f"_{_SOURCES}"  # part of the name of the file that is kept
        self.function, self.arguments = function, arguments
        self._compiled: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        if self._compiled is None:
            with _lock:
                self._compiled = self._compiled or self._compile()
        return self._compiled(*arguments)

    def _compile(self) -> Callable[..., Any]:
        # The order of a sum is the compiler's to choose, once for all calls.
        options = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc"}}
        try:
            return numba.njit(self.arguments, cache=True, **options)(self.function)
        except RuntimeError:  # there is no folder that it could be kept in
            return numba.njit(self.arguments, **options)(self.function)


def kernel(*arguments: Any) -> Callable[[Callable[..., Any]], Kernel]:
    """Compile a function for arguments of these types."""
    return lambda function: Kernel(function, arguments)


@loop_body
def _square(re: Memory, im: Memory, bin: Place, out: Memory, to: Place) -> None:
    out[to] = re[bin] * re[bin] + im[bin] * im[bin]


@loop_body
def _zip(re: Memory, im: Memory, bin: Place, out: Memory, to: Place) -> None:
    out[to], out[to + LANES] = zipped(re[bin], im[bin])


@kernel(IN, INT, INT, PLAN, OUT_2D)
def spectra(samples, first, hop, p, out):
    """Write the spectra of the frames from `first` on, as many as `out` has rows."""
    n = p.n_fft // 2
    for frame in range(len(out)):
        start = (first + frame) * hop - n
        transform_frame(samples.ctypes.data, len(samples), start, p)
        to = frame * out.shape[1]
        for i in range(0, n, LANES):
            _zip(p.other_re, p.other_im, i, out.ctypes.data, to + 2 * i)
        out[frame, 2 * n], out[frame, 2 * n + 1] = read(p.other_re, n), 0


@kernel(IN_2D, PLAN, OUT_2D)
def frames(spectra, p, out):
    """Write the windowed frames of spectra."""
    n = p.n_fft // 2
    for frame in range(len(out)):
        for i in range(n + 1):
            write(p.other_re, i, spectra[frame, 2 * i])
            write(p.other_im, i, spectra[frame, 2 * i + 1])
        transform_back(out.ctypes.data, frame * out.shape[1], p)


@kernel(IN, INT, INT, PLAN, OUT_2D)
def powers(samples, first, hop, p, out):
    """Write the power of the frames from `first` on, of as many bins as `out` has columns."""
    n_used = out.shape[1]
    whole = n_used - n_used % LANES
    for frame in range(len(out)):
        start = (first + frame) * hop - p.n_fft // 2
        transform_frame(samples.ctypes.data, len(samples), start, p)
        for i in range(0, whole, LANES):
            _square(p.other_re, p.other_im, i, out.ctypes.data, frame * n_used + i)
        if whole < n_used:
            _square(p.other_re, p.other_im, whole, p.re, 0)
            for i in range(whole, n_used):
                out[frame, i] = read(p.re, i - whole)


@loop_body
def _turn(rows: Memory, at: Place, step: Place, turned: Memory, to: Place) -> None:
    for i, row in enumerate(transpose([rows[at + step * i] for i in range(LANES)])):
        turned[to + LANES * i] = row


@loop_body
def _add_four_bins(
    power: Memory, bin: Place, weights: Memory, at: Place, out: Memory, to: Place
) -> None:
    total = out[to]
    for i in range(4):
        total = total + power[bin + LANES * i] * weights.spread(at + i)
    out[to] = total


@compiled
def _bands_of_rows(p, n_rows, n_used, starts, places, weights, picture, frame):
    """Write the bands of the frames in ``p.rows``, at most `LANES` of them."""
    # Lanes are frames here, so that a triangle of 4 to 35 bins wastes none of them, and that what
    # is written lies side by side in a picture with time along its rows.
    width = p.n_fft // 2 + 2 * LANES
    for i in range(0, n_used + 4, LANES):
        _turn(p.rows, i, width, p.turned, i * LANES)
    for band in range(len(starts)):
        bin = starts[band]
        for i in range(n_rows):
            picture[band, frame + i] = 0
        out, to = picture.ctypes.data, band * picture.shape[1] + frame
        if n_rows < LANES:
            for i in range(LANES):
                write(p.re, i, np.float32(0))
            out, to = p.re, 0
        for at in range(places[band], places[band + 1], 4):
            _add_four_bins(p.turned, bin * LANES, weights.ctypes.data, at, out, to)
            bin += 4
        if n_rows < LANES:
            for i in range(n_rows):
                picture[band, frame + i] = read(p.re, i)


@kernel(IN, INT, PLAN, INT, INTEGERS, INTEGERS, IN, OUT_2D)
def bands(samples, hop, p, n_used, starts, places, weights, picture):
    """Write the power in bands, of all frames of a waveform.

    Band b has the weights from ``places[b]`` to ``places[b + 1]``, a multiple of 4 of them, which
    are those of the bins from ``starts[b]`` on.
    """
    n_frames, width = picture.shape[1], p.n_fft // 2 + 2 * LANES
    for first in range(0, n_frames, LANES):
        n_rows = min(LANES, n_frames - first)
        for row in range(n_rows):
            start = (first + row) * hop - p.n_fft // 2
            transform_frame(samples.ctypes.data, len(samples), start, p)
            for i in range(0, n_used + 4, LANES):
                _square(p.other_re, p.other_im, i, p.rows, row * width + i)
        _bands_of_rows(p, n_rows, n_used, starts, places, weights, picture, first)


@kernel(IN_2D, INT, PLAN, INT, INTEGERS, INTEGERS, IN, OUT_2D)
def bands_of_powers(power, first, p, n_used, starts, places, weights, picture):
    """Write the power in bands, of spectra that are at hand: `powers` of the frames from `first`.

    To the bit what `bands` writes, if `first` is a multiple of 16.
    """
    width = p.n_fft // 2 + 2 * LANES
    for begin in range(0, len(power), LANES):
        n_rows = min(LANES, len(power) - begin)
        for row in range(n_rows):
            for i in range(power.shape[1]):
                write(p.rows, row * width + i, power[begin + row, i])
        _bands_of_rows(p, n_rows, n_used, starts, places, weights, picture, first + begin)


@loop_body
def _to_decibels(x: Memory, at: Place, offset: Lanes, extremes: Memory, zero: Place) -> None:
    decibels = (x[at] + offset).decibels()
    x[at] = decibels
    extremes[zero] = decibels.at_least(extremes[zero])
    # what is not finite leaves NaN here for good
    extremes[zero + LANES] = extremes[zero + LANES] + decibels * 0.0


@kernel(OUT_2D, FLOAT, FLOAT, INT, FLOAT, FLOAT)
def level(picture, offset, floor, normalized, clip_value, reference):
    """Turn the power of a clip into decibels, as `MelSpectrogramTransformer` says, in place."""
    n_bands, n_frames = picture.shape
    x = picture.reshape(n_bands * n_frames)
    extremes, rest = np.empty(2 * LANES, np.float32), np.ones(LANES, np.float32)
    extremes[:LANES] = -np.inf
    extremes[LANES:] = 0
    whole = len(x) - len(x) % LANES
    for i in range(0, whole, LANES):
        _to_decibels(x.ctypes.data, i, offset, extremes.ctypes.data, 0)
    if whole < len(x):
        rest[:] = x[whole]
        rest[: len(x) - whole] = x[whole:]
        _to_decibels(rest.ctypes.data, 0, offset, extremes.ctypes.data, 0)
        x[whole:] = rest[: len(x) - whole]
    if np.isnan(extremes[LANES:].sum()):
        x[:] = np.nan
        return
    peak = extremes[:LANES].max()
    total = 0.0
    for band in range(n_bands):
        row = np.float32(0)
        for i in range(band * n_frames, (band + 1) * n_frames):
            relative = x[i] - peak
            x[i] = relative if relative > floor else floor
            row += x[i]
        total += float(row)
    if not normalized:
        if not np.isnan(reference):
            for i in range(len(x)):
                x[i] += peak - reference
        return
    mean = np.float32(total / len(x))
    total = 0.0
    for band in range(n_bands):
        row = np.float32(0)
        for i in range(band * n_frames, (band + 1) * n_frames):
            x[i] -= mean
            row += x[i] * x[i]
        total += float(row)
    deviation = np.float32(np.sqrt(total / len(x)))
    if deviation == 0:
        return
    for i in range(len(x)):
        value = x[i] / deviation
        value = value if value < clip_value else clip_value
        x[i] = value if value > -clip_value else -clip_value

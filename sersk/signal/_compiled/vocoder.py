"""The phase vocoder of one waveform, compiled.

What it computes is said where it is called, in `sersk.signal.effects`.
"""

import numpy as np

from sersk.signal._compiled.fourier import (
    PLAN,
    Workspace,
    compiled,
    transform_back,
    transform_frame,
)
from sersk.signal._compiled.kernels import FLOAT, IN, INT, INTEGERS, OUT, kernel
from sersk.signal._compiled.lanes import (
    LANES,
    Lanes,
    Memory,
    Place,
    loop_body,
    read,
    unzip,
    write,
    zipped,
)

__all__ = ["Workspace"]


@loop_body
def _compare(
    re: Memory, im: Memory, bin: Place, tiny: Lanes, before_re: Memory, before_im: Memory,
    magnitude: Memory, row: Place, advance: Memory, to: Place,
) -> None:  # fmt: skip
    x, y = re[bin] + tiny, im[bin]
    size = (x * x + y * y).sqrt()
    magnitude[row + bin] = size
    x, y = x * size.inverse(), y * size.inverse()
    a, b = before_re[bin], before_im[bin]
    advance[to], advance[to + LANES] = zipped(x * a + y * b, y * a - x * b)
    before_re[bin], before_im[bin] = x, y


@loop_body
def _zip(re: Memory, im: Memory, bin: Place, out: Memory, to: Place) -> None:
    out[to], out[to + LANES] = zipped(re[bin], im[bin])


@kernel(IN, INT, PLAN, FLOAT, INT, INT, INT, INT, INT)
def motion(samples, hop, p, tiny, n_frames, width, start, advance, magnitude):
    """Write the motion of a waveform at three addresses, in rows of `width` numbers.

    A row is longer than the spectrum, by less than 16 numbers of no meaning.
    """
    n = p.n_fft // 2
    for frame in range(n_frames + 1):
        if frame < n_frames:
            transform_frame(samples.ctypes.data, len(samples), frame * hop - n, p)
        else:  # after the last frame there is silence, towards which it advances
            for i in range(width):
                write(p.other_re, i, np.float32(0))
                write(p.other_im, i, np.float32(0))
        # What the first frame advances by from nowhere is overwritten by the next one.
        row = max(frame - 1, 0) * 2 * width
        for i in range(0, n + 1, LANES):
            _compare(p.other_re, p.other_im, i, tiny, p.phase_re, p.phase_im, magnitude,
                     frame * width, advance, row + 2 * i)  # fmt: skip
        if frame == 0:
            for i in range(0, n + 1, LANES):
                _zip(p.phase_re, p.phase_im, i, start, 2 * i)


@loop_body
def _move(
    phase_re: Memory, phase_im: Memory, bin: Place, magnitude: Memory, row: Place, next_row: Place,
    weight: Lanes, next_weight: Lanes, advance: Memory, at: Place, re: Memory, im: Memory,
) -> None:  # fmt: skip
    size = magnitude[row + bin] * weight + magnitude[next_row + bin] * next_weight
    x, y = phase_re[bin], phase_im[bin]
    re[bin], im[bin] = x * size, y * size
    a, b = unzip(advance[at], advance[at + LANES])
    phase_re[bin], phase_im[bin] = x * a - y * b, x * b + y * a


@loop_body
def _unzip(source: Memory, at: Place, re: Memory, im: Memory, bin: Place) -> None:
    re[bin], im[bin] = unzip(source[at], source[at + LANES])


@loop_body
def _add_behind(total: Memory, to: Place, next: Place, frame: Memory) -> None:
    total[to] = total[next] + frame[to]


@loop_body
def _divide(total: Memory, at: Place, divisor: Memory, by: Place, out: Memory, to: Place) -> None:
    out[to] = total[at] / divisor[by]


@compiled
def _finish(total, hop, number, n_positions, n_pieces, p, divisors, out):
    """Divide one hop of the sum, which no later frame reaches, by the windows under it."""
    first, last = max(0, number - n_positions + 1), min(number, n_pieces - 1)
    row = (first * n_pieces + last) * hop
    begin = number * hop - p.n_fft // 2
    if begin >= 0 and begin + hop <= len(out):
        for i in range(0, hop, LANES):
            _divide(total, i, divisors.ctypes.data, row + i, out.ctypes.data, begin + i)
    elif begin >= 0:
        for i in range(len(out) - begin):
            out[begin + i] = read(total, i) / divisors[row + i]


@kernel(INTEGERS, IN, INT, INT, INT, INT, INT, PLAN, INT, IN, OUT)
def stretch(before, weights, width, start, advance, magnitude, hop, p, total, divisors, out):
    """Write the waveform of a motion, at the positions between its frames that are given."""
    n = p.n_fft // 2
    n_pieces = p.n_fft // hop
    for i in range(0, n + 1, LANES):
        _unzip(start, 2 * i, p.phase_re, p.phase_im, i)
    for i in range(p.n_fft + hop):
        write(total, i, np.float32(0))
    for number in range(len(before) + n_pieces - 1):
        if number < len(before):
            frame, weight = before[number], weights[number]
            row = frame * width
            for i in range(0, n + 1, LANES):
                _move(p.phase_re, p.phase_im, i, magnitude, row, row + width,
                      np.float32(1) - weight, weight, advance, 2 * (row + i),
                      p.other_re, p.other_im)  # fmt: skip
            transform_back(p.edge, 0, p)
        else:
            for i in range(p.n_fft):
                write(p.edge, i, np.float32(0))
        # The sum moves on by a hop when a frame is added, so that it stays in the cache.
        for i in range(0, p.n_fft, LANES):
            _add_behind(total, i, i + hop, p.edge)
        _finish(total, hop, number, len(before), n_pieces, p, divisors, out)
    end = (len(before) + n_pieces - 1) * hop - n
    for i in range(min(end, len(out)), len(out)):
        out[i] = 0

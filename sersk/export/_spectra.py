"""A clip from a waveform, its frames and their power spectra, in a graph.

The discrete Fourier transform is two products with small matrices and a rotation between them
(Cooley and Tukey's factorisation). No operator of a runtime for it is needed: not all have one. One
product with the whole matrix would take four times as long, and be less accurate.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.export._operations import Operations, Value


def add_clip(ops: Operations, loader: Any, waveform: Value) -> tuple[Value, int]:
    """Cut a waveform to the part that a loader reads, and pad it to the length of its rows.

    Parameters
    ----------
    ops : Operations
        The graph.
    loader : AudioLoader
        The loader.
    waveform : value of shape (n,)
        A waveform at the loader's rate.

    Returns
    -------
    clip : value of shape (n_samples,)
        The clip.
    n_samples : int
        Its samples.
    """
    rate = loader.sample_rate
    n_samples = round(loader.duration * rate)
    n_read = min(max(1, int(loader.duration * rate)), n_samples)
    clip = _fit_length(ops, waveform, int(loader.offset * rate), n_read)
    return (clip if n_read == n_samples else _fit_length(ops, clip, 0, n_samples)), n_samples


def _fit_length(ops: Operations, waveform: Value, n_skipped: int, n_samples: int) -> Value:
    """Skip samples, then cut or pad at the end with zeros."""
    # Zeros first: a range beyond the end of a value is empty in one runtime, an error in another.
    padded = ops.concatenate([waveform, np.zeros(n_skipped + n_samples, np.float32)])
    return ops.cut(padded, n_skipped, n_skipped + n_samples)


def cut_frames(
    ops: Operations, waveform: Value, n_samples: int, length: int, hop: int, n_frames: int
) -> Value:
    """Cut a waveform into frames, the first of which begins with the first sample.

    Parameters
    ----------
    ops : Operations
        The graph.
    waveform : value of shape (n_samples,)
        The waveform.
    n_samples : int
        Its samples.
    length, hop : int
        Samples of a frame, and from one to the next.
    n_frames : int
        Number of frames. Those beyond the end hold zeros.

    Returns
    -------
    frames : value of shape (n_frames, length)
        The frames.
    """
    # Whole pieces are copied, not single samples: the positions of samples would be megabytes.
    piece = math.gcd(length, hop)
    n_pieces = ((n_frames - 1) * hop + length) // piece
    missing = n_pieces * piece - n_samples
    if missing > 0:
        waveform = ops.concatenate([waveform, np.zeros(missing, np.float32)])
    elif missing < 0:
        waveform = ops.cut(waveform, 0, n_pieces * piece)
    pieces = ops.reshape(waveform, (n_pieces, piece))
    first = np.arange(n_frames)[:, np.newaxis] * (hop // piece)
    taken = ops.take(pieces, (first + np.arange(length // piece)).ravel())
    return ops.reshape(taken, (n_frames, length))


def power_spectra(
    ops: Operations, frames: Value, window: NDArray[np.floating], n_bins: int
) -> Value:
    """Compute the power of the lowest bins of the spectrum of each frame.

    Parameters
    ----------
    ops : Operations
        The graph.
    frames : value of shape (n_frames, n_fft)
        Frames.
    window : ndarray of shape (n_fft,)
        Factor of each sample.
    n_bins : int
        Number of bins, from 0 Hz up.

    Returns
    -------
    power : value of shape (n_frames, n_bins)
        Their power.

    Notes
    -----
    Sample ``b * i + j`` and bin ``k + a * m`` of ``n_fft = a * b``: sums over i for each j are
    rotated by ``k * j / n_fft`` of a turn, then summed over j.
    """
    n_fft = len(window)
    a = max(d for d in range(1, math.isqrt(n_fft) + 1) if n_fft % d == 0)
    b = n_fft // a
    n_blocks = -(-n_bins // a)  # values of m that are needed
    inner = _turns(np.outer(np.arange(a), np.arange(a)), a)  # (k, i)
    rotation = _turns(np.outer(np.arange(a), np.arange(b)), n_fft)  # (k, j)
    outer = _turns(np.outer(np.arange(b), np.arange(n_blocks)), b)  # (j, m)

    grid = ops.reshape(ops.multiply(frames, window), (-1, a, b))
    real, imaginary = (ops.matmul(part, grid) for part in (inner.real, inner.imag))
    turned_real = ops.subtract(
        ops.multiply(real, rotation.real), ops.multiply(imaginary, rotation.imag)
    )
    turned_imaginary = ops.add(
        ops.multiply(real, rotation.imag), ops.multiply(imaginary, rotation.real)
    )
    both = ops.concatenate([turned_real, turned_imaginary], axis=2)  # (n_frames, k, 2 * j)
    real = ops.matmul(both, np.concatenate([outer.real, -outer.imag]))
    imaginary = ops.matmul(both, np.concatenate([outer.imag, outer.real]))
    power = ops.add(ops.multiply(real, real), ops.multiply(imaginary, imaginary))
    ordered = ops.reshape(ops.transpose(power, (0, 2, 1)), (-1, n_blocks * a))
    return ops.cut(ordered, 0, n_bins, axis=1)


def _turns(numerators: NDArray[np.int_], denominator: int) -> NDArray[np.complex128]:
    """Return points on the unit circle, of negative turns; exact for large numerators."""
    return np.exp(-2j * np.pi * (numerators % denominator) / denominator)

"""The layers of Whisper's encoder in numpy: one clip, float32, matrix products by BLAS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26: erf to 1.5e-7. Their 7.1.28
# takes half the time, without an exponential, but adds errors up to 8e-4 in states that reach 20.
_T = np.float32(0.3275911 / np.sqrt(2))
_A = [
    np.float32(0.5 * a) for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
]
_SIZE = 1 << 16  # numbers at a time, so that the buffers of `gelu` stay in the cache


def layer_norm(x: Array, weight: Array, bias: Array) -> Array:
    """Normalise each row to mean 0 and variance 1, then scale and shift it.

    Parameters
    ----------
    x : ndarray of float32 of shape (n_frames, width)
        States.
    weight, bias : ndarray of float32 of shape (width,)
        Scale and shift.

    Returns
    -------
    normalized : ndarray of float32 of shape (n_frames, width)
        The normalised states.
    """
    out = x - x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", out, out) / np.float32(x.shape[1])
    out /= np.sqrt(variance + np.float32(1e-5))[:, np.newaxis]
    out *= weight
    out += bias
    return out


def gelu(x: Array) -> Array:
    """Apply the exact GELU, ``x * Phi(x)``, in place, to 5e-7.

    Parameters
    ----------
    x : ndarray of float32 of shape (n_frames, width)
        Values; they are overwritten.

    Returns
    -------
    x : ndarray of float32 of shape (n_frames, width)
        The same array.
    """
    flat = x.reshape(-1)
    buffers = np.empty((3, min(_SIZE, flat.size)), np.float32)
    for start in range(0, flat.size, _SIZE):
        part = flat[start : start + _SIZE]
        size, t, tail = buffers[:, : len(part)]
        np.abs(part, out=size)
        np.multiply(size, _T, out=t)
        t += 1
        np.divide(1, t, out=t)
        np.multiply(t, _A[0], out=tail)  # becomes |x| * Phi(-|x|)
        for coefficient in _A[1:]:
            tail += coefficient
            tail *= t
        np.multiply(size, size, out=t)
        t *= np.float32(-0.5)
        np.exp(t, out=t)
        tail *= t
        tail *= size
        np.maximum(part, 0, out=part)
        part -= tail
    return x


def attend(qkv: Array, n_heads: int) -> Array:
    """Let each frame take a weighted mean of all frames, by several heads.

    Parameters
    ----------
    qkv : ndarray of float32 of shape (n_frames, 3 * width)
        Queries (scaled already), keys and values.
    n_heads : int
        Number of heads, which share the width.

    Returns
    -------
    mixed : ndarray of float32 of shape (n_frames, width)
        The heads side by side.
    """
    n_frames, width = qkv.shape[0], qkv.shape[1] // 3
    size = width // n_heads
    mixed = np.empty((n_frames, width), np.float32)
    for start in range(0, width, size):  # one head at a time: its scores fit into the cache
        query, key, value = (
            qkv[:, i + start : i + start + size] for i in range(0, 3 * width, width)
        )
        scores = query @ key.T
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        head = mixed[:, start : start + size]
        np.matmul(scores, value, out=head)
        head /= scores.sum(axis=1, keepdims=True)
    return mixed


def convolve(x: Array, weight: Array, bias: Array, stride: int) -> Array:
    """Convolve over time with a kernel of three frames, padded with zeros; then apply GELU.

    Parameters
    ----------
    x : ndarray of float32 of shape (n_frames, n_channels)
        Input.
    weight : ndarray of float32 of shape (3 * n_channels, width)
        The kernel, earlier frames first.
    bias : ndarray of float32 of shape (width,)
        Shift.
    stride : int
        Frames of the input for one of the output.

    Returns
    -------
    out : ndarray of float32 of shape (ceil(n_frames / stride), width)
        Output.
    """
    n_out = -(-len(x) // stride)
    padded = np.pad(x, ((1, 2), (0, 0)))
    taps = [padded[k : k + stride * n_out : stride][:n_out] for k in range(3)]
    out = np.concatenate(taps, axis=1) @ weight
    out += bias
    return gelu(out)


def sinusoids(n_frames: int, width: int) -> Array:
    """Return the encoding of positions that is added to the states.

    Parameters
    ----------
    n_frames : int
        Number of positions.
    width : int
        Width of the states, an even number.

    Returns
    -------
    positions : ndarray of float32 of shape (n_frames, width)
        Sines, then cosines, of wavelengths from 2 pi to 20,000 pi frames.

    Examples
    --------
    >>> from sersk.features.whisper.maths import sinusoids
    >>> sinusoids(2, 4).astype(float).round(4).tolist()
    [[0.0, 0.0, 1.0, 1.0], [0.8415, 0.0001, 0.5403, 1.0]]
    """
    steps = np.arange(width // 2) / (width // 2 - 1)
    angles = np.arange(n_frames)[:, np.newaxis] * np.exp(-np.log(10_000) * steps)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)

"""The default backend: the inner loops of spectra and effects in numpy. See `backend`."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray


class ScipyBackend:
    """Loops over blocks of frames in numpy, for float32 and float64.

    A block is some dozens of frames, which fit into the processor's cache.
    """

    name = "scipy"

    def window_frames(
        self, samples: NDArray, start: int, hop_length: int, window: NDArray, out: NDArray
    ) -> None:
        """Write windowed frames, with zeros beyond the ends of the samples.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,)
            One waveform.
        start : int
            First sample of the first frame, may be negative.
        hop_length : int
            Samples from one frame to the next.
        window : ndarray of shape (n_window,)
            Factor of each sample of a frame.
        out : ndarray of shape (n_frames, n_window)
            Array for the frames.
        """
        n_frames, n_window = out.shape
        segment = _cut(samples, start, (n_frames - 1) * hop_length + n_window)
        step = segment.strides[0]
        frames = as_strided(segment, out.shape, (hop_length * step, step), writeable=False)
        np.multiply(frames, window, out=out)

    def power(self, spectra: NDArray, out: NDArray) -> None:
        """Write the squared magnitudes of the lowest bins.

        Parameters
        ----------
        spectra : complex ndarray of shape (n_frames, n_bins)
            Spectra.
        out : ndarray of shape (n_frames, n_used_bins)
            Array for the power.
        """
        # Magnitude and square are faster than two strided squares and their sum, because numpy has
        # vector code for the magnitude of contiguous complex numbers.
        np.abs(spectra[:, : out.shape[1]], out=out)
        with np.errstate(over="ignore"):  # infinity is a valid result
            np.square(out, out=out)

    def phase_advance(
        self,
        spectra: NDArray,
        tiny: float,
        previous: NDArray,
        advance: NDArray,
        magnitude: NDArray,
    ) -> None:
        """Write magnitudes, and unit phasors by which the phase advances to each frame.

        Parameters
        ----------
        spectra : complex ndarray of shape (n_frames, n_bins)
            Spectra; overwritten.
        tiny : float
            Added to the real parts, so that silence has a phase: 0.
        previous : complex ndarray of shape (n_bins,)
            Unit phasors of the frame before the first one; overwritten with those of the last one.
        advance : complex ndarray of shape (n_frames, n_bins)
            Array for the phasors.
        magnitude : ndarray of shape (n_frames, n_bins)
            Array for the magnitudes.
        """
        spectra.real += spectra.real.dtype.type(tiny)
        np.abs(spectra, out=magnitude)
        spectra *= 1 / magnitude  # numpy divides complex by real as complex by complex, slowly
        np.conjugate(previous, out=advance[0])
        np.conjugate(spectra[:-1], out=advance[1:])
        advance *= spectra
        previous[:] = spectra[-1]

    def interpolate(
        self,
        frames: NDArray[np.int64],
        weights: NDArray,
        phase: NDArray,
        advance: NDArray,
        magnitude: NDArray,
        out: NDArray,
    ) -> None:
        """Write spectra at positions between frames ``t`` and ``t + 1``.

        Parameters
        ----------
        frames : ndarray of int64 of shape (n_positions,)
            The frame ``t`` before each position.
        weights : ndarray of shape (n_positions,)
            Distance of each position from that frame, from 0 to below 1.
        phase : complex ndarray of shape (n_bins,)
            Unit phasors at the first position; overwritten with those after the last position.
        advance : complex ndarray of shape (n_frames + 1, n_bins)
            Unit phasors by which the phase advances to each frame.
        magnitude : ndarray of shape (n_frames + 1, n_bins)
            Magnitude of each frame.
        out : complex ndarray of shape (n_positions, n_bins)
            Array for the spectra.
        """
        # A loop over rows, because cumprod down the columns is four times as slow.
        for row, frame in zip(out, frames, strict=True):
            row[:] = phase
            phase *= advance[frame + 1]
        after = weights[:, np.newaxis]
        size = magnitude[frames]
        size *= 1 - after
        later = magnitude[frames + 1]
        later *= after
        size += later
        out *= size

    def overlap_add(
        self, frames: NDArray, first: int, hop_length: int, window: NDArray, total: NDArray
    ) -> None:
        """Add windowed frames where they overlap.

        Parameters
        ----------
        frames : ndarray of shape (n_frames, n_fft)
            Frames; overwritten.
        first : int
            Number of the first frame; frame ``t`` begins at sample ``t * hop_length``.
        hop_length : int
            Samples from one frame to the next.
        window : ndarray of shape (n_fft,)
            Factor of each sample of a frame.
        total : ndarray of shape (n_hops * hop_length,)
            Array to which the frames are added.
        """
        # Each frame consists of pieces of one hop. Piece p of frame t belongs to hop t + p, so that
        # piece p of all frames is added by one sum of two matrices.
        frames *= window
        hops = total.reshape(-1, hop_length)
        for piece in range(-(-frames.shape[1] // hop_length)):
            part = frames[:, piece * hop_length : (piece + 1) * hop_length]
            hops[first + piece : first + piece + len(part), : part.shape[1]] += part


def _cut(samples: NDArray, start: int, length: int) -> NDArray:
    """Return samples from `start` on, with zeros beyond the ends; a copy only with such zeros."""
    if start >= 0 and start + length <= len(samples):
        return samples[start : start + length]
    segment = np.zeros(length, samples.dtype)
    begin, end = max(start, 0), min(start + length, len(samples))
    if end > begin:
        segment[begin - start : end - start] = samples[begin:end]
    return segment

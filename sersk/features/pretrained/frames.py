"""The frames of networks that take waveforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class WaveformFrames:
    """Which samples each frame of a network comes from.

    Attributes
    ----------
    sample_rate : float
        Sample rate of the input (Hz).
    step : int
        Samples from one frame to the next.
    width : int
        Samples that a frame comes from.
    """

    sample_rate: float
    step: int
    width: int

    def count(self, n_samples: int) -> int:
        """Return the number of frames.

        Parameters
        ----------
        n_samples : int
            Samples of a clip at the sample rate of the network.

        Returns
        -------
        n_frames : int
            At least 1: shorter clips are padded.

        Examples
        --------
        >>> from sersk.features.pretrained.frames import find_frames
        >>> frames = find_frames([10, 3, 3, 3, 3, 2, 2], [5, 2, 2, 2, 2, 2, 2], 16_000)
        >>> frames.step, frames.width, frames.count(16_000)
        (320, 400, 49)
        """
        return max(0, int(n_samples) - self.width) // self.step + 1


def find_frames(
    kernels: Sequence[int], strides: Sequence[int], sample_rate: float
) -> WaveformFrames:
    """Return the frames of a stack of convolutions without padding.

    Parameters
    ----------
    kernels, strides : sequence of int
        Width and step of each convolution.
    sample_rate : float
        Sample rate of the input (Hz).

    Returns
    -------
    frames : WaveformFrames
        Its frames.
    """
    step = width = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        width += (kernel - 1) * step
        step *= stride
    return WaveformFrames(sample_rate, step, width)

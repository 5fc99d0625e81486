"""From channels to one: their mean, and two channels that cancel each other."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sersk.audio.clips import UnusableClipError

# Power of the mean of two channels, relative to the mean of their powers: 1 for equal channels, 0.5
# for independent ones or a voice in one of them, 0 for opposite ones. 0.01 (-20 dB) is a
# correlation of -0.98; microphones at any distance of each other stay far above it.
_LEAST_POWER = 0.01


class Mixer:
    """Mix blocks of a recording down to one channel, and notice if two channels cancel.

    In some recordings one of two channels is inverted, by a cable or by mistake in a program. Their
    mean is silence then, or what little differs between them.
    """

    def __init__(self) -> None:
        self._before = self._after = 0.0

    def mix(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean of the channels; samples have shape (n_frames, n_channels)."""
        mean = mix_down(samples)
        if samples.shape[1] == 2:
            self._before += _energy(samples.reshape(-1)) / 2
            self._after += _energy(mean)
        return mean

    def check(self) -> None:
        """Raise `UnusableClipError` if the channels of all blocks so far cancel each other."""
        if self._after < _LEAST_POWER * self._before < math.inf:
            ratio = self._after / self._before
            level = f"{-10 * math.log10(ratio):.0f} dB below them" if ratio else "silence"
            raise UnusableClipError(
                f"has two channels that cancel each other: their mean is {level}. One of them is "
                "inverted; write one channel alone to a file"
            )


def mix_down(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of the channels; samples have shape (n_frames, n_channels)."""
    if samples.shape[1] == 1:
        return samples[:, 0]
    # Channel by channel, in librosa's order of addition; numpy's mean takes ten times as long.
    # Infinite samples are reported later, so that numpy need not warn.
    with np.errstate(over="ignore", invalid="ignore"):
        total = samples[:, 0] + samples[:, 1]
        for channel in samples.T[2:]:
            total += channel
        total /= np.float32(samples.shape[1])
    return total


def _energy(samples: NDArray[np.float32]) -> float:
    return float(np.einsum("i,i->", samples, samples))

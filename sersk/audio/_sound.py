"""Base of the steps from waveforms to waveforms: find the samples of a clip that are its sound.

Each step decides what to do with the sound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sersk.base import StatelessTransformer


class SoundTransformer(StatelessTransformer):
    """Base of the steps that change the sound of each clip, and not its padding.

    The sound of a clip is the part from its first to its last sample that is not zero. The zeros
    before and after it, such as a loader's padding, are kept, and the result does not depend on
    their number. A clip that holds NaN becomes NaN.

    Subclasses implement ``_change(sound)``, which returns as many samples.
    """

    def transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        self._check_parameters()
        out = np.zeros(X.shape, np.float32)
        # One waveform at a time, so that the result does not depend on the other clips.
        for index in np.ndindex(X.shape[:-1]):
            clip = X[index]
            if np.isnan(clip).any():
                out[index] = np.nan
                continue
            positions = np.flatnonzero(clip)
            if len(positions):
                sound = slice(positions[0], positions[-1] + 1)
                out[index][sound] = self._change(clip[sound])
        return out

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        self._check_parameters()

    def _check_parameters(self) -> None:
        """Raise if parameters contradict each other; by default nothing is checked."""

    def _change(self, sound: NDArray[np.float32]) -> NDArray:
        raise NotImplementedError

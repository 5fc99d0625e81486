"""What steps from waveforms to waveforms share: which samples of a clip are its sound.

What is done with the sound is each step's own.
"""

import numpy as np
from numpy.typing import NDArray

from sersk.base import StatelessTransformer


class SoundTransformer(StatelessTransformer):
    """Base of the steps that change the sound of each clip, and nothing around it.

    A clip's sound is what lies between its first and its last sample that is not zero. The zeros
    before and after it, such as a loader's padding, are not recorded silence but none at all: they
    are kept, and the result for a clip is the same however long its padding. A clip that holds NaN
    becomes NaN.

    Subclasses implement ``_change(sound)``, which returns as many samples.
    """

    def _transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        self._check_parameters()
        out = np.zeros(X.shape, np.float32)
        # One waveform at a time: company must not reach into the arithmetic of a clip.
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

    def _record(self, X: NDArray[np.float32]) -> None:
        self._check_parameters()

    def _check_parameters(self) -> None:
        """Raise where parameters do not fit each other; by default they do."""

    def _change(self, sound: NDArray[np.float32]) -> NDArray:
        raise NotImplementedError

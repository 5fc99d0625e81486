"""Chroma: the power in each pitch class, over all octaves.

Several features side by side are for `sersk.features.stacking`.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sersk.features.registry import register_feature
from sersk.features.spectral import SpectralTransformer
from sersk.signal import apply_filter_bank, chroma_filter_bank

_PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@register_feature("chroma")
class ChromaTransformer(SpectralTransformer):
    """Compute chroma: the power in each pitch class, frame by frame.

    Bins of the short-time power spectrum that are octaves apart are summed. Chroma describe the
    intonation in semitones without the register and the loudness of a voice. They complement mel
    spectrograms and MFCCs, and are rarely enough alone.

    Parameters
    ----------
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz).
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.
    n_chroma : int, default=12
        Number of pitch classes in an octave, from C up; 12 are semitones.
    tuning : float, default=0.0
        Deviation from A4 = 440 Hz, in pitch classes.
    normalization : "frame" or None, default="frame"
        "frame" divides each frame by its largest value; None keeps the power.

    Attributes
    ----------
    frame_times_ : ndarray of shape (n_frames,)
        Time of each frame's centre (s).
    n_frames_ : int
        Number of frames, ``1 + n_samples // hop_length``.
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    MelSpectrogramTransformer : The spectrum with its octaves and its level.
    FeatureStack : Several features side by side.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_chroma, n_frames)`` for waveforms of shape
    ``(..., n_samples)``, with normalisation in [0, 1]. It learns nothing from data: the values of a
    clip are the same to the bit in any batch.

    The values are equal to those of ``librosa.feature.chroma_stft(..., tuning=0.0)`` [1]_ up to
    rounding, with ``norm=None`` if `normalization` is None. By default librosa estimates the tuning
    of each clip, as of an instrument. A voice has no tuning: the estimate would shift the pitch
    classes of each clip by a random part of a semitone. Hence it is fixed.

    A silent frame gives zeros. A clip that holds NaN gives NaN, and no other clip does.

    The output has three dimensions or more, hence `set_output` is not available.

    References
    ----------
    .. [1] D. P. W. Ellis, "Chroma feature analysis and synthesis", 2007,
       https://www.ee.columbia.edu/~dpwe/resources/matlab/chroma-ansyn/

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import ChromaTransformer
    >>> time = np.arange(88_200) / 22_050
    >>> tones = np.sin(2 * np.pi * np.array([[220.0], [880.0], [523.25]]) * time)  # A3, A5, C5
    >>> chroma = ChromaTransformer()
    >>> features = chroma.fit_transform(tones)
    >>> features.shape
    (3, 12, 173)
    >>> loudest = features[:, :, 80].argmax(axis=1)
    >>> chroma.get_feature_names_out()[loudest].tolist()
    ['chroma_A', 'chroma_A', 'chroma_C']
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "n_chroma": [Interval(Integral, 1, None, closed="left")],
        "tuning": [Interval(Real, None, None, closed="neither")],
        "normalization": [StrOptions({"frame"}), None],
    }

    def __init__(
        self,
        sample_rate: float = 22050,
        *,
        n_fft: int = 2048,
        hop_length: int = 512,
        n_chroma: int = 12,
        tuning: float = 0.0,
        normalization: str | None = "frame",
    ) -> None:
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_chroma = n_chroma
        self.tuning = tuning
        self.normalization = normalization

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the pitch classes, which are axis -2 of the output.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency; samples have no names.

        Returns
        -------
        names : ndarray of str of shape (n_chroma,)
            The pitch classes, as "chroma_C#"; numbers from C up, as "chroma05", where they are not
            semitones.
        """
        if self.n_chroma == len(_PITCH_CLASSES):
            return np.array([f"chroma_{name}" for name in _PITCH_CLASSES], dtype=object)
        return np.array([f"chroma{i:02d}" for i in range(self.n_chroma)], dtype=object)

    def frames(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sum the power of each frame into pitch classes.

        Parameters
        ----------
        power : ndarray of float32 of shape (n_frames, n_used_bins)
            Power spectra.

        Returns
        -------
        chroma : ndarray of float32 of shape (n_chroma, n_frames)
            Power in each pitch class.
        """
        bank = chroma_filter_bank(
            self.sample_rate, self.n_fft, self.n_chroma, tuning=float(self.tuning)
        )
        out = np.empty((self.n_chroma, len(power)), np.float32)
        return apply_filter_bank(power, bank, out)

    def finish(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Divide each frame by its largest value, in place, or leave the power as it is.

        Parameters
        ----------
        frames : ndarray of float32 of shape (n_chroma, n_frames)
            Power in each pitch class.

        Returns
        -------
        features : ndarray of float32 of shape (n_chroma, n_frames)
            The same array, with the features.
        """
        if self.normalization is None:
            return frames
        peak = frames.max(axis=0)
        return np.divide(frames, peak, out=frames, where=peak > np.finfo(np.float32).tiny)

"""Contours of the voice over time: pitch, voicing, harmonicity, level, shape of the spectrum.

The voice is tracked in `sersk.signal`; vectors of a clip are in `sersk.features.functionals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sersk.base import StatelessTransformer
from sersk.features._voice import check_range, compute_contour
from sersk.features.registry import register_feature
from sersk.signal import count_frames, track_voice

# Mean and scale for "fixed": about the mean and standard deviation in emotional speech.
_FIXED = {
    "pitch": (24.0, 6.0),
    "voiced": (0.5, 0.5),
    "harmonicity": (0.5, 0.25),
    "level": (-50.0, 20.0),
    "tilt": (5.0, 15.0),
    "centroid": (0.0, 1.0),
    "flatness": (-15.0, 6.0),
}


@register_feature("pitch")
class PitchTransformer(StatelessTransformer):
    """Compute contours of the voice: pitch, voicing, level and more, one band each.

    Pitch, its range and its variation distinguish aroused from calm speech; mel bands are too wide
    to resolve them. The fundamental frequency is found by Boersma's autocorrelation method [1]_,
    as in Praat, with the best path over the frames of a clip.

    Parameters
    ----------
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz).
    hop_length : int, default=512
        Samples from one frame to the next. The frames are at the same times as those of a
        `MelSpectrogramTransformer` of the same `hop_length`.
    fmin : float, default=60.0
        Lowest fundamental frequency (Hz). A frame is three of its periods long.
    fmax : float, default=650.0
        Highest fundamental frequency (Hz), at most a quarter of `sample_rate`. Excited voices go
        above 500 Hz.
    contours : sequence of str, default=("pitch", "voiced", "harmonicity", "level")
        The bands, in this order; any of

        - "pitch": fundamental frequency (semitones above 55 Hz), interpolated where unvoiced;
        - "voiced": 1 where there is a pitch, 0 elsewhere;
        - "harmonicity": share of the power below 4 kHz that is periodic, in [0, 1];
        - "level": mean power (dB, 0 for a constant of 1), at least -100;
        - "tilt": power from 50 to 1,000 Hz above that from 1,000 to 5,000 Hz (dB), the alpha ratio;
        - "centroid": mean frequency of the power from 50 to 5,000 Hz (octaves above 1,000 Hz);
        - "flatness": geometric mean above arithmetic mean of that power (dB), 0 for white noise.
    voicing_threshold : float, default=0.45
        Harmonicity above which a frame is voiced, unless the best path over its neighbours says
        otherwise.
    normalization : "fixed", "band" or None, default="fixed"
        "fixed" scales each contour to about [-2, 2] by constants, the same for all clips, which
        keeps register and level. "band" normalises it to mean 0 and standard deviation 1 over the
        frames of the clip. None keeps the units that are given above.

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
    MelSpectrogramTransformer : The spectrum.
    FeatureStack : Several features side by side.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_contours, n_frames)`` for waveforms of shape
    ``(..., n_samples)``. It learns nothing from data: the values of a clip are the same to the bit
    in any batch.

    The autocorrelation of each windowed frame is divided by that of the window; its peaks are
    candidates for the period, "unvoiced" is another candidate, and the Viterbi algorithm chooses a
    path of high candidates with few jumps. Two things differ from the paper. Spectra are faded out
    between 3.5 and 4.5 kHz first, so that three lags locate a peak to a few cents and noise of
    higher frequencies has no effect. And a frame is at least three periods long.

    Before the first voiced frame and after the last one, the pitch is held. In a clip without a
    voiced frame it is the geometric mean of `fmin` and `fmax`. A clip that holds NaN gives NaN, and
    no other clip does.

    The output has three dimensions or more, hence `set_output` is not available.

    References
    ----------
    .. [1] P. Boersma, "Accurate short-term analysis of the fundamental frequency and the
       harmonics-to-noise ratio of a sampled sound", Proceedings of the Institute of Phonetic
       Sciences 17, University of Amsterdam, 1993.

    Examples
    --------
    A tone with harmonics, rising from 110 to 220 Hz (12 to 24 semitones) in a second:

    >>> import numpy as np
    >>> from sersk import PitchTransformer
    >>> frequency = 110 * 2 ** (np.arange(22_050) / 22_050)
    >>> phase = 2 * np.pi * np.cumsum(frequency) / 22_050
    >>> X = sum(np.sin(k * phase) / k for k in range(1, 9))[np.newaxis]
    >>> pitch = PitchTransformer(contours=("pitch", "voiced"), normalization=None).fit(X)
    >>> contours = pitch.transform(X)
    >>> contours.shape
    (1, 2, 44)
    >>> contours[0, 0, [4, 22, 39]].round(1)
    array([13.1, 18.1, 22.9], dtype=float32)
    >>> pitch.get_feature_names_out().tolist()
    ['pitch', 'voiced']

    As bands below a mel spectrogram:

    >>> from sersk import FeatureStack, MelSpectrogramTransformer
    >>> stack = FeatureStack([("mel", MelSpectrogramTransformer()), ("voice", PitchTransformer())])
    >>> stack.fit_transform(X).shape
    (1, 132, 44)
    """

    output_kind = "frames"
    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "fmin": [Interval(Real, 0, None, closed="neither")],
        "fmax": [Interval(Real, 0, None, closed="neither")],
        "contours": [list, tuple],
        "voicing_threshold": [Interval(Real, 0, 1, closed="both")],
        "normalization": [StrOptions({"fixed", "band"}), None],
    }

    def __init__(
        self,
        sample_rate: float = 22050,
        *,
        hop_length: int = 512,
        fmin: float = 60.0,
        fmax: float = 650.0,
        contours: Sequence[str] = ("pitch", "voiced", "harmonicity", "level"),
        voicing_threshold: float = 0.45,
        normalization: str | None = "fixed",
    ) -> None:
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.fmin = fmin
        self.fmax = fmax
        self.contours = contours
        self.voicing_threshold = voicing_threshold
        self.normalization = normalization

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the contours, which are axis -2 of the output.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency; samples have no names.

        Returns
        -------
        names : ndarray of str of shape (n_contours,)
            The names of `contours`.
        """
        return np.array(list(self.contours), dtype=object)

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Check the parameters and set `n_frames_` and `frame_times_`.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.
        """
        self._check()
        self.n_frames_ = count_frames(X.shape[-1], hop_length=self.hop_length)
        self.frame_times_ = np.arange(self.n_frames_) * self.hop_length / self.sample_rate

    def _check(self) -> None:
        check_range(self)
        unknown = [name for name in self.contours if name not in _FIXED]
        if unknown or not len(self.contours):
            raise ValueError(
                f"PitchTransformer: contours={self.contours!r}; at least one is expected, of "
                f"{', '.join(map(repr, _FIXED))}."
            )

    def transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the contours of each clip.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.

        Returns
        -------
        contours : ndarray of float32 of shape (n_clips, [n_views,] n_contours, n_frames)
            The contours.
        """
        self._check()
        n_frames = count_frames(X.shape[-1], hop_length=self.hop_length)
        features = np.empty((*X.shape[:-1], len(self.contours), n_frames), np.float32)
        for index in np.ndindex(X.shape[:-1]):
            if np.isnan(X[index]).any():
                features[index] = np.nan
                continue
            voicing = track_voice(
                X[index],
                sample_rate=self.sample_rate,
                hop_length=self.hop_length,
                fmin=self.fmin,
                fmax=self.fmax,
                voicing_threshold=self.voicing_threshold,
            )
            for row, name in enumerate(self.contours):
                contour = compute_contour(name, voicing, self.fmin, self.fmax)
                features[index][row] = self._normalize(name, contour)
        return features

    def _normalize(self, name: str, contour: NDArray) -> NDArray:
        if self.normalization == "fixed":
            middle, scale = _FIXED[name]
            return (contour - middle) / scale
        if self.normalization == "band":
            contour = contour - contour.mean()
            spread = np.sqrt(np.square(contour).mean())
            # The standard deviation of a constant contour is a rounding error.
            return contour / spread if spread > 1e-9 else np.zeros_like(contour)
        return contour

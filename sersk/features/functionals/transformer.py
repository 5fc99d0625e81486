"""The transformer: its parameters, and the vector of a clip from its groups of functionals."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval

from sersk.base import StatelessTransformer
from sersk.features._voice import check_range
from sersk.features.functionals.contours import MEL_RANGE, N_MELS, make_contours
from sersk.features.functionals.groups import GROUPS, describe_group, name_group
from sersk.features.registry import register_feature
from sersk.signal import FilterBank, bring_to_level, fft_length, mel_filter_bank


@register_feature("functionals")
class FunctionalsTransformer(StatelessTransformer):
    """Describe each clip by one vector: statistics of the contours of its voice and spectrum.

    The vector holds mean, spread, percentiles, course and motion of pitch, level, spectral shape
    and cepstral coefficients over the voiced, unvoiced or active frames of a clip, and lengths and
    rates of its voiced parts, pauses and syllables. This is the classical way to recognise emotion
    [1]_ [2]_ [3]_. A support vector machine or a linear discriminant on functionals is trained in
    seconds, and on a small corpus it often does better than a network.

    Parameters
    ----------
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz), at least 8,000.
    hop_length : int, default=256
        Samples from one frame to the next.
    fmin : float, default=60.0
        Lowest fundamental frequency (Hz). A frame is three of its periods long.
    fmax : float, default=650.0
        Highest fundamental frequency (Hz), at most a quarter of `sample_rate`.
    groups : sequence of str, default=("pitch", "level", "spectrum", "mfcc", "tempo")
        Which groups of functionals, in this order: of the fundamental frequency (semitones above
        55 Hz) and harmonicity; of the level (dB); of the shape of the spectrum; of the cepstral
        coefficients; lengths, rates, jitter and shimmer.
    activity_range : float, default=40.0
        Frames more than this below the clip's loudest frame are pauses (dB). Frames before the
        first and after the last active frame, such as padding, are left out.
    n_mfcc : int, default=20
        Number of cepstral coefficients, at most 40.
    level_db : float or None, default=None
        Level that the speech of each clip is brought to first (dBFS), see
        `sersk.signal.bring_to_level`. The functionals then do not depend on the gain of the
        recording, and do not tell loud speech from soft. None keeps the level.
    noise_margin : float or None, default=None
        Frames less than this above the noise floor of the clip are pauses too (dB), though none
        that is within 15 dB of the loudest frame. None counts noise as speech.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    PitchTransformer : Contours over time, for a network.
    FrontEnd : Runs it over many files, chunks in parallel.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_features)`` for waveforms of shape
    ``(..., n_samples)``. It learns nothing from data: the values of a clip are the same to the bit
    in any batch. Silence before and after the clip changes them only by shifting the frames.

    The ranges of functionals differ by orders of magnitude: add a
    `sklearn.preprocessing.StandardScaler` as the next step.

    In a clip with too few voiced (or unvoiced) frames, the active frames take their place. A clip
    that holds NaN gives NaN, and no other clip does.

    The feature sets of openSMILE are larger (ComParE, [2]_) or smaller (eGeMAPS, [3]_); this set is
    neither, and its values differ from theirs. ``docs/results/functionals.md`` compares them and
    the groups.

    References
    ----------
    .. [1] B. Schuller, S. Steidl and A. Batliner, "The INTERSPEECH 2009 emotion challenge",
       Interspeech, 2009.
    .. [2] B. Schuller et al., "The INTERSPEECH 2013 computational paralinguistics challenge: social
       signals, conflict, emotion, autism", Interspeech, 2013.
    .. [3] F. Eyben et al., "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice
       research and affective computing", IEEE Transactions on Affective Computing, 7(2), 2016.

    Examples
    --------
    >>> from sersk import AudioLoader, FrontEnd, FunctionalsTransformer, make_emotional_speech
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVC
    >>> corpus = make_emotional_speech(n_speakers=2, n_repetitions=1, emotions=("anger", "sad"))
    >>> frontend = FrontEnd(
    ...     [("loader", AudioLoader(duration=2.0)), ("features", FunctionalsTransformer())]
    ... )
    >>> pipeline = make_pipeline(frontend, StandardScaler(), SVC(kernel="linear"))
    >>> pipeline.fit(corpus.data, corpus.target).predict(corpus.data).tolist()
    ['anger', 'sad', 'anger', 'sad']

    Each functional has a name:

    >>> functionals = FunctionalsTransformer(groups=["pitch"])
    >>> names = functionals.get_feature_names_out()
    >>> len(names), names[0], names[-1]
    (189, 'pitch_voiced_mean', 'hnr_voiced_delta2_p10_to_p90')
    """

    output_kind = "vector"
    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Real, 8000, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "fmin": [Interval(Real, 0, None, closed="neither")],
        "fmax": [Interval(Real, 0, None, closed="neither")],
        "groups": [list, tuple],
        "activity_range": [Interval(Real, 0, None, closed="neither")],
        "n_mfcc": [Interval(Integral, 1, N_MELS, closed="both")],
        "level_db": [Interval(Real, None, None, closed="neither"), None],
        "noise_margin": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        sample_rate: float = 22050,
        *,
        hop_length: int = 256,
        fmin: float = 60.0,
        fmax: float = 650.0,
        groups: Sequence[str] = ("pitch", "level", "spectrum", "mfcc", "tempo"),
        activity_range: float = 40.0,
        n_mfcc: int = 20,
        level_db: float | None = None,
        noise_margin: float | None = None,
    ) -> None:
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.fmin = fmin
        self.fmax = fmax
        self.groups = groups
        self.activity_range = activity_range
        self.n_mfcc = n_mfcc
        self.level_db = level_db
        self.noise_margin = noise_margin

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the functionals, which are the last axis of the output.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency; samples have no names.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            Contour, frames and statistic, as "pitch_voiced_p90"; "tempo_syllable_rate".
        """
        names = [name for group in self.groups for name in name_group(group, self.n_mfcc)]
        return np.array(names, dtype=object)

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Check the parameters.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.
        """
        self._check()

    def _check(self) -> FilterBank:
        """Return the mel bands, or raise if the parameters do not fit together."""
        check_range(self)
        if not self.groups or any(group not in GROUPS for group in self.groups):
            raise ValueError(
                f"FunctionalsTransformer: groups={self.groups!r}; at least one is expected, of "
                f"{', '.join(map(repr, GROUPS))}."
            )
        low, high = MEL_RANGE
        n_fft = fft_length(self.sample_rate, self.fmin, self.fmax)
        try:
            return mel_filter_bank(
                self.sample_rate, n_fft, N_MELS, low, min(high, self.sample_rate / 2)
            )
        except ValueError as error:
            raise ValueError(
                f"FunctionalsTransformer: fmin={self.fmin} Hz makes frames too short for the "
                f"spectrum: {error}"
            ) from None

    def transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Describe each clip by a vector.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.

        Returns
        -------
        vectors : ndarray of float32 of shape (n_clips, [n_views,] n_features)
            The functionals.
        """
        bank = self._check()
        n_features = len(self.get_feature_names_out())
        vectors = np.empty((*X.shape[:-1], n_features), np.float32)
        for index in np.ndindex(X.shape[:-1]):
            if np.isnan(X[index]).any():
                vectors[index] = np.nan
            else:
                vectors[index] = self._describe(X[index], bank)
        return vectors

    def _describe(self, waveform: NDArray[np.float32], bank: FilterBank) -> NDArray[np.float64]:
        if self.level_db is not None:
            waveform = bring_to_level(waveform, self.sample_rate, self.level_db)
        needed = set(self.groups) | ({"pitch", "level"} if "tempo" in self.groups else set())
        contours = make_contours(
            waveform,
            bank,
            tuple(needed),
            sample_rate=self.sample_rate,
            hop_length=self.hop_length,
            fmin=self.fmin,
            fmax=self.fmax,
            activity_range=self.activity_range,
            n_mfcc=self.n_mfcc,
            noise_margin=self.noise_margin,
        )
        step = self.hop_length / self.sample_rate
        return np.concatenate([describe_group(group, contours, step) for group in self.groups])

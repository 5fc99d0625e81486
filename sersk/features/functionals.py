"""Functionals: a clip as one vector of numbers, whatever its length, for classical classifiers.

Contours come from `sersk.features._contours`, what is said of one from
`sersk.features._statistics`.
"""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval

from sersk.base import StatelessTransformer
from sersk.features._contours import (
    LEVEL,
    MEL_RANGE,
    N_MELS,
    PITCH,
    SPECTRUM,
    Contours,
    make_contours,
)
from sersk.features._statistics import (
    COURSE,
    MIN_FRAMES,
    MOTION,
    SPREAD,
    describe_course,
    describe_motion,
    describe_spread,
    differentiate,
    run_lengths,
)
from sersk.features.pitch import check_range
from sersk.features.registry import register_feature
from sersk.signal import FilterBank, fft_length, mel_filter_bank

# group -> for which frames (voiced, unvoiced, active), which statistics; "delta" is the spread of
# the slope, "delta2" that of the slope's slope
_PLAN: dict[str, dict[str, tuple[str, ...]]] = {
    "pitch": {"voiced": ("spread", "course", "motion", "delta", "delta2")},
    "level": {
        "active": ("spread", "course", "motion", "delta"),
        "voiced": ("spread", "course", "motion", "delta"),
    },
    "spectrum": {
        "voiced": ("spread", "motion", "delta"),
        "unvoiced": ("spread", "motion", "delta"),
    },
    "mfcc": {"voiced": ("spread", "delta"), "active": ("spread", "delta")},
    "tempo": {},
}
_STATISTICS = {
    "spread": SPREAD,
    "course": COURSE,
    "motion": MOTION,
    "delta": tuple(f"delta_{name}" for name in SPREAD),
    "delta2": tuple(f"delta2_{name}" for name in SPREAD),
}
_TEMPO = (
    *(
        f"{frames}_{name}"
        for frames in ("voiced", "voiceless", "active", "pause")
        for name in ("rate", "mean_length", "std_length", "max_length", "share")
    ),
    "length",
    "syllable_rate",
    "syllable_interval_std",
    "jitter",
    "jitter_of_slope",
    "shimmer",
)
_SYLLABLE_WINDOW = 0.1  # s, that the level is smoothed over before its peaks are counted
_SYLLABLE_RANGE = 25.0  # dB below the loudest that a peak may be


@register_feature("functionals")
class FunctionalsTransformer(StatelessTransformer):
    """Describe each clip by one vector: statistics of the contours of its voice and spectrum.

    Mean, spread, percentiles, course and motion of pitch, level, spectral shape and cepstral
    coefficients over the voiced, unvoiced or sounding frames of a clip, and lengths and rates of
    its voiced parts, pauses and syllables: the classical way to recognise emotion [1]_ [2]_ [3]_.
    With a support vector machine or a linear discriminant behind it is trained in seconds, and on
    a small corpus it is hard to beat.

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
        Which groups of numbers, in this order: fundamental frequency (semitones above 55 Hz) and
        harmonicity; level (dB); shape of the spectrum; cepstral coefficients; lengths, rates,
        jitter and shimmer.
    activity_range : float, default=40.0
        Frames more than this below the clip's loudest one are pauses (dB). What is before the
        first and after the last frame that is none, padding above all, counts for nothing.
    n_mfcc : int, default=20
        Number of cepstral coefficients, at most 40.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    PitchTransformer : Contours as they are, for a network.
    FrontEnd : Runs it over many files, chunks in parallel.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_features)`` for waveforms of shape
    ``(..., n_samples)``. It learns nothing from data: each clip is treated by itself, so its values
    are the same to the bit whatever clips are beside it, and but for where frames begin the same
    however much silence is around it.

    Scales differ by orders of magnitude: put a `sklearn.preprocessing.StandardScaler` behind.

    A clip without enough voiced (or unvoiced) frames is described by its active ones in their
    place. A clip that holds NaN becomes NaN, and no other clip does.

    The sets of openSMILE are larger (ComParE, [2]_) or smaller (eGeMAPS, [3]_); this is neither of
    them, and its values are not theirs. What each group is worth, and where it stands beside them,
    is in ``docs/results/functionals.md``.

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

    Numbers have names:

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
    ) -> None:
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.fmin = fmin
        self.fmax = fmax
        self.groups = groups
        self.activity_range = activity_range
        self.n_mfcc = n_mfcc

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the numbers, which are the last axis of the output.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency; samples have no names.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            Contour, frames and statistic, as "pitch_voiced_p90"; "tempo_syllable_rate".
        """
        names = []
        for group in self.groups:
            contours = self._contour_names(group)
            for frames, statistics in _PLAN[group].items():
                for statistic in statistics:
                    names += [
                        f"{contour}_{frames}_{name}"
                        for name in _STATISTICS[statistic]
                        for contour in contours
                    ]
            if group == "tempo":
                names += [f"tempo_{name}" for name in _TEMPO]
        return np.array(names, dtype=object)

    def _contour_names(self, group: str) -> tuple[str, ...]:
        if group == "mfcc":
            return tuple(f"mfcc{i:02d}" for i in range(self.n_mfcc))
        return {"pitch": PITCH, "level": LEVEL, "spectrum": SPECTRUM}.get(group, ())

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Check the parameters.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.
        """
        self._check()

    def _check(self) -> FilterBank:
        """Return the mel bands, or raise where the parameters don't fit together."""
        check_range(self)
        if not self.groups or any(group not in _PLAN for group in self.groups):
            raise ValueError(
                f"FunctionalsTransformer: groups={self.groups!r}; at least one is expected, of "
                f"{', '.join(map(repr, _PLAN))}."
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
        )
        step = self.hop_length / self.sample_rate
        frames = {
            name: _choose(mask, contours.active)
            for name, mask in (
                ("active", contours.active),
                ("voiced", contours.voiced),
                ("unvoiced", contours.active & ~contours.voiced),
            )
        }
        vector = []
        for group in self.groups:
            for name, statistics in _PLAN[group].items():
                vector += _describe_group(contours.groups[group], frames[name], statistics, step)
            if group == "tempo":
                vector.append(_describe_tempo(contours, step))
        return np.concatenate(vector)


def _choose(mask: NDArray[np.bool_], active: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the frames to describe: all active ones if there are too few others."""
    chosen = np.flatnonzero(mask if np.count_nonzero(mask) > MIN_FRAMES else active)
    return chosen if len(chosen) >= MIN_FRAMES else np.resize(chosen, MIN_FRAMES)


def _describe_group(
    X: NDArray[np.float64], frames: NDArray[np.intp], statistics: tuple[str, ...], step: float
) -> list[NDArray[np.float64]]:
    described = []
    for statistic in statistics:
        if statistic == "spread":
            numbers = describe_spread(X[frames])
        elif statistic == "course":
            numbers = describe_course(X[frames])
        elif statistic == "motion":
            numbers = describe_motion(X[frames], step)
        else:
            slope = differentiate(X, step)
            slope = differentiate(slope, step) if statistic == "delta2" else slope
            numbers = describe_spread(slope[frames])
        described.append(numbers.ravel())
    return described


def _describe_tempo(contours: Contours, step: float) -> NDArray[np.float64]:
    """Return the numbers of `_TEMPO`: lengths in s, rates a second, jitter in semitones."""
    active, voiced = contours.active, contours.voiced
    duration = len(active) * step
    numbers: list[float] = []
    for mask in (voiced, ~voiced, active, ~active):
        lengths = run_lengths(mask) * step
        known = lengths if len(lengths) else np.zeros(1)
        numbers += [len(lengths) / duration, known.mean(), known.std(), known.max(), mask.mean()]
    level = contours.groups["level"][:, 0]
    window = np.hanning(2 * round(_SYLLABLE_WINDOW / step / 2) + 3)[1:-1]
    half = len(window) // 2
    smooth = np.convolve(np.pad(level, half, mode="edge"), window / window.sum(), "valid")
    is_peak = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])
    peaks = np.flatnonzero(is_peak & (smooth[1:-1] > smooth.max() - _SYLLABLE_RANGE))
    intervals = np.diff(peaks) * step
    numbers += [duration, len(peaks) / duration, intervals.std() if len(intervals) else 0.0]
    pitch = contours.groups["pitch"][:, 0]
    both, three = voiced[1:] & voiced[:-1], voiced[2:] & voiced[1:-1] & voiced[:-2]
    for change, pairs in (
        (np.diff(pitch), both),
        (np.diff(pitch, n=2), three),
        (np.diff(level), both),
    ):
        numbers.append(np.abs(change[pairs]).mean() if pairs.any() else 0.0)
    return np.array(numbers)

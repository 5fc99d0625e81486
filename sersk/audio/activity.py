"""Find speech in a recording by its level, its periodicity, and their changes over time.

Recordings are cut into windows in `sersk.inference`.
"""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from sersk.audio.clips import UnusableClipError, check_finite, check_waveform, to_float
from sersk.audio.speech_tracking import SpeechStretches, SpeechTracker


class SpeechDetector(BaseEstimator):
    """Find the stretches of a recording that contain speech.

    A frame is voiced if it is as periodic as a voice, is louder than the noise floor of the
    recording, and does not stay at one level, as hum does. A stretch of sound contains speech if
    its voiced frames add up to `min_speech`.

    Parameters
    ----------
    min_speech : float, default=0.2
        Least duration of voiced sound (s): a short word has one vowel of 0.1 to 0.2 s.
    periodicity : float, default=0.6
        Least autocorrelation at a lag of one period of the voice, between 0 and 1. White noise
        stays below 0.5, vowels reach 0.7 to 1. Lower values find hoarse voices and speech in noise,
        but also noise.
    above_floor : float, default=8.0
        Least level of speech above the noise floor (dB). The floor is the 10th percentile of the
        level over time.
    below_peak : float, default=40.0
        Largest distance of speech below the loudest frames (dB).
    min_level : float, default=-75.0
        Least level of speech, and the lowest floor (dB relative to full scale).
    context : float, default=10.0
        Duration of the sound from which the floor and the loudest frames are taken (s): the sound
        up to the end of a stretch.

    See Also
    --------
    sersk.predict_timeline : Marks windows without speech.
    sersk.EmotionStream : Marks them in a live stream.

    Notes
    -----
    Frames of 45 ms, every 15 ms. Periodicity is the largest value of the autocorrelation between
    the periods of 70 and 450 Hz, divided by that of the window [1]_, of the sound between 80 and
    1,500 Hz; the level is that between 100 and 4,000 Hz. A median filter over five frames removes
    single frames. Sound whose level stays within 3 dB for 0.3 s is not voiced: as in [2]_, the
    variability over a longer time distinguishes a voice from steady sound.

    Low rumble (brown noise) that follows speech in the same recording at about its level is
    sometimes taken for speech.

    Only sound up to the end of a stretch is used, so that a live stream and a recording give the
    same result.

    Not taken for speech: digital silence, room noise, white and pink noise, and hum,
    also in a recording with louder speech (`tests/audio/test_activity.py`). Wrongly taken for
    speech: much music, animals, other voices in the background, and the first 0.3 s of a hum.
    Whispering is not periodic and is missed.

    References
    ----------
    .. [1] P. Boersma, "Accurate short-term analysis of the fundamental frequency and the
       harmonics-to-noise ratio of a sampled sound", Proceedings of the Institute of Phonetic
       Sciences of the University of Amsterdam, 17, 1993.
    .. [2] P. K. Ghosh, A. Tsiartas and S. Narayanan, "Robust voice activity detection using
       long-term signal variability", IEEE Transactions on Audio, Speech, and Language Processing,
       19(3), 2011.

    Examples
    --------
    A second of noise, 2 s of synthetic speech, and mains hum:

    >>> import numpy as np
    >>> from sersk import SpeechDetector, make_emotional_speech
    >>> rng = np.random.default_rng(0)
    >>> speech = make_emotional_speech(n_speakers=1, n_repetitions=1, duration=2.0).data[0]
    >>> noise = rng.normal(scale=0.01, size=22_050)
    >>> hum = 0.1 * np.sign(np.sin(2 * np.pi * 50 * np.arange(22_050) / 22_050))
    >>> detector = SpeechDetector()
    >>> [detector.has_speech(sound, 22_050) for sound in (noise, speech, hum)]
    [False, True, False]
    >>> recording = np.concatenate([noise, speech + 0.001 * rng.normal(size=44_100), noise])
    >>> detector.find_speech(recording, 22_050).round().tolist()
    [[1.0, 3.0]]
    """

    _parameter_constraints: ClassVar[dict] = {
        "min_speech": [Interval(Real, 0, None, closed="neither")],
        "periodicity": [Interval(Real, 0, 1, closed="both")],
        "above_floor": [Interval(Real, 0, None, closed="left")],
        "below_peak": [Interval(Real, 0, None, closed="neither")],
        "min_level": [Interval(Real, None, 0, closed="right")],
        "context": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        *,
        min_speech: float = 0.2,
        periodicity: float = 0.6,
        above_floor: float = 8.0,
        below_peak: float = 40.0,
        min_level: float = -75.0,
        context: float = 10.0,
    ) -> None:
        self.min_speech = min_speech
        self.periodicity = periodicity
        self.above_floor = above_floor
        self.below_peak = below_peak
        self.min_level = min_level
        self.context = context

    def has_speech(self, waveform: ArrayLike, sample_rate: int) -> bool:
        """Return whether a waveform contains speech.

        Parameters
        ----------
        waveform : array-like of shape (n_samples,)
            Sound: floats in [-1, 1], or integers, scaled by the full scale of their dtype.
        sample_rate : int
            Samples a second (Hz).

        Returns
        -------
        speech : bool
            Whether the voiced frames add up to `min_speech`.
        """
        return self._look_at_all(waveform, sample_rate)[0]

    def find_speech(self, waveform: ArrayLike, sample_rate: int) -> NDArray[np.float64]:
        """Find the stretches of a waveform that contain speech.

        Parameters
        ----------
        waveform : array-like of shape (n_samples,)
            Sound, as `has_speech` takes it. For recordings of minutes use `sersk.predict_timeline`.
        sample_rate : int
            Samples a second (Hz).

        Returns
        -------
        stretches : ndarray of float64 of shape (n_stretches, 2)
            Begin and end of each (s). They include 0.2 s around voiced sound, for consonants;
            pauses shorter than 0.4 s do not separate them.
        """
        speech, voiced = self._look_at_all(waveform, sample_rate)
        stretches = SpeechStretches(len(np.asarray(waveform)) / sample_rate)
        if speech:
            stretches.add(voiced)
        return stretches.finish()

    def _look_at_all(
        self, waveform: ArrayLike, sample_rate: int
    ) -> tuple[bool, NDArray[np.float64]]:
        self._validate_params()
        samples = to_float(check_waveform(waveform, 0, "SpeechDetector"))
        try:
            check_finite(samples, sample_rate)
        except UnusableClipError as reason:
            raise ValueError(f"SpeechDetector: the waveform {reason}.") from None
        tracker = SpeechTracker(self, sample_rate)
        tracker.push(samples)
        return tracker.look_at(0, len(samples))

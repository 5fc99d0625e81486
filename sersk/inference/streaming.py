"""Emotion in live sound: from a microphone, a call, or a file played as if live.

Complete recordings are in `sersk.inference.predicting`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk._utils.deciding import decide
from sersk.adaptation.session import SessionStatistics
from sersk.audio.activity import SpeechDetector
from sersk.audio.augmentation import AudioAugmenter
from sersk.audio.clips import UnusableClipError, check_finite, check_waveform, to_float
from sersk.features import RunningFeatures, is_incremental
from sersk.inference.windows import Window, WindowCutter, WindowModel, check_time, choose_detector
from sersk.signal.resampling import Resampler

_WHO = "EmotionStream"


@dataclass(frozen=True, eq=False)
class StreamResult:
    """The result of an `EmotionStream` for one window.

    Attributes
    ----------
    start : float
        Begin of the window, from the beginning of the stream (s).
    end : float
        End of the window (s): the time that the result is for.
    speech : bool
        Whether the window contains speech.
    label : object or None
        The class with the highest of the `probabilities`, or that it is uncertain, if the model is
        an `AbstainingClassifier` and none of them reaches its threshold; None without speech.
    probabilities : ndarray of float32 of shape (n_classes,)
        Probability of each class, smoothed over time; NaN without speech.
    raw_probabilities : ndarray of float32 of shape (n_classes,)
        Probability of each class in this window alone.

    See Also
    --------
    EmotionStream : Gives these results.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import StreamResult
    >>> nothing = np.full(2, np.nan)
    >>> StreamResult(0.0, 4.0, False, None, nothing, nothing).speech
    False
    """

    start: float
    end: float
    speech: bool
    label: Any
    probabilities: NDArray[np.float32]
    raw_probabilities: NDArray[np.float32]


class EmotionStream:
    """Predict emotion in live sound at regular times.

    Push samples as they arrive, any number at a time. There is a result at the end of each window:
    every `hop` seconds from the first full window on.

    Parameters
    ----------
    model : Pipeline
        A fitted pipeline as `make_ser_pipeline` makes it, or a fitted search over one.
    window : float or None, default=None
        Length of the windows (s). None takes the length of the clips that the model was fitted on,
        its loader's ``duration``. Shorter windows are padded at their end with zeros, as the loader
        pads clips. Their first result comes sooner, and each result is based on less sound.
    hop : float, default=0.5
        Time from one result to the next (s). Rounded to a whole number of frames of the model's
        features (23 ms in the published system), so that windows share their frames; `hop_` is
        the rounded value.
    sample_rate : int or None, default=None
        Rate of the samples that are pushed (Hz); None is the rate of the model.
    smoothing : float, default=1.0
        Time constant of the smoothing (s): after this time the weight of a window has decreased by
        63 %. 0 is no smoothing.
    speech_detector : SpeechDetector or bool, default=True
        Decides which windows contain speech. True is a `SpeechDetector` with its defaults; with
        False all windows are predicted except those with nothing to hear: silence, a constant,
        less than 0.05 s of sound.
    incremental : bool, default=True
        Whether to keep frames from one window to the next, if the model's features allow it. False
        computes all frames of each window, with results that are equal up to rounding.
    adaptive : bool, default=False
        Whether to shift the mean and the spread of features towards those of the session so far, as
        `sersk.adapt` does for recordings. Results then depend on all sound before them.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The model's labels, in the order of the probabilities.
    window_, hop_ : float
        Length of the windows and time from one to the next, as rounded (s).
    sample_rate_ : int
        Rate of the samples that are pushed (Hz).
    incremental_ : bool
        Whether frames are kept.

    Raises
    ------
    TypeError
        If `model` is not such a pipeline.
    ValueError
        If `window` is longer than the model's clips, a parameter is out of its range, the model
        normalises by speaker, or `adaptive` is True and it has no statistics of features.

    See Also
    --------
    predict_timeline : The same for a complete recording.
    SpeechDetector : Decides what is speech.

    Notes
    -----
    The raw probabilities agree to 1e-5 with those of ``model.predict_proba`` for the window's
    samples as a clip. They do not depend on how many samples are pushed at a time. As in
    `predict_timeline`, `offset` of the model's loader does not apply.

    Of features made from power spectra (`SpectralTransformer`: mel, MFCC, chroma, your own, and
    stacks of these), only the frames that were not in the window before are computed, and the few
    frames at the window's edges, which include zeros beyond them. Decibels and normalisation over
    the clip are computed for each window. Other features are computed for each whole window, and so
    are all features after a denoiser, which changes a clip as a whole.

    Smoothing is exponential: ``p += (1 - exp(-t / smoothing)) * (raw - p)``, where t is the time
    since the last window with speech. So the first window after a long pause has a large weight.

    Samples of another rate are resampled with soxr, which delays the last 30 ms or so.

    With ``adaptive=True`` a window counts for the share of it that is new. It is part of the
    statistics that it is standardised by. `reset` forgets the session.

    Only the latest window and a few seconds of levels are kept: a stream may run without end. An
    `EmotionStream` is for one thread.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import EmotionStream, make_emotional_speech, make_ser_pipeline
    >>> corpus = make_emotional_speech(1, 2, duration=1.0, sample_rate=16_000, random_state=0)
    >>> model = make_ser_pipeline(
    ...     sample_rate=16_000, duration=1.0, epochs=1, augmentation=False, model__filters=(4,),
    ...     model__dense_units=(), random_state=0,
    ... ).fit(corpus.data, corpus.target)
    >>> stream = EmotionStream(model, hop=0.5)
    >>> stream.hop_  # 16 frames of 512 samples
    0.512
    >>> stream.push(corpus.data[0][:8_000])  # half a window
    []
    >>> results = stream.push(corpus.data[0][8_000:])
    >>> [(result.start, result.end, result.speech) for result in results]
    [(0.0, 1.0, True)]
    >>> results[0].raw_probabilities.shape
    (6,)
    """

    def __init__(
        self,
        model: Any,
        window: float | None = None,
        hop: float = 0.5,
        *,
        sample_rate: int | None = None,
        smoothing: float = 1.0,
        speech_detector: SpeechDetector | bool = True,
        incremental: bool = True,
        adaptive: bool = False,
    ) -> None:
        self._model = WindowModel(model, _WHO)
        rate = self._model.sample_rate
        self._n_window = self._model.count_samples(window)
        features = self._model.frontend.steps[-1][1]
        check_time(hop, "hop", _WHO, rate=rate)
        if round(hop * rate) > self._n_window:
            raise ValueError(
                f"{_WHO}: hop={hop:g} s is longer than the window of {self._n_window / rate:g} s; "
                "the sound between windows would be ignored. Pass a hop of at most the window."
            )
        frame = getattr(features, "hop_length", None) or 1
        self._n_hop = max(1, round(hop * rate / frame)) * frame
        self._detector = choose_detector(speech_detector, _WHO)
        check_time(smoothing, "smoothing", _WHO, zero=True)
        if sample_rate is not None and (not isinstance(sample_rate, Integral) or sample_rate < 1):
            raise ValueError(f"{_WHO}: sample_rate={sample_rate!r}; it is a whole number of Hz.")
        self._smoothing = smoothing
        self.classes_ = self._model.classes_
        self.window_ = self._n_window / rate
        self.hop_ = self._n_hop / rate
        self.sample_rate_ = rate if sample_rate is None else int(sample_rate)
        self.incremental_ = (
            bool(incremental)
            and is_incremental(features)
            and not _changes_waveforms(self._model.frontend)
        )
        # Trace the network and make the filters now, so that the first result is not late.
        self._model.predict_proba([np.zeros(self._n_window, np.float32)])
        self._ended = False
        self._adaptive = bool(adaptive)
        self.reset()

    def push(self, samples: ArrayLike) -> list[StreamResult]:
        """Add samples to the stream.

        Parameters
        ----------
        samples : array-like of shape (n_samples,)
            The samples that follow those pushed before, any number of them; floats in [-1, 1], or
            integers, which are scaled by the full scale of their dtype.

        Returns
        -------
        results : list of StreamResult
            Results of the windows that end in these samples, in order; often none.

        Raises
        ------
        TypeError
            If `samples` are not numbers.
        ValueError
            If they are of the wrong shape or dtype, or NaN or infinite, or the stream has been
            ended by `flush`. The samples are not added then.
        """
        if self._ended:
            raise ValueError(f"{_WHO}: the stream has ended with flush(); reset() begins another.")
        block = to_float(check_waveform(samples, 0, _WHO))
        try:
            check_finite(block, self.sample_rate_, self._n_pushed)
        except UnusableClipError as reason:
            raise ValueError(f"{_WHO}: the stream {reason}.") from None
        self._n_pushed += len(block)
        return self._answer(self._cutter.push(self._resampler.push(block)))

    def flush(self) -> list[StreamResult]:
        """End the stream.

        Returns
        -------
        results : list of StreamResult
            Results of the last windows. The very last window is shorter if sound is left over; it
            is the whole sound if the stream is shorter than a window.
        """
        if self._ended or not self._n_pushed:
            return []
        self._ended = True
        results = self._answer(self._cutter.push(self._resampler.flush()))
        return results + self._answer(self._cutter.flush())

    def reset(self) -> None:
        """Begin another stream, at 0 s: all sound so far is forgotten."""
        model = self._model
        self._resampler = Resampler(self.sample_rate_, model.sample_rate)
        self._cutter = WindowCutter(self._n_window, self._n_hop, model.sample_rate, self._detector)
        self._n_heard = min(self._n_window, model.n_read)
        self._running = (
            RunningFeatures(model.frontend.steps[-1][1], self._n_heard, model.n_clip)
            if self.incremental_
            else None
        )
        self._smoothed: NDArray[np.float32] | None = None
        self._smoothed_at = 0.0
        self._n_pushed = 0
        self._ended = False
        self._session = SessionStatistics(model.steps, _WHO) if self._adaptive else None

    def _answer(self, windows: Iterable[Window]) -> list[StreamResult]:
        return [self._answer_one(window) for window in windows]

    def _answer_one(self, window: Window) -> StreamResult:
        rate = self._model.sample_rate
        start, end = window.begin / rate, window.end / rate
        if not window.speech:
            nothing = np.full(len(self.classes_), np.nan, np.float32)
            return StreamResult(start, end, False, None, nothing, nothing.copy())
        raw = self._predict(window)
        smoothed = self._smooth(raw, end)
        model = self._model
        label = decide(smoothed[np.newaxis], self.classes_, model.threshold, model.uncertain)[0]
        return StreamResult(start, end, True, label, smoothed, raw)

    def _predict(self, window: Window) -> NDArray[np.float32]:
        if self._running is None or len(window.samples) < self._n_window:
            features = self._model.frontend.transform([window.samples])
        else:
            dtype = self._model.frontend.dtype
            found = self._running(window.begin, window.samples[: self._n_heard])
            features = found[np.newaxis].astype(dtype, copy=False)
        if self._session is None:
            return self._model.classify(features)[0]
        is_first = self._session.n_clips == 0
        self._session.add(features, 1.0 if is_first else min(1.0, self._n_hop / self._n_window))
        return self._session.predict_proba(features)[0]

    def _smooth(self, raw: NDArray[np.float32], end: float) -> NDArray[np.float32]:
        if self._smoothed is None or self._smoothing == 0:
            smoothed = raw.copy()
        else:
            weight = np.float32(-math.expm1((self._smoothed_at - end) / self._smoothing))
            smoothed = self._smoothed + weight * (raw - self._smoothed)
        self._smoothed, self._smoothed_at = smoothed, end
        return smoothed.copy()


def _changes_waveforms(frontend: Any) -> bool:
    """Return whether a step between loader and features changes waveforms in prediction."""
    steps = (step for _, step in frontend.steps[1:-1] if step not in (None, "passthrough"))
    return not all(isinstance(step, AudioAugmenter) for step in steps)

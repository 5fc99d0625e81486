"""A fitted pipeline applied to windows of sound, and the cutting of sound into windows.

Recordings are read in `predicting`, live sound in `streaming`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sersk.audio.activity import SpeechDetector, SpeechTracker
from sersk.audio.answerable import SHORTEST, find_reason
from sersk.audio.loading import AudioLoader
from sersk.audio.unlike import without_comparison
from sersk.classifiers.abstaining import AbstainingClassifier, find_threshold
from sersk.features import SpeakerNormalizer
from sersk.frontend import FrontEnd


class WindowModel:
    """A fitted pipeline of `sersk.make_ser_pipeline`, applied to windows of sound.

    Parameters
    ----------
    model : Pipeline
        Fitted; or a fitted search over such a pipeline, whose best pipeline is taken.
    who : str
        The name in error messages.

    Attributes
    ----------
    sample_rate : int
        Rate of the windows (Hz).
    n_clip : int
        Samples of the clips that the model was fitted on. Windows are padded to this length.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    frontend : FrontEnd
        A copy of the pipeline's front end whose loader takes waveforms at `sample_rate` without an
        offset.
    steps : list of estimator
        The steps behind the front end; of an `AbstainingClassifier` the classifier in it.
    threshold : float
        Least probability of a label that is answered; 0 of a model that answers all.
    uncertain : str
        The answer below it.

    Raises
    ------
    TypeError
        If `model` is not such a pipeline.
    ValueError
        If the pipeline normalises by speaker.
    """

    def __init__(self, model: Any, who: str) -> None:
        model = getattr(model, "best_estimator_", model)
        self.threshold, self.uncertain = find_threshold(model)
        if isinstance(model, AbstainingClassifier):  # around a whole pipeline
            model = model.estimator_
        frontend = model.steps[0][1] if isinstance(model, Pipeline) else None
        if (
            not isinstance(frontend, FrontEnd)
            or not isinstance(frontend.steps[0][1], AudioLoader)
            or not hasattr(model, "predict_proba")
        ):
            raise TypeError(
                f"{who}: model is of type {type(model).__name__}; a fitted pipeline as "
                "make_ser_pipeline makes it is needed: a FrontEnd that begins with an "
                "AudioLoader, and a classifier with predict_proba."
            )
        loader = frontend.steps[0][1]
        rest = [step for _, step in model.steps[1:]]
        self.steps = [step for step in rest if step is not None and step != "passthrough"]
        if any(isinstance(step, SpeakerNormalizer) for step in self.steps):
            raise ValueError(
                f"{who}: model normalises over the clips of each speaker (SpeakerNormalizer). The "
                "speakers in a recording are not known, and a stream has only past sound. Fit a "
                "model with normalization='corpus', 'clip' or None."
            )
        check_is_fitted(model[-1])
        if isinstance(self.steps[-1], AbstainingClassifier):
            self.steps[-1] = self.steps[-1].estimator_
        self._who = who
        self.sample_rate: int = loader.sample_rate
        self.n_clip = round(loader.duration * loader.sample_rate)
        # As many as AudioLoader reads: rounded down if the duration is no whole number of samples.
        self.n_read = min(self.n_clip, max(1, int(loader.duration * loader.sample_rate)))
        self.classes_: NDArray[Any] = model.classes_
        self.frontend = _for_windows(frontend)

    def count_samples(self, window: float | None) -> int:
        """Return the number of samples of a window.

        Parameters
        ----------
        window : float or None
            Length of the window (s); None is that of the model's clips.

        Returns
        -------
        n_window : int
            Number of samples.

        Raises
        ------
        ValueError
            If the window is longer than the model's clips, or shorter than a sample.
        """
        clip = self.n_clip / self.sample_rate
        if window is None:
            return self.n_clip
        check_time(window, "window", self._who)
        if round(window * self.sample_rate) < 1:
            raise ValueError(f"{self._who}: window={window!r} s is shorter than a sample.")
        n_window = round(window * self.sample_rate)
        if n_window > self.n_clip:
            raise ValueError(
                f"{self._who}: window={window:g} s is longer than the clips of {clip:g} s "
                "that the model was fitted on; the rest of a window would be ignored. Pass "
                f"window={clip:g} or less, or fit a model with make_ser_pipeline("
                f"duration={window:g})."
            )
        return n_window

    def predict_proba(self, windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the probabilities of each class for windows.

        Parameters
        ----------
        windows : sequence of ndarray of float32 of shape (n_samples,)
            Windows of at most `n_clip` samples.

        Returns
        -------
        probabilities : ndarray of float32 of shape (n_windows, n_classes)
            The probabilities.
        """
        return self.classify(self.frontend.transform(list(windows)))

    def classify(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return the probabilities of each class for features of the front end.

        Parameters
        ----------
        features : ndarray of shape (n_windows, ...)
            The features.

        Returns
        -------
        probabilities : ndarray of float32 of shape (n_windows, n_classes)
            The probabilities.
        """
        *others, last = self.steps
        for step in others:
            features = step.transform(features)
        return last.predict_proba(features)


def choose_detector(detector: SpeechDetector | bool, who: str) -> SpeechDetector | None:
    """Return the detector for the parameter `speech_detector`.

    Parameters
    ----------
    detector : SpeechDetector or bool
        The parameter.
    who : str
        The name in error messages.

    Returns
    -------
    detector : SpeechDetector or None
        None for False.

    Raises
    ------
    TypeError
        If `detector` is neither.
    """
    if isinstance(detector, SpeechDetector):
        detector._validate_params()
        return detector
    if isinstance(detector, (bool, np.bool_)):
        return SpeechDetector() if detector else None
    raise TypeError(
        f"{who}: speech_detector is of type {type(detector).__name__}; it is a SpeechDetector, "
        "True for one with its defaults, or False."
    )


def check_time(value: float, name: str, who: str, *, rate: int = 0, zero: bool = False) -> None:
    """Raise if a parameter is not a time.

    Parameters
    ----------
    value : float
        Value of the parameter (s).
    name : str
        Name of the parameter.
    who : str
        Name in error messages.
    rate : int, default=0
        Samples a second (Hz) where the time must be at least a sample; 0 where it need not.
    zero : bool, default=False
        Whether 0 is a value.

    Raises
    ------
    ValueError
        If it is no finite number, negative, 0 where that is no value, or less than a sample.
    """
    is_number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    least = 0.5 / rate if rate else 0  # s; shorter times are rounded to no sample
    if is_number and (least < value < np.inf or (zero and value == 0)):
        return
    choices = f"at least a sample at {rate} Hz" if rate else ("0 for none" if zero else "above 0")
    raise ValueError(f"{who}: {name}={value!r}; it is a time in s, {choices}.")


def _for_windows(frontend: FrontEnd) -> FrontEnd:
    """Return a front end with the same features of a waveform, in this thread and in memory."""
    steps = list(frontend.steps)
    name, loader = steps[0]
    loader = copy.copy(loader)
    for seen in ("n_features_in_", "feature_names_in_"):
        loader.__dict__.pop(seen, None)
    # The offset skips the silence before a sentence, but speech may begin with the window.
    loader.set_params(
        offset=0.0, input_sample_rate=None, on_error="raise", allow_silence=True, n_jobs=None
    )
    steps[0] = name, loader
    frontend = copy.copy(without_comparison(frontend))  # a window is no clip of the training
    frontend.steps = steps
    frontend.storage, frontend.n_jobs, frontend.verbose = None, None, 0
    return frontend


@dataclass(frozen=True)
class Window:
    """A window of sound.

    Attributes
    ----------
    begin : int
        Number of the window's first sample in the whole sound.
    samples : ndarray of float32 of shape (n_samples,)
        The samples.
    speech : bool
        Whether the window contains speech.
    voiced : ndarray of shape (n_voiced,)
        Times of voiced frames, from the beginning of the whole sound (s).
    """

    begin: int
    samples: NDArray[np.float32]
    speech: bool
    voiced: NDArray[np.float64]

    @property
    def end(self) -> int:
        """Give the number of the sample after the last one.

        Returns
        -------
        end : int
            Counted over the whole sound.
        """
        return self.begin + len(self.samples)


class WindowCutter:
    """Cut a sound that arrives in blocks into windows, and decide which contain speech.

    Windows begin every `n_hop` samples. At the end of the sound, samples after the last window are
    part of one more, shorter window.

    Parameters
    ----------
    n_window, n_hop : int
        Samples of a window, and from the beginning of one to that of the next.
    sample_rate : int
        Samples a second (Hz).
    detector : SpeechDetector or None
        Decides about speech; with None all windows count as speech in which there is sound to
        recognise an emotion in (`sersk.audio.answerable`).
    """

    def __init__(
        self, n_window: int, n_hop: int, sample_rate: int, detector: SpeechDetector | None
    ) -> None:
        self._n_window, self._n_hop, self._rate = n_window, n_hop, sample_rate
        self._shortest = min(SHORTEST, n_window / sample_rate / 2)  # s
        self._tracker = None if detector is None else SpeechTracker(detector, sample_rate)
        self._buffer = _Buffer(2 * n_window)
        self._begin = 0  # of the next window
        self._heard = 0  # end of the last window
        self.n_samples = 0

    def push(self, samples: NDArray[np.float32]) -> Iterator[Window]:
        """Add samples.

        Parameters
        ----------
        samples : ndarray of float32 of shape (n_samples,)
            The next samples of the sound.

        Yields
        ------
        window : Window
            Each window that is complete.
        """
        # At most a window at a time, so that memory does not depend on how much is pushed.
        for start in range(0, len(samples), self._n_window):
            part = samples[start : start + self._n_window]
            self._buffer.append(part)
            self.n_samples += len(part)
            if self._tracker is not None:
                self._tracker.push(part)
            while self._begin + self._n_window <= self.n_samples:
                yield self._cut(self._n_window)
            self._buffer.forget(min(self._begin, self.n_samples))

    def flush(self) -> Iterator[Window]:
        """End the sound.

        Yields
        ------
        window : Window
            The last, shorter window, if samples are left.
        """
        if self._heard < self.n_samples and self._begin < self.n_samples:
            yield self._cut(self.n_samples - self._begin)

    def _cut(self, n_samples: int) -> Window:
        begin = self._begin
        samples = self._buffer.read(begin, begin + n_samples)
        voiced = np.empty(0)
        if self._tracker is None:
            speech = find_reason(samples, self._rate, self._shortest) is None
        else:
            speech, voiced = self._tracker.look_at(begin, begin + n_samples)
        self._begin += self._n_hop
        self._heard = begin + n_samples
        return Window(begin, samples, speech, voiced)


class _Buffer:
    """The latest samples. The cost of appending does not depend on the size of the pieces."""

    def __init__(self, capacity: int) -> None:
        self._data = np.empty(capacity, np.float32)
        self._first = 0  # number of the sample at _data[_start]
        self._start = self._stop = 0

    def append(self, samples: NDArray[np.float32]) -> None:
        n_kept = self._stop - self._start
        if self._stop + len(samples) > len(self._data):
            target = self._data
            if n_kept + len(samples) > len(target) // 2:
                target = np.empty(2 * (n_kept + len(samples)), np.float32)
            target[:n_kept] = self._data[self._start : self._stop].copy()
            self._data, self._start, self._stop = target, 0, n_kept
        self._data[self._stop : self._stop + len(samples)] = samples
        self._stop += len(samples)

    def forget(self, before: int) -> None:
        n_gone = min(max(0, before - self._first), self._stop - self._start)
        self._start += n_gone
        self._first += n_gone

    def read(self, begin: int, end: int) -> NDArray[np.float32]:
        start = self._start - self._first
        return self._data[start + begin : start + end].copy()

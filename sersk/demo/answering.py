"""From an uploaded recording to a model's answer, or to the reason why there is none.

The web server is in `serving`, figures and HTML are in `rendering`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk._utils.deciding import decide
from sersk.audio.answerable import find_reason
from sersk.audio.clips import UnusableClipError
from sersk.audio.formats import CONVERT
from sersk.audio.reading import SoundBlocks
from sersk.demo import refusals
from sersk.inference import Timeline, predict_timeline

_WHO = "sersk demo"
# Most windows of a recording: a timeline of more is hard to read and slow to make.
_MOST_WINDOWS = 120


class NoAnswerError(Exception):
    """Raised if a recording gets no answer; the message is written for the visitor.

    Examples
    --------
    >>> from sersk.demo import NoAnswerError
    >>> str(NoAnswerError("No speech was found."))
    'No speech was found.'
    """


@dataclass(frozen=True)
class Limits:
    """Limits of one recording.

    Attributes
    ----------
    n_bytes : int
        Largest file size (bytes).
    duration : float
        Longest recording (s).
    time : float
        Longest working time on a recording (s), checked between its blocks.

    See Also
    --------
    answer : Observes these limits.

    Examples
    --------
    >>> from sersk.demo import Limits
    >>> Limits().duration
    120.0
    """

    n_bytes: int = 20 * 2**20
    duration: float = 120.0
    time: float = 60.0


@dataclass(frozen=True)
class Answer:
    """A model's prediction for a recording.

    Attributes
    ----------
    label : object
        The emotion with the highest probability; the model's own answer for what is uncertain, if
        it is an `AbstainingClassifier` and no probability reaches its threshold.
    probabilities : dict of label to float
        Probability of each emotion, highest first.
    samples : ndarray of float32 of shape (n_samples,)
        The recording as the model gets it: one channel, at the model's sample rate.
    sample_rate : int
        The model's sample rate (Hz).
    timeline : Timeline
        The prediction for each window; a short recording has one window.

    See Also
    --------
    answer : Returns such an answer.

    Examples
    --------
    >>> from sersk.demo import Answer
    >>> Answer.__name__
    'Answer'
    """

    label: Any
    probabilities: dict[Any, float]
    samples: NDArray[np.float32]
    sample_rate: int
    timeline: Timeline

    @property
    def duration(self) -> float:
        """Length of the recording.

        Returns
        -------
        duration : float
            In s.
        """
        return len(self.samples) / self.sample_rate

    @property
    def n_windows(self) -> int:
        """Number of windows with speech, over which the probabilities are averaged.

        Returns
        -------
        n_windows : int
            At least 1.
        """
        return int(np.count_nonzero(self.timeline.speech))

    @property
    def heard(self) -> float:
        """How much of the recording the model heard: the windows with speech, overlaps once.

        Returns
        -------
        heard : float
            In s, at most `duration`.
        """
        begins = self.timeline.start[self.timeline.speech]
        ends = np.minimum(self.timeline.end[self.timeline.speech], self.duration)
        return float(np.sum(ends - np.maximum(begins, np.concatenate([[0.0], ends[:-1]]))))


def answer(model: Any, path: str | os.PathLike[str], limits: Limits | None = None) -> Answer:
    """Predict the emotion of a recording.

    A recording that is as long as the model's clips or shorter is predicted as one clip. Of a
    longer one, all windows with speech are predicted, and their probabilities are averaged.

    Parameters
    ----------
    model : Pipeline
        A fitted pipeline as `sersk.make_ser_pipeline` makes it.
    path : str or path-like
        The recording. It may be any file, since anybody may send one.
    limits : Limits or None, default=None
        The limits of a recording; None takes the defaults.

    Returns
    -------
    answer : Answer
        The prediction.

    Raises
    ------
    NoAnswerError
        If the file is too large, is no sound file, is broken, too long, silent or without
        speech, or takes too long to process.

    See Also
    --------
    sersk.predict_timeline : Predicts the windows.

    Examples
    --------
    >>> from sersk import make_ser_pipeline
    >>> from sersk.demo import answer
    >>> answer(make_ser_pipeline(), "nowhere.wav")
    Traceback (most recent call last):
    sersk.demo.answering.NoAnswerError: This file can't be used: it does not exist.
    """
    limits = limits or Limits()
    end = time.monotonic() + limits.time
    path = os.fspath(path)

    def check_time() -> None:
        if time.monotonic() > end:
            raise NoAnswerError(refusals.too_slow(limits.time))

    if os.path.isfile(path) and os.path.getsize(path) > limits.n_bytes:
        raise NoAnswerError(refusals.too_large(limits.n_bytes))
    rate = model.named_steps["frontend"].steps[0][1].sample_rate
    try:
        samples = _read(path, rate, limits.duration, check_time)
    except UnusableClipError as error:
        # A visitor has no use for a command with the server's paths.
        reason = str(error).partition(CONVERT)[0]
        raise NoAnswerError(refusals.unusable(reason)) from None
    if not np.isfinite(samples).all():
        raise NoAnswerError(refusals.NOT_FINITE)
    if not samples.any():
        raise NoAnswerError(refusals.SILENT)
    if nothing := find_reason(samples, rate):
        raise NoAnswerError(refusals.unanswerable(nothing))
    timeline = predict_timeline(
        model,
        _pieces(samples, rate, check_time),
        hop=max(1.0, len(samples) / rate / _MOST_WINDOWS),
    )
    if not timeline.speech.any():
        raise NoAnswerError(refusals.NO_SPEECH)
    mean = timeline.probabilities[timeline.speech].mean(axis=0, dtype=np.float64)
    labels = timeline.classes.tolist()
    ranked = {labels[i]: float(mean[i]) for i in np.argsort(-mean, kind="stable")}
    label = decide(mean[np.newaxis], timeline.classes, timeline.threshold, timeline.uncertain)[0]
    return Answer(label, ranked, samples, rate, timeline)


def _read(path: str, rate: int, most: float, check_time: Callable[[], None]) -> NDArray[np.float32]:
    """Return all samples, and stop as soon as there are more than may be."""
    blocks = SoundBlocks(path, rate, who=_WHO)
    too_long = NoAnswerError(refusals.too_long(most))
    if blocks.duration is not None and blocks.duration > most:
        raise too_long
    pieces = []
    n_samples = 0
    for piece in blocks:
        check_time()
        pieces.append(piece)
        n_samples += len(piece)
        if n_samples > most * rate:  # what the file's header says is not to be relied on
            raise too_long
    return np.concatenate(pieces)


def _pieces(
    samples: NDArray[np.float32], rate: int, check_time: Callable[[], None]
) -> Iterator[NDArray[np.float32]]:
    for begin in range(0, len(samples), rate):
        check_time()
        yield samples[begin : begin + rate]

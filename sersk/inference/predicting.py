"""The `Timeline` of a recording of any length, in constant memory. Live sound is in `streaming`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk._utils.progress import Progress
from sersk.audio.activity import SpeechDetector, SpeechStretches
from sersk.audio.clips import UnusableClipError
from sersk.audio.loading import AudioFileError
from sersk.audio.reading import SoundBlocks
from sersk.inference._envelope import Envelope
from sersk.inference.timeline import Timeline
from sersk.inference.windows import Window, WindowCutter, WindowModel, check_time, choose_detector

_WHO = "predict_timeline"


def predict_timeline(
    model: Any,
    audio: str | os.PathLike[str] | ArrayLike | Iterable[ArrayLike],
    window: float | None = None,
    hop: float = 1.0,
    *,
    sample_rate: int | None = None,
    speech_detector: SpeechDetector | bool = True,
    batch_size: int = 8,
    verbose: int | bool | None = None,
) -> Timeline:
    """Predict the emotion in a recording, window by window.

    Recordings may have any length: they are read, resampled and predicted in blocks.

    Parameters
    ----------
    model : Pipeline
        A fitted pipeline as `make_ser_pipeline` makes it, or a fitted search over one.
    audio : path, array-like of shape (n_samples,) or iterable of such arrays
        A recording: a file in any format that soundfile reads, whose channels are averaged; a
        waveform; or blocks of a waveform, of any sizes, such as ``soundfile.blocks`` yields for a
        file with one channel.
    window : float or None, default=None
        Length of the windows (s). None takes the length of the clips that the model was fitted on,
        its loader's ``duration``: 4.0 in the published system. Shorter windows are padded at their
        end with zeros, as the loader pads clips.
    hop : float, default=1.0
        Time from the beginning of one window to that of the next (s).
    sample_rate : int or None, default=None
        Sample rate of waveforms (Hz); None is the rate of the model. The rate of a file is read
        from the file.
    speech_detector : SpeechDetector or bool, default=True
        Decides which windows contain speech. True is a `SpeechDetector` with its defaults; with
        False all windows are predicted except those with nothing to hear: silence, a constant,
        less than 0.05 s of sound.
    batch_size : int, default=8
        Number of windows that are predicted at a time. Each takes memory: about 60 MB with the
        published network.
    verbose : int, bool or None, default=None
        Whether to show progress on stderr. None: on a terminal and in a notebook, after two
        seconds; False: never; True: always. Nothing is shown for blocks, whose end is unknown.

    Returns
    -------
    timeline : Timeline
        Probabilities, label and speech of each window. Windows without speech are not predicted:
        their label is None, and their probabilities are NaN.

    Raises
    ------
    AudioFileError
        If the recording can't be used: no such file, not audio, truncated or damaged, no samples,
        NaN or infinite samples.
    TypeError
        If `model` is not such a pipeline, or `audio` is of another type.
    ValueError
        If `window` is longer than the model's clips, a parameter is out of its range, or the
        model normalises by speaker.

    See Also
    --------
    EmotionStream : The same for live sound.
    TimelineDisplay : Draws a timeline.
    SpeechDetector : Decides what is speech.

    Notes
    -----
    Windows begin at 0, `hop`, 2 `hop`, ... as long as they end within the recording. The rest at
    the end is one more, shorter window. A recording shorter than `window` is one window.

    The recording is resampled as a whole. The probabilities of a window are those that
    ``model.predict_proba`` returns for its samples as a clip. Only `offset` of the model's loader
    does not apply: it skips the silence before a recorded sentence, but a window may begin
    anywhere.

    Most models are fitted on clips of one sentence each. A window may contain the end of one
    sentence and the beginning of another, for which the model was not trained: read a timeline as a
    tendency.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import make_emotional_speech, make_ser_pipeline, predict_timeline
    >>> corpus = make_emotional_speech(1, 2, duration=1.0, sample_rate=16_000, random_state=0)
    >>> model = make_ser_pipeline(
    ...     sample_rate=16_000, duration=1.0, epochs=1, augmentation=False, model__filters=(4,),
    ...     model__dense_units=(), random_state=0,
    ... ).fit(corpus.data, corpus.target)
    >>> pause = np.zeros(2 * 16_000)
    >>> recording = np.concatenate([corpus.data[0], pause, corpus.data[1]])
    >>> timeline = predict_timeline(model, recording, hop=0.5)
    >>> timeline.probabilities.shape
    (7, 6)
    >>> timeline.speech[2:5]  # the windows that begin at 1.0, 1.5 and 2.0 s
    array([False, False, False])
    """
    asked = WindowModel(model, _WHO)
    rate = asked.sample_rate
    n_window = asked.count_samples(window)
    check_time(hop, "hop", _WHO, rate=rate)
    n_hop = round(hop * rate)
    detector = choose_detector(speech_detector, _WHO)
    if batch_size < 1:
        raise ValueError(
            f"{_WHO}: batch_size={batch_size!r}; it is a number of windows, at least 1."
        )
    name = ""
    try:
        blocks = SoundBlocks(audio, rate, input_sample_rate=sample_rate, who=_WHO)
        name = blocks.name
        cutter = WindowCutter(n_window, n_hop, rate, detector)
        collected = _Collected(asked, batch_size, n_hop / rate)
        envelope = Envelope()
        for block in _tracked(blocks, rate, verbose):
            envelope.push(block)
            for one in cutter.push(block):
                collected.add(one)
        for one in cutter.flush():
            collected.add(one)
    except UnusableClipError as reason:
        path = isinstance(audio, (str, os.PathLike))
        name = name or (os.fsdecode(audio) if path else "the waveform")  # type: ignore[arg-type]
        shown = repr(name) if path else name
        raise AudioFileError(f"{_WHO}: {shown} {reason}.", {0: (name, str(reason))}) from reason
    duration = cutter.n_samples / rate
    probabilities = collected.finish()
    stretches = (
        np.array([[0.0, duration]]) if detector is None else collected.stretches.finish(duration)
    )
    begins, ends = np.array(collected.bounds, dtype=np.float64).reshape(-1, 2).T / rate
    times, bins = envelope.finish(rate)
    return Timeline(
        classes=asked.classes_,
        start=begins,
        end=ends,
        probabilities=probabilities,
        speech=np.array(collected.speech, dtype=np.bool_),
        stretches=stretches,
        duration=duration,
        window=n_window / rate,
        hop=n_hop / rate,
        sample_rate=rate,
        envelope_times=times,
        envelope=bins,
        name=blocks.name if isinstance(audio, (str, os.PathLike)) else "",
        threshold=asked.threshold,
        uncertain=asked.uncertain,
    )


class _Collected:
    """Collects windows; those with speech are predicted in batches."""

    def __init__(self, model: WindowModel, batch_size: int, hop: float) -> None:
        self._model, self._batch_size, self._hop = model, batch_size, hop
        self._waiting: list[NDArray[np.float32]] = []
        self._probabilities: list[NDArray[np.float32]] = []
        self._later = np.empty(0)
        self.bounds: list[tuple[int, int]] = []
        self.speech: list[bool] = []
        self.stretches = SpeechStretches()

    def add(self, window: Window) -> None:
        self.bounds.append((window.begin, window.end))
        self.speech.append(window.speech)
        # Windows overlap. Voiced frames up to the begin of the next window are taken from this one,
        # which contains most of the sound after them. The last window gives its later frames too.
        self._later = np.empty(0)
        if not window.speech:
            return
        next_begin = window.begin / self._model.sample_rate + self._hop
        self.stretches.add(window.voiced[window.voiced < next_begin])
        self._later = window.voiced[window.voiced >= next_begin]
        self._waiting.append(window.samples)
        if len(self._waiting) == self._batch_size:
            self._predict()

    def finish(self) -> NDArray[np.float32]:
        """Return the probabilities of all windows."""
        self.stretches.add(self._later)
        if self._waiting:
            self._predict()
        speech = np.array(self.speech, dtype=np.bool_)
        shape = (len(speech), len(self._model.classes_))
        probabilities = np.full(shape, np.nan, np.float32)
        if speech.any():
            probabilities[speech] = np.concatenate(self._probabilities)
        return probabilities

    def _predict(self) -> None:
        self._probabilities.append(self._model.predict_proba(self._waiting))
        self._waiting = []


def _tracked(
    blocks: SoundBlocks, rate: int, verbose: int | bool | None
) -> Iterator[NDArray[np.float32]]:
    n_total = max(1, round(blocks.duration or 0))  # s
    progress = Progress("Listening", n_total, 0 if blocks.duration is None else verbose, unit="s")
    n_samples = 0
    try:
        for block in blocks:
            yield block
            n_samples += len(block)
            progress.advance_to(min(n_samples / rate, n_total))
    finally:
        progress.close()

"""One prediction for all of a recording: the mean over its windows."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk.audio.answerable import SHORTEST
from sersk.audio.loading import AudioFileError
from sersk.inference.predicting import predict_timeline
from sersk.inference.windows import WindowModel

_WHO = "average_over_windows"


def average_over_windows(
    model: Any,
    audio: str | os.PathLike[str] | ArrayLike,
    window: float | None = None,
    *,
    sample_rate: int | None = None,
) -> NDArray[np.float64]:
    """Predict the emotion of a recording of any length: average over its windows.

    A model hears the beginning of a long recording only (`ClipTruncatedWarning`). Here windows
    cover all of it, and the probabilities of those with speech are averaged.

    Parameters
    ----------
    model : Pipeline
        A fitted pipeline as `sersk.make_ser_pipeline` makes it, or a fitted search over one.
    audio : path or array-like of shape (n_samples,)
        A recording: a file, whose channels are averaged, or a waveform.
    window : float or None, default=None
        Length of the windows (s); each begins half a window after the one before. None takes the
        length of the clips that the model was fitted on.
    sample_rate : int or None, default=None
        Sample rate of a waveform (Hz); None is the rate of the model.

    Returns
    -------
    probabilities : ndarray of float64 of shape (n_classes,)
        Mean probability of each class, in the order of ``model.classes_``. If no window contains
        speech, the mean over all windows in which there is something to hear.

    Raises
    ------
    AudioFileError
        If the recording can't be used, is digital silence, or has no window in which there is
        something to hear (`sersk.audio.UnanswerableClipWarning`).
    TypeError
        If `model` is not such a pipeline, or `audio` is of another type.
    ValueError
        If `window` is longer than the model's clips, or the model normalises by speaker.

    See Also
    --------
    sersk.predict_timeline : Each window by itself.

    Notes
    -----
    A recording that is not longer than a window is one window; its probabilities are those of
    ``model.predict_proba``, if the model's loader has no offset.

    Emotion may change within a recording, and the mean then describes no moment of it.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import make_emotional_speech, make_ser_pipeline
    >>> from sersk.inference import average_over_windows
    >>> corpus = make_emotional_speech(
    ...     2, 2, emotions=("anger", "sad"), duration=1.0, sample_rate=16_000, random_state=0
    ... )
    >>> model = make_ser_pipeline(
    ...     preset="functionals", sample_rate=16_000, duration=1.0, augmentation=False
    ... ).fit(corpus.data, corpus.target)
    >>> sad = [clip for clip, label in zip(corpus.data, corpus.target) if label == "sad"]
    >>> probabilities = average_over_windows(model, np.concatenate(sad))  # 4 s
    >>> model.classes_[probabilities.argmax()]
    np.str_('sad')
    """
    asked = WindowModel(model, _WHO)
    hop = asked.count_samples(window) / asked.sample_rate / 2
    for detect in (True, False):
        timeline = predict_timeline(
            model, audio, window, hop, sample_rate=sample_rate, speech_detector=detect
        )
        if timeline.speech.any():
            return timeline.probabilities[timeline.speech].mean(axis=0, dtype=np.float64)
    name = timeline.name or "the waveform"
    reason = "is digital silence (every sample of it is 0)"
    if timeline.envelope.any():
        reason = (
            f"has no window in which there is something to hear (at least {SHORTEST:g} s of sound "
            "above -90 dB relative to full scale)"
        )
    raise AudioFileError(f"{_WHO}: {name!r} {reason}.", {0: (name, reason)})

"""How recordings compare with those that a model was trained on: a table for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.pipeline import Pipeline

from sersk.audio.chunk_steps import listen
from sersk.audio.clips import as_sequence, check_clips
from sersk.audio.failures import name_clip
from sersk.audio.unlike import FACTS, tell_unlike
from sersk.frontend import FrontEnd

if TYPE_CHECKING:
    import pandas as pd

_WHO = "compare_with_training"


def compare_with_training(model: Any, X: Any) -> pd.DataFrame:
    """Compare recordings with those of a model's training: level, background, bandwidth, duration.

    Parameters
    ----------
    model : Pipeline
        A fitted pipeline as `make_ser_pipeline` makes it, or a fitted search over one.
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        Paths, or waveforms at the model's sample rate.

    Returns
    -------
    table : pandas.DataFrame of shape (n_clips, 6)
        ``clip`` (path or number), ``level`` of the speech (dBFS), ``snr``, its level above the
        background (dB), ``bandwidth`` (Hz), ``duration`` of the sound (s), and ``unlike``: what is
        clearly outside of the range of the training, in words, and empty if nothing is. The range
        itself is in ``model["frontend"].training_sounds_``.

    Raises
    ------
    AudioFileError
        If a recording can't be read.
    TypeError
        If `model` is not such a pipeline.
    ValueError
        If the model does not know how its training clips were recorded: it was fitted on fewer than
        20 of them, on features, or by an older version.

    See Also
    --------
    sersk.audio.UnlikeTrainingWarning : Prediction gives it for such recordings.
    adapt : Adapts a model to other recordings.

    Notes
    -----
    The range is that of the training clips and of their augmented views, but for 0.5 % of them on
    either side. Outside is what is more than 6 dB (level), 3 dB (background), 15 % (bandwidth) or
    50 % (duration) beyond it; level only if the features depend on it. The range of n clips is
    taken to be wider by 10 / n of itself on either side, since few clips do not show it all. Only
    the part of a recording that the model hears is measured, as it arrives behind a denoiser.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import compare_with_training, make_emotional_speech, make_ser_pipeline
    >>> corpus = make_emotional_speech(2, 2, duration=1.0, random_state=0)
    >>> model = make_ser_pipeline(preset="functionals", duration=1.0, augmentation=False)
    >>> model.fit(corpus.data, corpus.target)
    Pipeline(...)
    >>> noise = np.random.default_rng(0).normal(scale=0.3, size=corpus.data[0].shape)
    >>> table = compare_with_training(model, [corpus.data[0], corpus.data[0] + noise])
    >>> table["unlike"].tolist()[0]
    ''
    >>> print(table["unlike"][1])
    has ...
    """
    import pandas as pd

    model = getattr(model, "best_estimator_", model)
    frontend = model.steps[0][1] if isinstance(model, Pipeline) else model
    if not isinstance(frontend, FrontEnd):
        raise TypeError(
            f"{_WHO}: model is of type {type(model).__name__}; a fitted pipeline as "
            "make_ser_pipeline makes it is needed."
        )
    training = getattr(frontend, "training_sounds_", None)
    if training is None or training["heard_after"] not in dict(frontend.steps):
        raise ValueError(
            f"{_WHO}: model does not know how its training clips were recorded: it was not fitted, "
            "or on fewer than 20 clips, on features, or by an older version of sersk."
        )
    X = as_sequence(X, _WHO)
    sounds = listen(frontend.steps, training["heard_after"], X)
    names = [name_clip(clip, i) for i, clip in enumerate(check_clips(X, _WHO))]
    table = pd.DataFrame(sounds, columns=list(FACTS))
    table.insert(0, "clip", names)
    table["unlike"] = [tell_unlike(sound, training) for sound in sounds]
    return table

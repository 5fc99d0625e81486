"""Recordings unlike those of the training: in level, background, bandwidth or duration.

What is measured is in `sersk.signal.recording`. A front end keeps the range of the training clips,
their views included, and compares the clips to predict with it.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Container
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sersk._utils.callers import count_own_frames
from sersk.audio.clips import check_clips
from sersk.audio.failures import Failures, list_failures, name_clip
from sersk.signal.recording import Recording, describe_recording

_RARE = 0.005  # share of the training sounds on either side of the range
_UNKNOWN = 10  # clips, whose range says little about that of all clips like them
#: Fewest training clips whose range says something about others.
FEWEST = 20


class _Fact(NamedTuple):
    words: str
    unit: float
    # How far beyond the range a sound may be: added, or a factor.
    margin: float
    is_factor: bool


_FACTS = {
    "level": _Fact("speech at {:.0f} dBFS", 1, 6.0, False),
    "snr": _Fact("speech {:.0f} dB above the background", 1, 3.0, False),
    "bandwidth": _Fact("sound up to {:.1f} kHz", 1000, 1.15, True),
    "duration": _Fact("{:.1f} s of sound", 1, 1.5, True),
}
FACTS = tuple(_FACTS)


class UnlikeTrainingWarning(UserWarning):
    """Clips to predict were recorded unlike all clips of the training; their answers may be wrong.

    A front end keeps the range of its training clips and of their views: the level of the speech,
    its level above the background, the bandwidth and the duration. In `transform` it warns, once a
    call, of clips that are clearly outside. Level is left out where the features do not depend on
    it. There is no range, and no warning, if there were fewer than 20 training clips, if the front
    end does not begin with an `AudioLoader`, or if it was fitted by an older version.

    Parameters
    ----------
    message : str
        The message; it lists at most the first 20 clips.
    failures : dict of int to (str, str), optional
        For each such clip its position in X: its name, and what is unlike.

    Attributes
    ----------
    failures : dict of int to (str, str)
        All such clips, as above.

    See Also
    --------
    sersk.compare_with_training : The same as a table, of all clips.
    sersk.adapt : Adapts a model to other recordings.

    Notes
    -----
    Not noticed: another language, a room, another speaker, a microphone of the same bandwidth. No
    warning does not mean that the answer is right.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sersk import AudioLoader, FrontEnd, make_emotional_speech
    >>> from sersk.audio import UnlikeTrainingWarning
    >>> corpus = make_emotional_speech(2, 2, duration=1.0, random_state=0)
    >>> frontend = FrontEnd([("loader", AudioLoader(duration=1.0))])
    >>> rows = frontend.fit_transform(corpus.data)
    >>> noise = np.random.default_rng(0).normal(scale=0.3, size=corpus.data[0].shape)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", UnlikeTrainingWarning)
    ...     rows = frontend.transform([corpus.data[0], corpus.data[0] + noise])
    >>> print(caught[0].message)
    FrontEnd: 1 of 2 clips is unlike the clips of the training, so the answer may be wrong:
      clip 1 of X has ...
    """

    def __init__(self, message: str, failures: Failures | None = None) -> None:
        super().__init__(message)
        self.failures = dict(failures or {})


def measure_sounds(rows: NDArray[np.float32], sample_rate: float) -> NDArray[np.float64]:
    """Describe waveforms as recordings.

    Parameters
    ----------
    rows : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
        Waveforms, padded with zeros.
    sample_rate : float
        Their rate (Hz).

    Returns
    -------
    sounds : ndarray of float64 of shape (n_sounds, 4)
        `FACTS` of each waveform; NaN where there is too little sound.
    """
    flat = np.asarray(rows).reshape(-1, np.shape(rows)[-1])
    return np.array([describe_recording(row, sample_rate) for row in flat], dtype=np.float64)


def summarize_sounds(sounds: NDArray[np.float64], n_clips: int) -> dict[str, Any] | None:
    """Return the range of the training sounds.

    Parameters
    ----------
    sounds : ndarray of float64 of shape (n_sounds, 4)
        As `measure_sounds` returns them, of all clips and views.
    n_clips : int
        Number of clips, without views.

    Returns
    -------
    training : dict or None
        Lower and upper bound of each of `FACTS`: all but 0.5 % of the sounds on either side; and
        ``n_clips``. None if none was measured.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.unlike import summarize_sounds
    >>> summarize_sounds(np.full((20, 4), 1.0), 20)["bandwidth"]
    [1.0, 1.0]
    """
    known = sounds[~np.isnan(sounds).any(axis=1)]
    if not len(known):
        return None
    bounds = np.quantile(known, (_RARE, 1 - _RARE), axis=0)
    return {name: bounds[:, i].tolist() for i, name in enumerate(FACTS)} | {"n_clips": n_clips}


def widen(training: dict[str, Any], sounds: NDArray[np.float64]) -> dict[str, Any]:
    """Return the range of the training together with other sounds.

    Parameters
    ----------
    training : dict
        As `summarize_sounds` returns it.
    sounds : ndarray of float64 of shape (n_sounds, 4)
        As `measure_sounds` returns them.

    Returns
    -------
    training : dict
        The range that includes both.
    """
    known = sounds[~np.isnan(sounds).any(axis=1)]
    both = {
        name: [
            min(training[name][0], float(known[:, i].min(initial=np.inf))),
            max(training[name][1], float(known[:, i].max(initial=-np.inf))),
        ]
        for i, name in enumerate(FACTS)
    }
    return training | both


def without_comparison(step: Any) -> Any:
    """Return an estimator that does not compare clips with its training, and gives no warning.

    Parameters
    ----------
    step : estimator
        A front end, or a pipeline that begins with one. It is left as it is.

    Returns
    -------
    quiet : estimator
        A shallow copy where there is something to compare with, or the same estimator.
    """
    if hasattr(step, "training_sounds_"):
        step = copy.copy(step)
        del step.training_sounds_
    elif steps := getattr(step, "steps", None):
        name, first = steps[0]
        if (quiet := without_comparison(first)) is not first:
            step = copy.copy(step)
            step.steps = [(name, quiet), *steps[1:]]
    return step


def tell_unlike(sound: NDArray[np.float64] | Recording, training: dict[str, Any]) -> str:
    """Say what of a recording is unlike the training.

    Parameters
    ----------
    sound : array of shape (4,)
        `FACTS` of it.
    training : dict
        As `summarize_sounds` returns it, and ``level_matters``: whether the features depend on the
        level. The range of few clips is narrower than that of all clips like them, so it is taken
        to be wider by 10 / ``n_clips`` of itself on either side.

    Returns
    -------
    reason : str
        To be put after the name of the recording; empty if nothing is unlike.

    Examples
    --------
    >>> from sersk.audio.unlike import FACTS, tell_unlike
    >>> training = {name: [50.0, 60.0] for name in FACTS} | {"bandwidth": [10_800.0, 11_000.0]}
    >>> tell_unlike([55.0, 10.0, 4_000.0, 55.0], training)
    'has speech 10 dB above the background, in training 50 dB and more; sound up to 4.0 kHz, in \
training 10.8 kHz and more'
    """
    reasons = []
    for value, (name, fact) in zip(sound, _FACTS.items(), strict=True):
        low, high = training[name]
        unknown = _UNKNOWN / training["n_clips"] if "n_clips" in training else 0.0
        if fact.is_factor:
            factor = fact.margin * (high / low) ** unknown
            below, above = low / factor, high * factor
        else:
            margin = fact.margin + (high - low) * unknown
            below, above = low - margin, high + margin
        if below <= value <= above or np.isnan(value):
            continue
        if name == "level" and not training.get("level_matters", True):
            continue
        bound, side = (low, "more") if value < below else (high, "less")
        numbers = fact.words.partition("{")[2]
        limit = ("{" + numbers.partition(" above")[0]).partition(" of")[0].format(bound / fact.unit)
        reasons.append(f"{fact.words.format(value / fact.unit)}, in training {limit} and {side}")
    return f"has {'; '.join(reasons)}" if reasons else ""


def warn_of_unlike(
    X: Any,
    sounds: NDArray[np.float64],
    training: dict[str, Any] | None,
    known: Container[int] = (),
) -> None:
    """Warn once if there are clips unlike the training.

    Parameters
    ----------
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        The clips.
    sounds : ndarray of float64 of shape (n_clips, 4)
        As `measure_sounds` returns them.
    training : dict or None
        As `tell_unlike` takes it; None compares with nothing.
    known : container of int, default=()
        Positions of clips of which another warning says that nothing can be recognised in them.
    """
    if training is None or len(sounds) != len(X):
        return
    reasons = {i: tell_unlike(sounds[i], training) for i in range(len(X)) if i not in known}
    names = {i: check_clips(X[i : i + 1], "FrontEnd", i)[0] for i in reasons if reasons[i]}
    unlike = {i: (name_clip(clip, i), reasons[i]) for i, clip in names.items()}
    if not unlike:
        return
    what = "clip is" if len(X) == 1 else "clips is" if len(unlike) == 1 else "clips are"
    so = "the answer" if len(unlike) == 1 else "their answers"
    warnings.warn(
        UnlikeTrainingWarning(
            f"FrontEnd: {len(unlike)} of {len(X)} {what} unlike the clips of the training, so {so} "
            f"may be wrong:{list_failures(unlike)}",
            unlike,
        ),
        stacklevel=count_own_frames() + 1,
    )

"""Clips that are longer than the part of them that a loader reads: lengths, and the warning.

Clips are read in `sersk.audio.loading`.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk._utils.callers import count_own_frames
from sersk.audio._decoder import Decoder
from sersk.audio.clips import Clip, UnusableClipError, check_clips
from sersk.audio.loading import AudioLoader

_LEAST = 0.1  # s that must be unheard; less is no syllable
_LONGER = 1.25  # times the longest training clip; another speaker's clips may be a little longer


class ClipTruncatedWarning(UserWarning):
    """Clips to predict are longer than the part of a clip that the model hears.

    An `AudioLoader` cuts clips at its `duration`, in training and in prediction. So a model hears
    the first 4 s of a recording of a minute and predicts the emotion of these. A fitted front end
    warns of such clips in `transform`, once a call, if they are also more than a quarter longer
    than the longest clip that it was fitted on: a corpus whose clips are cut in training is
    evaluated without a warning.

    See Also
    --------
    sersk.predict_timeline : Predict all of a recording, window by window.
    sersk.inference.average_over_windows : Predict one label for all of a recording.
    sersk.FrontEnd : Gives the warning.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sersk import AudioLoader, ClipTruncatedWarning, FrontEnd
    >>> rng = np.random.default_rng(0)
    >>> frontend = FrontEnd([("loader", AudioLoader(sample_rate=1000, duration=2.0))])
    >>> features = frontend.fit_transform(rng.normal(size=(3, 2000)))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", ClipTruncatedWarning)
    ...     features = frontend.transform([rng.normal(size=60_000)])
    >>> print(caught[0].message)
    FrontEnd: 1 of 1 clips is longer than the 2 s of a clip that the model hears, and than the \
clips that it was fitted on: of clip 0 of X it heard the first 2 of 60 s. sersk.predict_timeline \
predicts all of a recording, window by window.
    """


def measure_clips(X: Any, loader: AudioLoader) -> NDArray[np.float64]:
    """Return the lengths of clips, from the headers of files.

    Parameters
    ----------
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        Clips as the loader takes them.
    loader : AudioLoader
        Knows the sample rate of waveforms.

    Returns
    -------
    lengths : ndarray of float64 of shape (n_clips,)
        Length of each clip (s); NaN if the header does not give it, or the file can't be read.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import AudioLoader
    >>> from sersk.audio.truncation import measure_clips
    >>> measure_clips([np.zeros(4000), "nowhere.wav"][:1], AudioLoader(sample_rate=8000))
    array([0.5])
    """
    rate = loader.input_sample_rate or loader.sample_rate
    if isinstance(X, np.ndarray) and X.ndim == 2:
        return np.full(len(X), X.shape[1] / rate)
    clips = check_clips(X, type(loader).__name__)
    return np.array([_measure(clip, rate) for clip in clips], dtype=np.float64)


def find_truncated(lengths: NDArray[np.float64], loader: AudioLoader) -> NDArray[np.bool_]:
    """Return which clips are longer than what the loader reads of them.

    Parameters
    ----------
    lengths : ndarray of float64 of shape (n_clips,)
        Lengths as `measure_clips` returns them (s).
    loader : AudioLoader
        Reads the part between `offset` and ``offset + duration``.

    Returns
    -------
    truncated : ndarray of bool of shape (n_clips,)
        Whether at least a tenth of a second is not read after that part.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import AudioLoader
    >>> from sersk.audio.truncation import find_truncated
    >>> find_truncated(np.array([3.0, 4.01, 60.0]), AudioLoader(duration=4.0))
    array([False, False,  True])
    """
    return np.asarray(lengths > loader.offset + loader.duration + _LEAST)


def warn_of_truncation(
    X: Any, lengths: NDArray[np.float64], steps: list[tuple[str, Any]], longest: float
) -> None:
    """Warn once if clips are longer than what the loader reads, and than all training clips.

    Parameters
    ----------
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        The clips.
    lengths : ndarray of float64 of shape (n_clips,)
        Their lengths (s); NaN where they are unknown.
    steps : list of (str, transformer)
        Steps of a front end; an `AudioLoader` among them if any length is known.
    longest : float
        Length of the longest training clip (s); NaN if it is unknown.
    """
    if not np.any(lengths > _LONGER * longest):
        return
    loader = next(step for _, step in steps if isinstance(step, AudioLoader))
    truncated = np.flatnonzero(find_truncated(lengths, loader) & (lengths > _LONGER * longest))
    if not len(truncated):
        return
    first = truncated[0]
    clip = check_clips(X[first : first + 1], type(loader).__name__)[0]
    name = repr(clip) if isinstance(clip, str) else f"clip {first} of X"
    are = "is" if len(truncated) == 1 else "are"
    warnings.warn(
        f"FrontEnd: {len(truncated)} of {len(lengths)} clips {are} longer than the "
        f"{loader.duration:g} s of a clip that the model hears, and than the clips that it was "
        f"fitted on: of {name} it heard {tell_part(loader)} of "
        f"{round(lengths[first], 1):.10g} s. sersk.predict_timeline predicts all of a recording, "
        "window by window.",
        ClipTruncatedWarning,
        stacklevel=count_own_frames() + 1,
    )


def tell_part(loader: AudioLoader) -> str:
    """Return which part of a long clip the loader reads, in words without a unit.

    Parameters
    ----------
    loader : AudioLoader
        The loader.

    Returns
    -------
    text : str
        Such as "the first 4".

    Examples
    --------
    >>> from sersk import AudioLoader
    >>> from sersk.audio.truncation import tell_part
    >>> tell_part(AudioLoader()), tell_part(AudioLoader(offset=0.5))
    ('the first 4', '4 (from 0.5 s on)')
    """
    if not loader.offset:
        return f"the first {loader.duration:g}"
    return f"{loader.duration:g} (from {loader.offset:g} s on)"


def _measure(clip: Clip, rate: int) -> float:
    if clip is None:
        return np.nan
    if not isinstance(clip, str):
        return len(clip) / rate
    try:
        with Decoder(clip) as sound:
            return np.nan if sound.duration is None else sound.duration
    except UnusableClipError:
        return np.nan

"""What is answerable: one rule for every way in which a model is asked, and its warning.

Whether sound is speech is decided in `sersk.audio.activity`. Here is what contains no sound to
decide about; clips that cannot be used at all are in `sersk.audio.failures`.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk._utils.callers import count_own_frames
from sersk.audio.clips import check_clips
from sersk.audio.failures import Failures, list_failures, name_clip

#: Least duration of sound (s): three periods of the lowest voice (70 Hz).
SHORTEST = 0.05
#: Least level (root mean square) of the loudest 0.05 s, relative to full scale: a step of 16 bits,
#: -90 dB. What is fainter is the rounding of a recorder.
FAINTEST = 2.0**-15

# s at each end in which a resampled constant is not constant
_EDGE = 0.01
_SAMPLES_AT_A_TIME = 4096


class UnanswerableClipWarning(UserWarning):
    """Clips hold no sound to recognise an emotion in, and are predicted (or learned) nevertheless.

    Such a clip has less than 0.05 s of sound, is constant (a direct current), or never reaches
    -90 dB relative to full scale. A model gives probabilities for any array of numbers: for these
    they mean nothing. There is one warning a call, in training and in prediction. Clips of digital
    silence are not among them: an `AudioLoader` refuses them, unless ``allow_silence=True``.

    Parameters
    ----------
    message : str
        The message; it lists at most the first 20 clips.
    failures : dict of int to (str, str), optional
        For each such clip its position in X: its name and the reason.

    Attributes
    ----------
    failures : dict of int to (str, str)
        All such clips, as above.

    See Also
    --------
    sersk.predict_timeline : Predicts windows with speech only.
    sersk.SpeechDetector : Finds speech.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sersk import AudioLoader
    >>> from sersk.audio import UnanswerableClipWarning
    >>> loader = AudioLoader(sample_rate=8000, duration=1.0)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", UnanswerableClipWarning)
    ...     rows = loader.transform([np.full(8000, 0.5), np.sin(np.arange(8000) / 3)])
    >>> print(caught[0].message)
    AudioLoader: in 1 of 2 clips there is nothing to recognise an emotion in; what is predicted \
for it means nothing:
      clip 0 of X is constant (0.5 relative to full scale)
    """

    def __init__(self, message: str, failures: Failures | None = None) -> None:
        super().__init__(message)
        self.failures = dict(failures or {})


def find_reason(
    samples: NDArray[np.float32], rate: float, shortest: float = SHORTEST
) -> str | None:
    """Return why no emotion can be recognised in a sound, or None.

    Parameters
    ----------
    samples : ndarray of float32 of shape (n_samples,)
        A waveform, finite. Zeros at its ends are no part of the sound.
    rate : float
        Its rate (Hz).
    shortest : float, default=SHORTEST
        Least duration of sound (s).

    Returns
    -------
    reason : str or None
        The reason, to be put after the name of the sound; None if it is answerable.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.answerable import find_reason
    >>> find_reason(np.ones(80, np.float32), 8_000)
    'has only 10 ms of sound; at least 50 ms are needed'
    >>> find_reason(np.full(8_000, 1e-6, np.float32) * (np.arange(8_000) % 2), 8_000)
    'stays below -90 dB relative to full scale'
    """
    begin = _first_sound(samples)
    if begin is None:
        return "is digital silence (every sample is 0)"
    end = len(samples) - (_first_sound(samples[::-1]) or 0)
    if end - begin < round(shortest * rate):
        duration = 1000 * (end - begin) / rate
        return f"has only {duration:.3g} ms of sound; at least {1000 * shortest:g} ms are needed"
    edge = min(round(_EDGE * rate), (end - begin) // 4)
    inner = samples[begin + edge : end - edge]
    size = max(2, round(SHORTEST * rate))
    for start in range(0, len(inner), size):  # mostly the first one is loud enough
        if inner[start : start + size].std(dtype=np.float64) >= FAINTEST:
            return None
    offset = float(inner.mean(dtype=np.float64)) if len(inner) else float(samples[begin])
    if abs(offset) >= FAINTEST:
        return f"is constant ({offset:.2g} relative to full scale)"
    return "stays below -90 dB relative to full scale"


def find_unanswerable(
    X: Any, rows: NDArray[np.float32], rate: float, duration: float, first: int = 0
) -> Failures:
    """Return the clips in which no emotion can be recognised, though a loader can use them.

    Parameters
    ----------
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        A chunk of the clips.
    rows : ndarray of float32 of shape (n_clips, n_samples)
        What the loader makes of them, padded with zeros. Clips that could not be read (NaN) and
        those of digital silence are left out: the loader has decided about them.
    rate : float
        Rate of the rows (Hz).
    duration : float
        Length of the rows (s). If they are shorter than `SHORTEST`, half of it is enough sound.
    first : int, default=0
        Position of the first clip of the chunk in the whole X.

    Returns
    -------
    failures : dict of int to (str, str)
        For each such clip its position in the whole X, its name, and why.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.answerable import find_unanswerable
    >>> rows = np.ones((1, 800), np.float32)
    >>> find_unanswerable(["a.wav"], rows, 800, 1.0)
    {0: ('a.wav', 'is constant (1 relative to full scale)')}
    """
    shortest = min(SHORTEST, duration / 2)
    reasons = {}
    for i, row in enumerate(rows):
        if np.isnan(row[0]):
            continue
        reason = find_reason(row, rate, shortest)
        if reason is not None and row.any():
            reasons[i] = reason
    clips = check_clips(X, "AudioLoader", first) if reasons else ()
    return {first + i: (name_clip(clips[i], first + i), why) for i, why in reasons.items()}


def warn_of_unanswerable(failures: Failures, n_clips: int, who: str, *, fitting: bool) -> None:
    """Warn once if there are clips in which no emotion can be recognised.

    Parameters
    ----------
    failures : dict of int to (str, str)
        For each such clip its position in X: its name and the reason.
    n_clips : int
        Number of clips of X.
    who : str
        Name in the message.
    fitting : bool
        Whether the clips are for training.
    """
    if not failures:
        return
    them = "it" if len(failures) == 1 else "them"
    meaning = f"{'learned from' if fitting else 'predicted for'} {them} means nothing"
    warnings.warn(
        UnanswerableClipWarning(
            f"{who}: in {len(failures)} of {n_clips} clips there is nothing to recognise an "
            f"emotion in; what is {meaning}:{list_failures(failures)}",
            failures,
        ),
        stacklevel=count_own_frames() + 1,
    )


def _first_sound(samples: NDArray[np.float32]) -> int | None:
    """Return the number of the first sample that is not 0."""
    for start in range(0, len(samples), _SAMPLES_AT_A_TIME):
        block = samples[start : start + _SAMPLES_AT_A_TIME]
        if block.any():
            return start + int(np.argmax(block != 0))
    return None

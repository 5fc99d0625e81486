"""Babble: many voices at a time, made of a waveform itself or of other clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sersk.signal.effects import change_speed
from sersk.signal.noise import mix_at_snr

# The speeds of the voices: from a slow deep one to a fast high one.
_SPEEDS = (0.7, 1.4)


def mix_voices(clips: Sequence[NDArray], n_samples: int, rng: np.random.Generator) -> NDArray:
    """Mix clips to babble: each of them repeated, from a place that is drawn, at one level.

    Parameters
    ----------
    clips : sequence of ndarray of shape (n_samples_of_the_clip,)
        One clip a voice, float32 or float64. Those of silence add nothing.
    n_samples : int
        Length of the babble.
    rng : numpy.random.Generator
        Generator of the places.

    Returns
    -------
    babble : ndarray of shape (n_samples,)
        The voices, in the type of the first clip. Its level is arbitrary.

    Raises
    ------
    ValueError
        If there are no clips, or one without samples.

    See Also
    --------
    add_babble : Makes the voices from the waveform itself.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.babble import mix_voices
    >>> rng = np.random.default_rng(0)
    >>> voices = [rng.standard_normal(n) for n in (300, 500, 800)]
    >>> mix_voices(voices, 1000, rng).shape
    (1000,)
    """
    if not len(clips) or not all(len(clip) for clip in clips):
        raise ValueError(
            f"mix_voices: {len(clips)} clips of {[len(clip) for clip in clips]} samples; at least "
            "one clip is expected, and none without samples."
        )
    babble = np.zeros(n_samples)
    for clip in clips:
        voice = np.resize(np.roll(clip, -int(rng.integers(len(clip)))), n_samples)
        power = np.mean(np.square(voice, dtype=np.float64))
        if power > 0:
            babble += voice / np.sqrt(power)
    return babble.astype(clips[0].dtype)


def add_babble(
    waveform: NDArray, snr_db: float, rng: np.random.Generator, *, n_voices: int = 6
) -> NDArray:
    """Add babble that is made of the waveform itself.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform of speech, float32 or float64.
    snr_db : float
        Power of the waveform over that of the babble (dB), both over the whole length.
    rng : numpy.random.Generator
        Generator of speeds and places.
    n_voices : int, default=6
        Number of voices in the babble.

    Returns
    -------
    noisy : ndarray of shape (n_samples,)
        The waveform with its babble; silence stays silent.

    See Also
    --------
    mix_voices : Babble of other clips.
    add_noise : Steady noise.

    Notes
    -----
    Each voice is the waveform at another speed (0.7 to 1.4, drawn), so of another pitch and other
    formants, half of them played backwards, from another place. Babble so has the spectrum and the
    rhythm of speech [1]_ and needs no other recordings: nothing of another clip, of a test speaker
    least of all, can come into it.

    References
    ----------
    .. [1] N. Krishnamurthy and J. H. L. Hansen, "Babble noise: modeling, analysis, and
       applications", IEEE Transactions on Audio, Speech, and Language Processing, 17(7), 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.babble import add_babble
    >>> waveform = np.random.default_rng(0).standard_normal(22_050)
    >>> babble = add_babble(waveform, 10, np.random.default_rng(0)) - waveform
    >>> float(10 * np.log10(np.mean(waveform**2) / np.mean(babble**2)).round(6))
    10.0
    """
    voices = []
    for _ in range(n_voices):
        voice = change_speed(waveform, float(rng.uniform(*_SPEEDS)))
        voices.append(voice[::-1] if rng.random() < 0.5 else voice)
    return mix_at_snr(waveform, mix_voices(voices, len(waveform), rng), snr_db)

"""Effects on one waveform: pitch, speed, gain, delay.

Values are arguments; `sersk.audio.augmentation` draws them. Time stretching is in
`sersk.signal.phase_vocoder`, noise, rooms, microphones and channels in modules of their own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sersk.signal.phase_vocoder import Motion, time_stretch
from sersk.signal.resampling import resample


def pitch_shift(waveform: NDArray, n_steps: float, *, motion: Motion | None = None) -> NDArray:
    """Raise or lower the pitch of a waveform without changing its speed.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    n_steps : float
        Semitones up, or down if negative.
    motion : Motion or None, default=None
        ``analyze_motion(waveform)``, if already computed; None computes it.

    Returns
    -------
    shifted : ndarray of shape (n_samples,)
        The waveform at its new pitch.

    Raises
    ------
    ValueError
        If `n_steps` is not finite.

    See Also
    --------
    time_stretch : Changes the speed instead of the pitch.

    Notes
    -----
    The waveform is stretched so that playing it at another speed restores its length and moves its
    pitch, then resampled to that speed (soxr, high quality), as ``librosa.effects.pitch_shift``
    does. Formants move with the pitch.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import pitch_shift
    >>> len(pitch_shift(np.zeros(88_200, dtype=np.float32), n_steps=2))
    88200
    """
    if not np.isfinite(n_steps):
        raise ValueError(f"pitch_shift: n_steps={n_steps} must be a finite number.")
    rate = 2.0 ** (-n_steps / 12)
    stretched = time_stretch(waveform, rate, motion=motion)
    return fit_length(resample(stretched, 1 / rate, 1), len(waveform))


def change_speed(waveform: NDArray, speed: float) -> NDArray:
    """Change the speed of a waveform, and its pitch with it.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    speed : float
        Speed: 1.1 is a tenth faster, and 1.65 semitones higher.

    Returns
    -------
    changed : ndarray of shape (round(n_samples / speed),)
        The waveform at its new speed; at least one sample.

    Raises
    ------
    ValueError
        If `speed` is not a positive finite number.

    See Also
    --------
    time_stretch : Changes the speed without the pitch.
    pitch_shift : Changes the pitch without the speed.

    Notes
    -----
    The waveform is resampled (soxr, high quality) and played at the old rate: pitch, formants and
    tempo change together, as in a smaller or a larger person who speaks faster or slower [1]_.
    No vocoder is used, so jitter, shimmer and the noise between harmonics are unchanged.

    References
    ----------
    .. [1] T. Ko, V. Peddinti, D. Povey and S. Khudanpur, "Audio augmentation for speech
       recognition", Interspeech, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import change_speed
    >>> len(change_speed(np.zeros(22_000, dtype=np.float32), speed=1.1))
    20000
    """
    if not (np.isfinite(speed) and speed > 0):
        raise ValueError(f"change_speed: speed={speed} must be a positive finite number.")
    changed = resample(waveform, speed, 1)
    return fit_length(changed, max(1, round(len(waveform) / speed)))


def change_gain(waveform: NDArray, gain_db: float) -> NDArray:
    """Make a waveform louder or softer.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    gain_db : float
        Gain (dB); 20 is ten times the amplitude. Nothing is clipped.

    Returns
    -------
    changed : ndarray of shape (n_samples,)
        The waveform at its new level.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import change_gain
    >>> change_gain(np.array([0.5, -0.25]), 20)
    array([ 5. , -2.5])
    """
    return waveform * waveform.dtype.type(10 ** (gain_db / 20))


def delay(waveform: NDArray, n_samples: int) -> NDArray:
    """Move a waveform in time; zeros fill the gap, samples beyond the end are lost.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    n_samples : int
        Delay in samples, negative for earlier.

    Returns
    -------
    moved : ndarray of shape (n_samples,)
        The waveform at its new place.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import delay
    >>> delay(np.array([1.0, 2.0, 3.0]), 1)
    array([0., 1., 2.])
    >>> delay(np.array([1.0, 2.0, 3.0]), -2)
    array([3., 0., 0.])
    """
    moved = np.zeros_like(waveform)
    if n_samples >= 0:
        moved[n_samples:] = waveform[: max(len(waveform) - n_samples, 0)]
    else:
        moved[:n_samples] = waveform[-n_samples:]
    return moved


def fit_length(waveform: NDArray, length: int) -> NDArray:
    """Cut a waveform, or pad it with zeros, at its end.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform.
    length : int
        Number of samples of the result.

    Returns
    -------
    waveform : ndarray of shape (length,)
        The waveform at that length.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import fit_length
    >>> fit_length(np.array([1.0, 2.0, 3.0]), 5)
    array([1., 2., 3., 0., 0.])
    >>> fit_length(np.array([1.0, 2.0, 3.0]), 2)
    array([1., 2.])
    """
    fitted = np.zeros(length, waveform.dtype)
    fitted[: len(waveform)] = waveform[:length]
    return fitted

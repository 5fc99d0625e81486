"""The level of speech in a waveform, and a waveform brought to a level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FRAME = 0.025  # s
_RANGE = 20.0  # dB below the loudest frame, at most, of a frame that counts


def measure_level(waveform: NDArray, sample_rate: float) -> float:
    """Measure the level of the speech in a waveform: that of its louder frames.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    sample_rate : float
        Its sample rate (Hz).

    Returns
    -------
    level_db : float
        Mean power (dBFS) of the frames of 25 ms that are less than 20 dB below the loudest one;
        minus infinity in digital silence.

    See Also
    --------
    bring_to_level : Changes it.

    Notes
    -----
    Pauses and padding do not count, nor does steady noise that is 20 dB softer than the speech, as
    in the measurement of active speech levels [1]_.

    References
    ----------
    .. [1] ITU-T Recommendation P.56, "Objective measurement of active speech level", 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.level import measure_level
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    >>> round(measure_level(np.r_[tone, np.zeros(50_000)], 22_050))
    -3
    """
    return _measure(waveform.astype(np.float64), sample_rate)


def bring_to_level(waveform: NDArray, sample_rate: float, level_db: float) -> NDArray:
    """Scale a waveform so that its speech has a given level.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    sample_rate : float
        Its sample rate (Hz).
    level_db : float
        The level (dBFS), as `measure_level` measures it. Peaks may be beyond full scale.

    Returns
    -------
    scaled : ndarray of shape (n_samples,)
        The waveform at that level; silence stays silent.

    See Also
    --------
    measure_level : Measures the level.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.level import bring_to_level, measure_level
    >>> noise = np.random.default_rng(0).standard_normal(22_050)
    >>> round(measure_level(bring_to_level(noise, 22_050, -25.0), 22_050), 3)
    -25.0
    """
    peak = float(np.abs(waveform).max(initial=0))
    if not peak:
        return waveform.copy()
    exact = waveform.astype(np.float64) / peak  # so that no square overflows or underflows
    exact *= 10 ** ((level_db - _measure(exact, sample_rate)) / 20)
    return exact.astype(waveform.dtype)


def _measure(waveform: NDArray[np.float64], sample_rate: float) -> float:
    n_frame = max(1, round(_FRAME * sample_rate))
    n_frames = max(1, len(waveform) // n_frame)
    whole = waveform[: n_frames * n_frame]
    power = np.square(whole.reshape(n_frames, -1)).mean(axis=1)
    loudest = power.max(initial=0)
    if not loudest:
        return -np.inf
    return float(10 * np.log10(power[power > loudest * 10 ** (-_RANGE / 10)].mean()))

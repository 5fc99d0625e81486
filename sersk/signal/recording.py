"""What a waveform sounds like as a recording: its level, noise, bandwidth and duration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from sersk.signal.power import power_spectrogram

_FRAME = 0.023  # s
_BAND = 250.0  # Hz
_LOWEST = 80.0  # Hz; rumble and direct current are below any voice
_RANGE = 1e-2  # power of a frame that counts as speech, relative to the loudest one: -20 dB
_SOFT, _LOUD = 0.05, 0.95  # shares of the frames below the noise floor, and below the loud ones
_EDGE = 1e-7  # power of the highest band that is there, relative to the loudest one: -70 dB
_MOST_SNR = 90.0  # dB; more is digital silence between words
_SHORTEST = 0.05  # s of sound


class Recording(NamedTuple):
    """What `describe_recording` measures; NaN where there is too little sound."""

    level: float
    snr: float
    bandwidth: float
    duration: float


def describe_recording(waveform: NDArray, sample_rate: float) -> Recording:
    """Measure how a waveform was recorded: not what is said in it, but what surrounds it.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform. Zeros at its ends are no part of the sound.
    sample_rate : float
        Its sample rate (Hz).

    Returns
    -------
    level : float
        Level of the speech (dBFS): the mean power of the frames of 23 ms that are less than 20 dB
        below the loudest one.
    snr : float
        Level of the speech above the background (dB), at most 90. The background is the power that
        5 % of the frames stay below, in each band of 250 Hz: speech leaves each band now and then,
        also where it has no pauses, as in minimum statistics [1]_.
    bandwidth : float
        The highest frequency with sound (Hz): the upper edge of the highest band whose louder
        frames are less than 70 dB below those of the loudest band.
    duration : float
        Duration of the sound (s).

    References
    ----------
    .. [1] R. Martin, "Noise power spectral density estimation based on optimal smoothing and
       minimum statistics", IEEE Transactions on Speech and Audio Processing, 9(5), 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.recording import describe_recording
    >>> noise = np.random.default_rng(0).normal(scale=0.1, size=22_050)
    >>> found = describe_recording(np.concatenate([noise, np.zeros(9_000)]), 22_050)
    >>> round(found.level), round(found.bandwidth, -3), found.duration
    (-20, 11000.0, 1.0)
    """
    begin, end = _find_sound(waveform)
    duration = (end - begin) / sample_rate
    n_fft = 2 * next_fast_len(max(1, round(_FRAME * sample_rate / 2)), real=True)
    if duration < _SHORTEST or not np.isfinite(waveform[begin]):
        return Recording(np.nan, np.nan, np.nan, duration if end > begin else np.nan)
    power = power_spectrogram(waveform[begin:end], n_fft=n_fft, hop_length=n_fft)
    bin_width = sample_rate / n_fft
    first = min(max(1, round(_LOWEST / bin_width)), power.shape[1] - 1)
    starts = np.arange(first, power.shape[1], max(1, round(_BAND / bin_width)))
    bands = np.add.reduceat(power, starts, axis=1)
    total = bands.sum(axis=1)
    loudest = total.max()
    if not loudest > 0:
        return Recording(np.nan, np.nan, np.nan, duration)
    speech = float(total[total > _RANGE * loudest].mean(dtype=np.float64))
    soft, loud = (round(share * (len(bands) - 1)) for share in (_SOFT, _LOUD))
    ranked = np.partition(bands, (soft, loud), axis=0)
    noise = max(float(ranked[soft].sum()), speech * 10 ** (-_MOST_SNR / 10))
    highest = int(np.flatnonzero(ranked[loud] >= _EDGE * ranked[loud].max())[-1])
    edges = np.append(starts[1:], power.shape[1] - 1)
    # Parseval's theorem for frames under a Hann window, whose mean square is 3 / 8
    level = 10 * np.log10(2 * speech / (0.375 * n_fft**2))
    return Recording(
        float(level),
        float(10 * np.log10(speech / noise)),
        float(edges[highest] * bin_width),
        duration,
    )


def _find_sound(waveform: NDArray) -> tuple[int, int]:
    """Return the first sample that is not 0, and the one after the last."""
    there = waveform != 0
    begin = int(there.argmax())
    if not len(there) or not there[begin]:
        return 0, 0
    return begin, len(there) - int(there[::-1].argmax())

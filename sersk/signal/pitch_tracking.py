"""Pitch tracking: fundamental frequency and harmonicity by autocorrelation and a best path.

A whole waveform is needed, because the best path depends on later frames too. Features of pitch
are in `sersk.features.pitch` and `sersk.features.functionals`. Speech activity in blocks, without
pitch, is in `sersk.audio.speech_tracking`. Both use `sersk.signal.autocorrelation`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sersk.signal._framing import frames_in_blocks
from sersk.signal.autocorrelation import correlate, window_correction
from sersk.signal.forward import count_frames

# Higher harmonics add more noise than voice to the autocorrelation. Without them it is smooth
# enough to find the maximum of a peak by a parabola through three lags.
_LOW_PASS = (3500.0, 4500.0)  # Hz; the gain is 1 below and 0 above
# At low sample rates lags are closer together than samples, so that the parabola is accurate.
_LAG_RATE = 20_000.0  # Hz, at least
_N_CANDIDATES = 8
# Boersma's costs. Those of a step are for frames 10 ms apart.
_SILENCE_THRESHOLD = 0.03
_OCTAVE_COST = 0.01
_OCTAVE_JUMP_COST = 0.35
_CHANGE_COST = 0.14
_COST_STEP = 0.01  # s


class Voicing(NamedTuple):
    """Contours of the voice in a clip, from `track_voice`.

    Attributes
    ----------
    f0 : ndarray of float64 of shape (n_frames,)
        Fundamental frequency (Hz), 0 where unvoiced.
    harmonicity : ndarray of float64 of shape (n_frames,)
        Share of the power that is periodic, in [0, 1]: the autocorrelation at the period, or its
        largest value in unvoiced frames.
    level : ndarray of float64 of shape (n_frames,)
        Mean square of the samples under the window.
    power : ndarray of float32 of shape (n_frames, n_bins)
        Power spectra, scaled so that a frame's mean over all frequencies is its level.
    bin_width : float
        Distance of the bins (Hz).
    """

    f0: NDArray[np.float64]
    harmonicity: NDArray[np.float64]
    level: NDArray[np.float64]
    power: NDArray[np.float32]
    bin_width: float


class _Plan(NamedTuple):
    """Values that depend only on the parameters."""

    window: NDArray[np.float32]
    n_fft: int
    lag_rate: float  # lags a second, a multiple of the sample rate
    n_lag_fft: int
    low_pass: NDArray[np.float32]  # weight of each bin
    correction: NDArray[np.float32]  # one over the window's autocorrelation, at each lag
    lags: slice
    min_lag: int
    max_lag: int


def track_voice(
    waveform: NDArray[np.float32],
    *,
    sample_rate: float,
    hop_length: int,
    fmin: float,
    fmax: float,
    voicing_threshold: float,
) -> Voicing:
    """Track the fundamental frequency of a voice.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        One clip, without NaN.
    sample_rate : float
        Samples a second (Hz).
    hop_length : int
        Samples from one frame to the next; frames are centred, the first on the first sample.
    fmin : float
        Lowest fundamental frequency (Hz). A frame is three of its periods long.
    fmax : float
        Highest fundamental frequency (Hz).
    voicing_threshold : float
        Harmonicity above which a frame is voiced, unless the best path through the neighbouring
        frames decides otherwise.

    Returns
    -------
    voicing : Voicing
        The contours.
    """
    plan = _make_plan(float(sample_rate), float(fmin), float(fmax))
    n_frames = count_frames(len(waveform), hop_length=hop_length)
    level, peak = np.empty((2, n_frames))
    power = np.empty((n_frames, plan.n_fft // 2 + 1), np.float32)
    period = np.zeros((n_frames, _N_CANDIDATES))
    height = np.zeros((n_frames, _N_CANDIDATES))
    whole = np.ones_like(plan.window)  # the window comes after the mean is subtracted
    blocks = frames_in_blocks(
        waveform, whole, n_frames, hop_length, center=True, n_fft=plan.n_lag_fft
    )
    for _, block, frames in blocks:
        frames -= frames.mean(axis=1, keepdims=True)
        peak[block] = np.abs(frames).max(axis=1)
        frames *= plan.window
        level[block] = np.einsum("ij,ij->i", frames, frames)
        spectra = scipy.fft.rfft(frames, plan.n_fft)
        power[block] = np.square(np.abs(spectra))
        correlation = correlate(
            power[block] * plan.low_pass, plan.n_lag_fft, plan.lags, plan.correction
        )
        period[block], height[block] = _find_peaks(correlation, plan)
    f0 = plan.lag_rate / np.where(period > 0, period, np.inf)
    # Silence is relative to the loudest sample of the clip, so all frames are needed first.
    loudness = peak / max(peak.max(), np.finfo(np.float32).tiny)
    silence = 2 - loudness / (_SILENCE_THRESHOLD / (1 + voicing_threshold))
    unvoiced = voicing_threshold + np.maximum(0, silence)
    strength = height + _OCTAVE_COST * np.log2(np.maximum(f0, fmin) / fmin)
    best = _best_path(f0, np.where(f0 > 0, strength, -np.inf), unvoiced, hop_length / sample_rate)
    rows = np.arange(n_frames)
    voiced = best >= 0
    chosen = np.where(voiced, best, height.argmax(axis=1))
    scale = np.float32(1 / np.square(plan.window.astype(float)).sum())
    return Voicing(
        f0=np.where(voiced, f0[rows, best], 0),
        harmonicity=np.clip(height[rows, chosen], 0, 1),
        level=level * scale,
        power=power * scale,
        bin_width=sample_rate / plan.n_fft,
    )


def fft_length(sample_rate: float, fmin: float, fmax: float) -> int:
    """Return the length of the Fourier transforms of `track_voice`.

    Parameters
    ----------
    sample_rate : float
        Samples a second (Hz).
    fmin : float
        Lowest fundamental frequency (Hz).
    fmax : float
        Highest fundamental frequency (Hz).

    Returns
    -------
    n_fft : int
        Samples of a transform, including zeros; an even number.
    """
    return _make_plan(float(sample_rate), float(fmin), float(fmax)).n_fft


@lru_cache(maxsize=8)
def _make_plan(sample_rate: float, fmin: float, fmax: float) -> _Plan:
    n_window = round(3 * sample_rate / fmin)
    n_lags_a_sample = int(np.ceil(_LAG_RATE / sample_rate))
    lag_rate = n_lags_a_sample * sample_rate
    # A peak needs a neighbour on both sides. With three periods in a frame, the window moves a peak
    # by up to a hundredth of the period.
    min_lag = max(1, int(lag_rate / fmax) - 1)
    max_lag = int(np.ceil(1.02 * lag_rate / fmin)) + 2
    # Zeros after a frame, so that the circular correlation does not wrap around at the lags in use.
    n_fft = 2 * scipy.fft.next_fast_len(-(-(n_window + max_lag // n_lags_a_sample + 1) // 2))
    n_lag_fft = n_lags_a_sample * n_fft
    window = np.hanning(n_window + 2)[1:-1]
    frequencies = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    low, high = _LOW_PASS
    fade = np.clip((high - frequencies) / (high - low), 0, 1)
    lags = slice(max_lag + 1)
    plan = _Plan(
        window.astype(np.float32),
        n_fft,
        lag_rate,
        n_lag_fft,
        (0.5 - 0.5 * np.cos(np.pi * fade)).astype(np.float32),
        window_correction(window, n_fft, lags, n_lag_fft=n_lag_fft),
        lags,
        min_lag,
        max_lag,
    )
    for array in (plan.window, plan.low_pass, plan.correction):
        array.flags.writeable = False
    return plan


def _find_peaks(
    correlation: NDArray[np.float32], plan: _Plan
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return period (lags) and height of each frame's highest peaks; a period of 0 is none."""
    part = correlation[:, plan.min_lag : plan.max_lag + 1]
    inner = part[:, 1:-1]
    is_peak = (inner > part[:, :-2]) & (inner >= part[:, 2:]) & (inner > 0)
    # Short periods are preferred: all multiples of a period are as high as itself.
    lags = np.arange(plan.min_lag + 1, plan.max_lag)
    ranking = np.where(is_peak, inner - np.float32(_OCTAVE_COST) * np.log2(lags), -np.inf)
    n_kept = min(_N_CANDIDATES, inner.shape[1])
    kept = np.argpartition(-ranking, n_kept - 1, axis=1)[:, :n_kept]
    rows = np.arange(len(part))[:, np.newaxis]
    left, middle, right = (part[rows, kept + i].astype(float) for i in range(3))
    curvature = left - 2 * middle + right
    found = is_peak[rows, kept]
    offset = np.divide(0.5 * (left - right), curvature, out=np.zeros_like(middle), where=found)
    top = middle - 0.25 * (left - right) * offset
    period, height = np.zeros((2, len(part), _N_CANDIDATES))
    period[:, :n_kept] = np.where(found, lags[kept] + offset, 0)
    # Noise can be correlated above 1 after the correction; Boersma mirrors that.
    height[:, :n_kept] = np.where(found, np.where(top > 1, 1 / np.maximum(top, 1), top), 0)
    return period, height


def _best_path(
    f0: NDArray[np.float64],
    strength: NDArray[np.float64],
    unvoiced: NDArray[np.float64],
    step: float,
) -> NDArray[np.intp]:
    """Return the candidate of each frame on the best path, -1 for unvoiced (Viterbi)."""
    n_frames, n_candidates = f0.shape
    octave = np.log2(np.where(f0 > 0, f0, 1))
    scale = _COST_STEP / step
    score = np.concatenate([strength, unvoiced[:, np.newaxis]], axis=1)
    cost = np.full((n_frames - 1, n_candidates + 1, n_candidates + 1), _CHANGE_COST * scale)
    jump = np.abs(octave[:-1, :, np.newaxis] - octave[1:, np.newaxis, :])
    cost[:, :-1, :-1] = _OCTAVE_JUMP_COST * scale * jump
    cost[:, -1, -1] = 0
    came_from = np.empty((n_frames - 1, n_candidates + 1), np.intp)
    total = score[0]
    columns = np.arange(n_candidates + 1)
    for frame in range(n_frames - 1):
        reached = total[:, np.newaxis] - cost[frame]
        previous = reached.argmax(axis=0)
        came_from[frame] = previous
        total = reached[previous, columns] + score[frame + 1]
    path = np.empty(n_frames, np.intp)
    path[-1] = total.argmax()
    for frame in range(n_frames - 2, -1, -1):
        path[frame] = came_from[frame, path[frame + 1]]
    return np.where(path == n_candidates, -1, path)

"""Speech activity of a recording that arrives in blocks: which frames are voiced.

Parameters and definitions are documented in `sersk.audio.activity`. No pitch is tracked here:
`sersk.signal.pitch_tracking` needs a whole clip for its best path, which a stream does not have.
Both use the autocorrelation of `sersk.signal.autocorrelation`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from sersk.signal import correlate, count_frames, power_in_blocks, window_correction

# A frame holds three periods of a voice of 67 Hz, as [1] in SpeechDetector requires.
_FRAME, _HOP = 0.045, 0.015  # s
_PITCH = (70.0, 450.0)  # Hz
_PITCH_BAND = (80.0, 1500.0)  # Hz, where the harmonics of a voice are strong
_LEVEL_BAND = (100.0, 4000.0)  # Hz
_SMALLEST = 1e-14  # power; digital silence is -140 dB
_BLOCK = 256  # frames that are transformed at a time
# Sound whose level stays within _STEADY_DB (dB) for _STEADY (s) is not a syllable.
_STEADY_DB, _STEADY = 3.0, 0.3
# Duration of consonants around the voiced part of a word, and the shortest pause (s).
_AROUND, _PAUSE = 0.2, 0.4


class _Parameters(Protocol):
    """Parameters of a `sersk.audio.activity.SpeechDetector`."""

    min_speech: float
    periodicity: float
    above_floor: float
    below_peak: float
    min_level: float
    context: float


class SpeechTracker:
    """State of a `SpeechDetector` within one recording, which arrives in blocks.

    Parameters
    ----------
    detector : SpeechDetector
        The parameters.
    sample_rate : int
        Samples a second (Hz).
    """

    def __init__(self, detector: _Parameters, sample_rate: int) -> None:
        self._detector = detector
        self._rate = sample_rate
        self._frames = _Frames(sample_rate)
        self._rest = np.empty(0, np.float32)  # samples from the next frame's first one on
        self._pieces: list[NDArray[np.float32]] = []
        self._n_waiting = 0
        self._first = 0  # number of the first frame that is kept
        self._values = np.empty((2, 0), np.float32)  # levels, periodicities

    def push(self, samples: NDArray[np.float32]) -> None:
        """Append samples.

        Parameters
        ----------
        samples : ndarray of float32 of shape (n_samples,)
            The samples that follow those pushed before.
        """
        self._pieces.append(samples.copy())  # the caller may overwrite the array
        self._n_waiting += len(samples)
        if self._n_waiting >= _BLOCK * self._frames.hop:
            self._catch_up()

    def look_at(self, begin: int, end: int) -> tuple[bool, NDArray[np.float64]]:
        """Return whether there is speech between two samples; no sound after them is used.

        Parameters
        ----------
        begin, end : int
            First sample and the one after the last, not before those of an earlier call.

        Returns
        -------
        speech : bool
            Whether the voiced frames add up to `min_speech`.
        voiced : ndarray of shape (n_voiced,)
            Centres of the voiced frames (s).
        """
        self._catch_up()
        length, hop = self._frames.length, self._frames.hop
        earliest = min(begin, max(0, end - round(self._detector.context * self._rate)))
        first = max(self._first, -(-earliest // hop))
        last = (end - length) // hop + 1
        self._forget(first)
        if last <= first:
            return False, np.empty(0)
        levels, periodicities = self._values[:, : last - first]
        voiced = first + np.flatnonzero(_find_voiced(self._detector, levels, periodicities))
        centres = (voiced * hop + length / 2) / self._rate
        centres = centres[voiced * hop >= begin]
        return bool(len(centres) * hop / self._rate >= self._detector.min_speech), centres

    def _forget(self, first: int) -> None:
        if first > self._first:
            self._values = self._values[:, first - self._first :].copy()
            self._first = first

    def _catch_up(self) -> None:
        samples = np.concatenate([self._rest, *self._pieces])
        self._pieces, self._n_waiting = [], 0
        n_frames = self._frames.count(len(samples))
        self._values = np.hstack([self._values, self._frames(samples)])
        self._rest = samples[n_frames * self._frames.hop :].copy()


class SpeechStretches:
    """Stretches of speech: voiced frames joined over short pauses.

    Parameters
    ----------
    duration : float, default=inf
        Length of the recording (s), if it is known.
    """

    def __init__(self, duration: float = np.inf) -> None:
        self._duration = duration
        self._stretches: list[list[float]] = []

    def add(self, voiced: NDArray[np.float64]) -> None:
        """Add voiced frames, in order and after those of earlier calls.

        Parameters
        ----------
        voiced : ndarray of shape (n_voiced,)
            Times of the frames (s).
        """
        if not len(voiced):
            return
        gaps = np.flatnonzero(np.diff(voiced) >= _PAUSE + 2 * _AROUND)
        begins = voiced[np.concatenate([[0], gaps + 1])]
        ends = voiced[np.concatenate([gaps, [len(voiced) - 1]])]
        for begin, end in zip(begins, ends, strict=True):
            if self._stretches and begin - self._stretches[-1][1] < _PAUSE + 2 * _AROUND:
                self._stretches[-1][1] = float(end)
            else:
                self._stretches.append([float(begin), float(end)])

    def finish(self, duration: float | None = None) -> NDArray[np.float64]:
        """Return the stretches, with the consonants around voiced frames.

        Parameters
        ----------
        duration : float or None, default=None
            Length of the recording (s), if it was not passed before.

        Returns
        -------
        stretches : ndarray of shape (n_stretches, 2)
            Begin and end of each (s).
        """
        stretches = np.array(self._stretches, dtype=np.float64).reshape(-1, 2)
        stretches += (-_AROUND, _AROUND)
        return np.clip(stretches, 0, self._duration if duration is None else duration)


class _Frames:
    """Level and periodicity of frames, at one sample rate."""

    def __init__(self, sample_rate: int) -> None:
        self.length = max(4, round(_FRAME * sample_rate))
        self.hop = max(1, round(_HOP * sample_rate))
        self._n_fft = 2 * scipy.fft.next_fast_len(self.length, real=True)
        window = np.hanning(self.length + 1)[:-1]
        self._window = window.astype(np.float32)
        frequencies = np.arange(self._n_fft // 2 + 1) * sample_rate / self._n_fft
        self._level_bins = _bins(frequencies, _LEVEL_BAND)
        self._pitch_bins = _bins(frequencies, _PITCH_BAND)
        # the mean power of a frame is this times the power of its bins
        self._scale = np.float32(2 / (self._n_fft * np.sum(window**2)))
        self._lags = slice(max(1, int(sample_rate / _PITCH[1])), int(sample_rate / _PITCH[0]) + 1)
        self._correction = window_correction(window, self._n_fft, self._lags)

    def count(self, n_samples: int) -> int:
        return count_frames(
            max(1, n_samples), n_fft=self._n_fft, hop_length=self.hop, n_window=self.length
        )

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return levels (dB) and periodicities, an array of shape (2, n_frames)."""
        n_frames = self.count(len(samples))
        values = np.empty((2, n_frames), np.float32)
        if not n_frames:
            return values
        blocks = power_in_blocks(
            samples,
            n_fft=self._n_fft,
            hop_length=self.hop,
            n_used_bins=max(self._level_bins.stop, self._pitch_bins.stop),
            window=self._window,
            center=False,
        )
        for _, part, power in blocks:
            level = power[:, self._level_bins].sum(axis=1) * self._scale
            values[0, part] = 10 * np.log10(level + np.float32(_SMALLEST))
            power[:, : self._pitch_bins.start] = 0
            harmonics = power[:, : self._pitch_bins.stop]  # the transform back adds zeros above
            correlation = correlate(harmonics, self._n_fft, self._lags, self._correction)
            values[1, part] = correlation.max(axis=1)
        return values


def _find_voiced(
    detector: _Parameters, levels: NDArray[np.float32], periodicities: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return which frames are voiced; the floor and the peak are those of these frames."""
    floor = max(float(np.percentile(levels, 10)), detector.min_level)
    peak = float(np.percentile(levels, 98))
    least = max(floor + detector.above_floor, peak - detector.below_peak)
    periodic = median_filter(periodicities, 5, mode="nearest") >= detector.periodicity
    return periodic & (levels >= least) & ~_find_steady(levels)


def _bins(frequencies: NDArray[np.float64], band: tuple[float, float]) -> slice:
    return slice(*(int(i) for i in np.searchsorted(frequencies, band)))


def _find_steady(levels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which frames are in a run of 0.3 s whose level stays within 3 dB."""
    n_run = round(_STEADY / _HOP)
    if len(levels) < n_run:
        return np.zeros(len(levels), np.bool_)
    runs = np.lib.stride_tricks.sliding_window_view(levels, n_run)
    steady = runs.max(axis=1) - runs.min(axis=1) < _STEADY_DB
    # a frame is in the runs that begin up to n_run - 1 frames before it
    covered = np.zeros(len(levels) + 1, int)
    begins = np.flatnonzero(steady)
    np.add.at(covered, begins, 1)
    np.add.at(covered, begins + n_run, -1)
    return np.cumsum(covered[:-1]) > 0

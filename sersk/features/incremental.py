"""Features of overlapping windows of one sound, of which only the new frames are computed.

The windows are cut in `sersk.inference`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.features._together import compute_frames
from sersk.features.spectral import SpectralTransformer, is_spectral
from sersk.features.stacking import FeatureStack


def is_incremental(features: Any) -> bool:
    """Tell whether features can be computed from the frames of earlier windows.

    Parameters
    ----------
    features : transformer
        From waveforms to features.

    Returns
    -------
    incremental : bool
        Whether it is a `SpectralTransformer`, or a `FeatureStack` of such transformers with one
        `hop_length`.

    Examples
    --------
    >>> from sersk import FeatureStack, MelSpectrogramTransformer, PitchTransformer
    >>> from sersk.features.incremental import is_incremental
    >>> is_incremental(MelSpectrogramTransformer())
    True
    >>> pair = [("mel", MelSpectrogramTransformer()), ("pitch", PitchTransformer())]
    >>> is_incremental(FeatureStack(pair))
    False
    """
    if isinstance(features, FeatureStack):
        parts = [part for _, part in features.active_transformers()]
        return features.hop_length is not None and all(map(is_incremental, parts))
    return is_spectral(features)


class RunningFeatures:
    """Features of one window after another, equal to the features of each window by itself.

    Frames whose samples are all within the window are the same in every window that contains them,
    and are kept. The frames at its edges, where zeros begin, are computed for each window.

    Parameters
    ----------
    features : transformer
        A transformer for which `is_incremental` is true.
    n_window : int
        Samples of a window.
    n_clip : int
        Samples of the clips that the features belong to: windows are padded at their end with
        zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import MelSpectrogramTransformer
    >>> from sersk.features.incremental import RunningFeatures
    >>> sound = np.random.default_rng(0).normal(scale=0.1, size=66_150).astype(np.float32)
    >>> mel = MelSpectrogramTransformer()
    >>> running = RunningFeatures(mel, n_window=44_100, n_clip=44_100)
    >>> for begin in (0, 20 * 512, 40 * 512):
    ...     window = sound[begin : begin + 44_100]
    ...     features = running(begin, window)
    >>> bool(np.allclose(features, mel.transform([window])[0], atol=1e-5))
    True
    """

    def __init__(self, features: Any, n_window: int, n_clip: int) -> None:
        self._parts = _spectral_parts(features)
        by_n_fft: dict[int, list[int]] = {}
        for number, part in enumerate(self._parts):
            by_n_fft.setdefault(part.n_fft, []).append(number)
        self._running = [
            (numbers, _RunningFrames([self._parts[i] for i in numbers], n_window, n_clip))
            for numbers in by_n_fft.values()
        ]

    def __call__(self, begin: int, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features of a window.

        Parameters
        ----------
        begin : int
            Number of the window's first sample in the sound, a multiple of the features'
            `hop_length`.
        samples : ndarray of float32 of shape (n_window,)
            The window.

        Returns
        -------
        features : ndarray of float32 of shape (n_bands, n_frames)
            The features of the window, padded to a clip.
        """
        features: dict[int, NDArray[np.float32]] = {}
        for numbers, running in self._running:
            for number, frames in zip(numbers, running(begin, samples), strict=True):
                features[number] = self._parts[number].finish(frames)
        ordered = [np.asarray(features[i], np.float32) for i in range(len(self._parts))]
        return ordered[0] if len(ordered) == 1 else np.concatenate(ordered)


def _spectral_parts(features: Any) -> list[SpectralTransformer]:
    if isinstance(features, FeatureStack):
        parts = [part for _, part in features.active_transformers()]
        return [each for part in parts for each in _spectral_parts(part)]
    return [features]


class _RunningFrames:
    """Frames of transformers of equal `n_fft` and `hop_length`, before `finish`."""

    def __init__(self, transformers: list[SpectralTransformer], n_window: int, n_clip: int) -> None:
        self._transformers = transformers
        self._hop = hop = transformers[0].hop_length
        n_fft = transformers[0].n_fft
        half = n_fft // 2
        self._n_window = n_window
        self._n_frames = 1 + n_clip // hop
        # Frames [0, first) reach back before the window, [first, stop) lie within it,
        # [stop, end) reach past it, and [end, n_frames) contain padding only.
        self._first = -(-half // hop)
        self._stop = max((n_window - half) // hop + 1, 0)
        self._end = min(self._n_frames, -(-(n_window + half) // hop))
        self._n_left = (self._first - 1) * hop + half  # samples under the first of these
        silence = self._compute(np.zeros(n_fft, np.float32))
        self._silence = np.concatenate(silence)[:, :1]
        self._ends = np.cumsum([len(frames) for frames in silence])[:-1]  # rows of each feature
        self._kept_from = 0  # number of the first kept frame, counted over the whole sound
        self._kept = self._silence[:, :0]

    def __call__(self, begin: int, samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the frames of the window that begins at a sample, for each transformer."""
        if self._stop <= self._first:  # the window is too short to contain a whole frame
            clip = np.zeros(max(self._n_window, (self._n_frames - 1) * self._hop), np.float32)
            clip[: self._n_window] = samples
            return [frames[:, : self._n_frames] for frames in self._compute(clip)]
        frames = np.empty((len(self._silence), self._n_frames), np.float32)
        left = np.concatenate(self._compute(samples[: self._n_left]))
        frames[:, : self._first] = left[:, : self._first]
        new = self._take_kept(begin // self._hop, frames)
        # Begin so far before the first new frame that all of its samples are included.
        start = (new - self._first) * self._hop
        n_wanted = self._end - new
        rest = samples[start:]
        n_needed = (self._first + n_wanted - 1) * self._hop
        if len(rest) < n_needed:  # the window is shorter than a clip
            rest = np.concatenate([rest, np.zeros(n_needed - len(rest), np.float32)])
        computed = np.concatenate(self._compute(rest))
        frames[:, new : self._end] = computed[:, self._first : self._first + n_wanted]
        frames[:, self._end :] = self._silence
        self._kept_from = begin // self._hop + self._first
        self._kept = frames[:, self._first : self._stop].copy()  # finish may overwrite frames
        return np.split(frames, self._ends)

    def _compute(self, waveform: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        [(_, frames)] = compute_frames(self._transformers, waveform)
        return frames

    def _take_kept(self, number: int, frames: NDArray[np.float32]) -> int:
        """Fill in the kept frames of a window; return the number of the first new frame."""
        skip = number + self._first - self._kept_from
        n_kept = self._kept.shape[1] - skip
        if skip < 0 or n_kept <= 0:
            return self._first
        frames[:, self._first : self._first + n_kept] = self._kept[:, skip:]
        return self._first + n_kept

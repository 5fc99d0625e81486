"""Features of overlapping windows of one sound: only the frames that are new are computed.

Where windows come from is the business of `sersk.inference.streaming`.

A feature has an incremental form if it is made in two steps, as its class tells by two methods:

- ``_frames_of(waveform)``: from a waveform to values of shape ``(n_rows, n_frames)``, each frame
  from the `n_fft` samples around its centre alone, with zeros beyond the ends;
- ``_picture_of(frames)``: from the frames of a whole clip to its features; here belongs all that
  looks at more than a frame, such as a level relative to the clip's maximum.

Any other feature is computed anew for each window.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.features.stacking import FeatureStack
from sersk.signal import sharing_spectra


def find_hop_length(features: Any) -> int | None:
    """Return the samples from one frame to the next.

    Parameters
    ----------
    features : transformer
        From waveforms to features.

    Returns
    -------
    hop_length : int or None
        None where `features` has no such parameter, or its parts have different ones.

    Examples
    --------
    >>> from sersk import MFCCTransformer
    >>> from sersk.features.incremental import find_hop_length
    >>> find_hop_length(MFCCTransformer(hop_length=256))
    256
    """
    if isinstance(features, FeatureStack):
        found = {find_hop_length(part) for _, part in features._parts()}
        return found.pop() if len(found) == 1 else None
    return getattr(features, "hop_length", None)


def is_incremental(features: Any) -> bool:
    """Tell whether features have an incremental form.

    Parameters
    ----------
    features : transformer
        From waveforms to features.

    Returns
    -------
    incremental : bool
        Whether `RunningFeatures` takes it.

    Examples
    --------
    >>> from sersk import FeatureStack, MelSpectrogramTransformer, MFCCTransformer
    >>> from sersk.features.incremental import is_incremental
    >>> is_incremental(FeatureStack([("a", MelSpectrogramTransformer()), ("b", MFCCTransformer())]))
    True
    """
    if find_hop_length(features) is None:
        return False
    if isinstance(features, FeatureStack):
        return all(is_incremental(part) for _, part in features._parts())
    return hasattr(features, "_frames_of") and hasattr(features, "_picture_of")


class RunningFeatures:
    """Features of one window after the other, equal to those of the windows by themselves.

    Frames whose samples all lie within the window are the same in every window that holds them,
    and are kept. Those at its edges, where zeros begin, are computed for each window.

    Parameters
    ----------
    features : transformer
        One that `is_incremental`.
    n_window : int
        Samples of a window.
    n_clip : int
        Samples of the clips that features are made of: windows are padded at their end with
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
        parts = features._parts() if isinstance(features, FeatureStack) else [("", features)]
        self._parts = [
            RunningFeatures(part, n_window, n_clip)
            if isinstance(part, FeatureStack)
            else _RunningPart(part, n_window, n_clip)
            for _, part in parts
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
            Those of the window, padded to a clip.
        """
        if len(self._parts) == 1:
            return self._parts[0](begin, samples)
        with sharing_spectra():
            return np.concatenate([part(begin, samples) for part in self._parts], axis=-2)


class _RunningPart:
    def __init__(self, features: Any, n_window: int, n_clip: int) -> None:
        self._features = features
        self._hop = hop = features.hop_length
        half = features.n_fft // 2
        self._n_window = n_window
        self._n_frames = 1 + n_clip // hop
        # Frames [0, first) reach back before the window, [first, stop) lie within it,
        # [stop, end) reach past it, and [end, n_frames) see nothing but padding.
        self._first = -(-half // hop)
        self._stop = max((n_window - half) // hop + 1, 0)
        self._end = min(self._n_frames, -(-(n_window + half) // hop))
        self._n_left = (self._first - 1) * hop + half  # samples under the first of these
        self._silence = features._frames_of(np.zeros(features.n_fft, np.float32))[:, :1]
        self._kept_from = 0  # number of the first kept frame, counted over the whole sound
        self._kept = self._silence[:, :0]

    def __call__(self, begin: int, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._stop <= self._first:  # a window too short to have a middle
            clip = np.zeros(max(self._n_window, (self._n_frames - 1) * self._hop), np.float32)
            clip[: self._n_window] = samples
            frames = self._features._frames_of(clip)[:, : self._n_frames]
            return self._features._picture_of(frames)
        frames = np.empty((len(self._silence), self._n_frames), np.float32)
        left = self._features._frames_of(samples[: self._n_left])
        frames[:, : self._first] = left[:, : self._first]
        new = self._take_kept(begin // self._hop, frames)
        # From as far before the first new frame that its samples are all there.
        start = (new - self._first) * self._hop
        n_wanted = self._end - new
        rest = samples[start:]
        n_needed = (self._first + n_wanted - 1) * self._hop
        if len(rest) < n_needed:  # the window is shorter than a clip
            rest = np.concatenate([rest, np.zeros(n_needed - len(rest), np.float32)])
        computed = self._features._frames_of(rest)
        frames[:, new : self._end] = computed[:, self._first : self._first + n_wanted]
        frames[:, self._end :] = self._silence
        self._kept_from = begin // self._hop + self._first
        self._kept = frames[:, self._first : self._stop]
        return self._features._picture_of(frames)

    def _take_kept(self, number: int, frames: NDArray[np.float32]) -> int:
        """Fill in what is kept for the window that begins at a frame; return the first new one."""
        skip = number + self._first - self._kept_from
        n_kept = self._kept.shape[1] - skip
        if skip < 0 or n_kept <= 0:
            return self._first
        frames[:, self._first : self._first + n_kept] = self._kept[:, skip:]
        return self._first + n_kept

"""Features of several transformers from the same power spectra, in blocks of frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sersk.signal import count_frames, power_in_blocks


class HasFrames(Protocol):
    """The part of a `SpectralTransformer` that is used here."""

    n_fft: int
    hop_length: int

    @property
    def n_used_bins(self) -> int:
        """Number of bins that `frames` uses."""

    def frames(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the values of some frames."""

    def finish(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the features of a clip."""


def transform_together(
    transformers: Sequence[HasFrames], X: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    """Compute several features of the same clips.

    The power spectra are computed once for all transformers of equal `n_fft` and `hop_length`.

    Parameters
    ----------
    transformers : sequence of SpectralTransformer
        The features.
    X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
        Waveforms.

    Returns
    -------
    features : list of ndarray of float32 of shape (n_clips, [n_views,] n_bands, n_frames)
        What each transformer gives.

    Raises
    ------
    ValueError
        If `n_fft` is odd, or `frames` or `finish` return another number of frames than they take.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import ChromaTransformer, MelSpectrogramTransformer
    >>> from sersk.features._together import transform_together
    >>> X = np.zeros((2, 22_050), np.float32)
    >>> both = transform_together([MelSpectrogramTransformer(), ChromaTransformer()], X)
    >>> [features.shape for features in both]
    [(2, 128, 44), (2, 12, 44)]
    """
    features: dict[int, NDArray[np.float32]] = {}
    sharing: dict[tuple[int, int], list[int]] = {}
    for number, transformer in enumerate(transformers):
        key = transformer.n_fft, transformer.hop_length
        sharing.setdefault(key, []).append(number)
    for numbers in sharing.values():
        chosen = [transformers[number] for number in numbers]
        for index, all_frames in compute_frames(chosen, X):
            is_readable = not np.isnan(X[index]).any()
            for number, transformer, frames in zip(numbers, chosen, all_frames, strict=True):
                n_frames = frames.shape[-1]
                finished = transformer.finish(frames)
                _check_shape(transformer, "finish", finished, n_frames)
                if number not in features:
                    shape = *X.shape[:-1], *finished.shape
                    features[number] = np.empty(shape, np.float32)
                features[number][index] = finished if is_readable else np.nan
    return [features[number] for number in range(len(transformers))]


def compute_frames(
    transformers: Sequence[HasFrames], X: NDArray[np.float32]
) -> Iterator[tuple[tuple[int, ...], list[NDArray[np.float32]]]]:
    """Compute the frames of several transformers from the same spectra, one clip at a time.

    Parameters
    ----------
    transformers : sequence of SpectralTransformer
        Features of equal `n_fft` and `hop_length`.
    X : ndarray of float32 of shape (..., n_samples)
        Waveforms. A waveform that holds NaN is taken as silence.

    Yields
    ------
    index : tuple of int
        Which waveform, over all of the axes but the last.
    frames : list of ndarray of float32 of shape (n_rows, n_frames)
        What `frames` of each transformer gives. The next waveform is written to the same memory.

    Raises
    ------
    ValueError
        If `n_fft` is odd, or `frames` returns another number of frames than it takes.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import MelSpectrogramTransformer
    >>> from sersk.features._together import compute_frames
    >>> waveform = np.zeros(22_050, np.float32)
    >>> [(_, [frames])] = compute_frames([MelSpectrogramTransformer()], waveform)
    >>> frames.shape
    (128, 44)
    """
    first = transformers[0]
    n_frames = count_frames_of(first, X)
    n_bins = [transformer.n_used_bins for transformer in transformers]
    buffers: dict[int, NDArray[np.float32]] = {}
    is_readable = True
    for index, part, power in power_in_blocks(
        X, n_fft=first.n_fft, hop_length=first.hop_length, n_used_bins=max(n_bins)
    ):
        if part.start == 0:
            is_readable = not np.isnan(X[index]).any()
        power = power.view() if is_readable else np.zeros_like(power)
        power.flags.writeable = False
        for number, transformer in enumerate(transformers):
            frames = transformer.frames(power[:, : n_bins[number]])
            _check_shape(transformer, "frames", frames, len(power))
            if number not in buffers:
                buffers[number] = np.empty((len(frames), n_frames), np.float32)
            buffers[number][:, part] = frames
        if part.stop == n_frames:
            yield index, list(buffers.values())


def count_frames_of(transformer: HasFrames, X: NDArray[np.float32]) -> int:
    """Return the number of frames of waveforms, or raise if `n_fft` is odd."""
    if transformer.n_fft % 2:
        raise ValueError(
            f"{type(transformer).__name__}: n_fft={transformer.n_fft} must be an even number."
        )
    return count_frames(X.shape[-1], n_fft=transformer.n_fft, hop_length=transformer.hop_length)


def _check_shape(transformer: HasFrames, hook: str, values: NDArray[Any], n_frames: int) -> None:
    shape = np.shape(values)
    if len(shape) != 2 or shape[1] != n_frames:
        rows = "n_rows" if hook == "frames" else "n_bands"
        raise ValueError(
            f"{type(transformer).__name__}: {hook}() gives shape {shape} for {n_frames} frames; "
            f"shape ({rows}, {n_frames}) is expected, with frames along the last axis."
        )

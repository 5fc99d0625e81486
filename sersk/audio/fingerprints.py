"""Fingerprints of clips: checksums of their sound, equal only if the sounds are the same."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import issparse

from sersk._utils.progress import track
from sersk.audio.clips import (
    NO_SAMPLES,
    Clip,
    UnusableClipError,
    check_clips,
    check_finite,
    to_float,
)
from sersk.audio.reading import read_sound


@dataclass(frozen=True)
class Unreadable:
    """Replaces the fingerprint of a clip that can't be read; equal only to itself."""

    position: int
    reason: str


def fingerprint(
    X: Any, n_jobs: int | None = None, verbose: int | bool | None = None
) -> list[Hashable]:
    """Return one value for each clip; two values are equal if and only if the sounds are the same.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Paths, waveforms of any lengths, or an array with one clip along axis 0.
    n_jobs : int or None, default=None
        Number of files to read at a time, in threads.
    verbose : int, bool or None, default=None
        Whether to show progress on stderr. None: on a terminal and in a notebook, after two
        seconds; False: never; True: always.

    Returns
    -------
    prints : list
        A digest or an `Unreadable` for each clip.
    """
    if issparse(X):
        X = X.tocsr()
        return [_digest(X[i].toarray()) for i in range(X.shape[0])]
    if hasattr(X, "iloc") or not isinstance(X, (list, tuple)):
        X = np.asarray(X)
    if isinstance(X, np.ndarray) and X.ndim > 1:
        return [_digest(row) for row in X]
    try:
        clips = check_clips(X, "check_leaks")
    except (TypeError, ValueError):  # a list of features: compared as they are
        return [_digest(np.asarray(x)) for x in X]
    parallel = Parallel(n_jobs, prefer="threads", return_as="generator")
    prints = parallel(delayed(_of_clip)(clip, i) for i, clip in enumerate(clips))
    return list(track(prints, len(clips), "Comparing clips", verbose))


def _of_clip(clip: Clip, position: int) -> Hashable:
    try:
        samples = _read(clip)
    except UnusableClipError as reason:
        return Unreadable(position, str(reason))
    return _digest(np.trim_zeros(samples, "b"))


def _read(clip: Clip) -> NDArray[np.float32]:
    """Return all samples of a clip, at its own rate."""
    if clip is None:
        raise UnusableClipError("is missing; a path is expected")
    if isinstance(clip, str):
        return read_sound(clip)[0]
    if not len(clip):
        raise UnusableClipError(NO_SAMPLES)
    samples = to_float(clip)
    check_finite(samples)
    return samples


def _digest(values: NDArray[Any]) -> bytes:
    if values.dtype.kind == "O":
        return blake2b(repr(values.tolist()).encode(), digest_size=16).digest()
    if values.dtype.kind == "f":
        values = values + 0.0  # -0.0 is the same sound as 0.0
    return blake2b(np.ascontiguousarray(values).tobytes(), digest_size=16).digest()

"""One clip to draw, from a file or an array."""

from __future__ import annotations

import os
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_rate(sample_rate: Any, who: str) -> float:
    """Return the rate in Hz, or raise."""
    if not isinstance(sample_rate, Real) or not 0 < float(sample_rate) < np.inf:
        raise ValueError(
            f"{who}: sample_rate={sample_rate!r}; a positive number of samples a second is "
            "expected, such as 22050."
        )
    return float(sample_rate)


def read_clip(clip: Any, sample_rate: Any, who: str) -> NDArray[np.float32]:
    """Return the samples of a waveform, or of a whole file after resampling.

    Parameters
    ----------
    clip : str, path-like or array-like of shape (n_samples,)
        The clip.
    sample_rate : float
        Sample rate of the result (Hz).
    who : str
        Name in error messages.

    Returns
    -------
    waveform : ndarray of float32 of shape (n_samples,)
        At least one sample, all finite.

    Raises
    ------
    ValueError
        If the clip can't be drawn; an `AudioFileError` if a file can't be read.
    """
    rate = check_rate(sample_rate, who)
    if isinstance(clip, (str, os.PathLike)):
        return _read_file(clip, rate, who)
    waveform = np.asarray(clip)
    if waveform.ndim != 1 or waveform.size == 0 or waveform.dtype.kind not in "fiu":
        raise ValueError(
            f"{who}: the clip has shape {waveform.shape} and dtype {waveform.dtype}; one waveform "
            "of shape (n_samples,) or the path of a file is expected. Of several clips, pass one: "
            "X[0]."
        )
    if not np.isfinite(waveform).all():
        raise ValueError(
            f"{who}: {(~np.isfinite(waveform)).sum()} of the {len(waveform)} samples are NaN or "
            "infinite; only finite ones can be drawn."
        )
    from sersk.audio.clips import to_float

    try:
        return to_float(waveform).copy()
    except ValueError as error:  # integers of 64 bits have no full scale
        raise ValueError(f"{who}: {error}") from None


def _read_file(path: str | os.PathLike[str], rate: float, who: str) -> NDArray[np.float32]:
    from sersk.audio.clips import UnusableClipError
    from sersk.audio.loading import AudioFileError
    from sersk.audio.reading import read_sound

    name = os.fsdecode(path)
    try:
        return read_sound(name, sample_rate=round(rate))[0]
    except UnusableClipError as reason:
        raise AudioFileError(f"{who}: {name!r} {reason}.", {0: (name, str(reason))}) from None

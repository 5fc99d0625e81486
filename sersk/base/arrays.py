"""What an array of sound may be: its scale, its shape, its mask. No estimator is known here."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Largest magnitude of samples that are taken for sound in [-1, 1], 42 dB above full scale. Float
#: recordings may exceed full scale, up to some ten times after a gain or a filter. Samples of 16
#: bits that were converted to float without division peak in the hundreds even in quiet speech, and
#: at most at 32,768.
LOUDEST = 128.0

_MOST_CHANNELS = 8  # of a recording that an array may hold: those of 7.1
_LEAST_FRAMES = 256  # rows of so few samples that are no clips: the smallest common audio buffer


def describe_loudness(peak: float) -> str:
    """Say that samples are far above full scale, and how to scale them.

    Parameters
    ----------
    peak : float
        Largest magnitude of the samples, above `LOUDEST`.

    Returns
    -------
    text : str
        What is wrong, to be put after the name of the clip.

    Examples
    --------
    >>> from sersk.base.arrays import describe_loudness
    >>> describe_loudness(32768)
    'peaks at 32,768: samples are floats in [-1, 1]; divide by 32768'
    """
    text = f"peaks at {peak:,.6g}: samples are floats in [-1, 1]"
    for n_bits in (16, 24, 32):
        scale = 2 ** (n_bits - 1)
        if peak <= scale:
            return f"{text}; divide by {scale}"
    return text


def refuse_mask(X: Any, name: str, who: str) -> None:
    """Raise if an array has masked entries, which NumPy's functions would silently use.

    Parameters
    ----------
    X : object
        An array, or anything else. A masked array without masked entries passes.
    name : str
        Name of the array in the error message.
    who : str
        Name of the estimator in the error message.

    Raises
    ------
    ValueError
        If it has.
    """
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        n_masked = int(np.ma.getmaskarray(X).sum())
        raise ValueError(
            f"{who}: {name} is masked: {n_masked:,} of its {X.size:,} entries, and sound has no "
            "gaps. Fill them, for instance with zeros, by its method filled(0)."
        )


def refuse_channels(X: Any, who: str) -> None:
    """Raise if the rows of X are the frames of one recording, not clips.

    Parameters
    ----------
    X : sequence
        The clips. Hundreds of rows of at most 8 samples are no clips: at no rate of speech would a
        clip last two milliseconds. soundfile, PyAudio and sounddevice give one recording of
        several channels as an array of shape (n_samples, n_channels).
    who : str
        Name in the error message.

    Raises
    ------
    ValueError
        If they are.
    """
    if len(X) < _LEAST_FRAMES:
        return
    n_samples = _count_samples_a_row(X)
    if not 1 <= n_samples <= _MOST_CHANNELS:
        return
    call = "x[:, 0]" if n_samples == 1 else "x.mean(axis=1)"
    samples = "1 sample" if n_samples == 1 else f"{n_samples} samples"
    raise ValueError(
        f"{who}: X would be {len(X)} clips of {samples}; if this is one recording, "
        f"(n_samples, n_channels), pass [{call}]."
    )


def _count_samples_a_row(X: Any) -> int:
    """Return the number of samples of each row, 0 if rows are no waveforms of one length."""
    shape = getattr(X, "shape", None)
    if shape is not None:
        numbers = getattr(getattr(X, "dtype", None), "kind", "f") in "fiub"
        return int(shape[1]) if len(shape) == 2 and numbers else 0
    lengths = {_count_samples(row) for row in X[:_LEAST_FRAMES]}
    return lengths.pop() if len(lengths) == 1 else 0


def _count_samples(row: Any) -> int:
    shape = getattr(row, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) == 1 else 0
    if not isinstance(row, (list, tuple)) or not all(isinstance(x, (int, float)) for x in row):
        return 0
    return len(row)

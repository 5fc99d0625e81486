"""What is right, computed without sersk: soundfile, the mean over channels, soxr, numpy."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

# The oracle itself reads no more than this of a file whose header promises any length.
_MOST_SAMPLES = 2**23
_SAMPLES_A_BLOCK = 2**20


@dataclass
class Sound:
    """A file as libsndfile reads it from its first frame on, without seeking."""

    samples: NDArray[np.float64]  # the mean over channels
    rate: int
    n_channels: int
    format: str
    promised: int
    is_whole: bool  # False if libsndfile stopped with an error, or there is more


def read(path: str) -> Sound | None:
    """Read a file; None if libsndfile does not take it."""
    try:
        file = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.SoundFileError, TypeError):
        return None
    blocks: list[NDArray[np.float64]] = []
    is_whole = True
    with file:
        n_a_block = max(1, _SAMPLES_A_BLOCK // file.channels)
        for _ in range(_MOST_SAMPLES // _SAMPLES_A_BLOCK):
            try:
                n_left = max(0, file.frames - file.tell()) if file.seekable() else n_a_block
                block = file.read(min(n_a_block, n_left), dtype="float32", always_2d=True)
            except soundfile.SoundFileError:
                is_whole = False
                break
            if not len(block):
                break
            with np.errstate(all="ignore"):
                blocks.append(block.mean(axis=1, dtype=np.float64))
        else:
            is_whole = False
        samples = np.concatenate([np.empty(0), *blocks])
        return Sound(samples, file.samplerate, file.channels, file.format, file.frames, is_whole)


def make_row(samples: NDArray, rate: int, options: dict[str, Any]) -> NDArray[np.float64] | None:
    """Return the row of a waveform as `AudioLoader` documents it; None if there can be none."""
    start = int(options["offset"] * rate)
    part = samples[start : start + max(1, int(options["duration"] * rate))]
    if not len(part) or not np.isfinite(part.astype(np.float32)).all():
        return None
    if not part.any() and not options.get("allow_silence"):
        return None
    new_rate = options["sample_rate"]
    if rate != new_rate:
        part = soxr.resample(part.astype(np.float32), rate, new_rate, quality="HQ")
    row = np.zeros(round(options["duration"] * new_rate))
    n = min(len(row), len(part))
    row[:n] = part[:n]
    return row


def scale(samples: NDArray) -> NDArray[np.float64]:
    """Return samples of any dtype of sound on the scale from -1 to 1."""
    if samples.dtype.kind == "f":
        return samples.astype(np.float64)
    full = 2.0 ** (8 * samples.dtype.itemsize - 1)
    return (samples.astype(np.float64) - (full if samples.dtype.kind == "u" else 0.0)) / full


def differ(found: NDArray, right: NDArray, tolerance: float = 2e-5) -> str:
    """Return how two waveforms differ, "" if they agree up to rounding."""
    if found.shape != right.shape:
        return f"{found.shape} samples instead of {right.shape}"
    if not np.isfinite(found).all():
        return "NaN or infinity in the output"
    error = float(np.abs(found - right).max(initial=0.0))
    peak = float(np.abs(right).max(initial=0.0))
    return (
        f"values differ by {error:.3g} at a peak of {peak:.3g}"
        if error > tolerance * max(peak, 1e-3)
        else ""
    )

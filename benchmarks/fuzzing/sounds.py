"""Intact sound files: all encodings that libsndfile writes, all rates, odd contents."""

import os
import tempfile
from functools import cache, lru_cache

import numpy as np
import soundfile
from numpy.typing import NDArray

# Formats whose files begin with a name of the format, and whose length is known: a plausible file
# has to be read. The others may be refused.
MUST_READ = {"WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3", "NIST"}

SUFFIXES = {
    "WAVEX": "wav",
    "RF64": "wav",
    "MAT4": "mat",
    "MAT5": "mat",
    "IRCAM": "sf",
    "SVX": "iff",
}

RATES = (
    *(1, 2, 10, 100, 1_000, 4_000, 8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 37_800),
    *(44_056, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000, 352_800, 384_000, 768_000),
)
PLAUSIBLE_RATES = range(4_000, 384_001)

CONTENTS = (
    *("noise", "tone", "quiet", "loud", "silence", "DC", "one sample", "few samples", "NaN"),
    *("infinite", "1e20", "denormal", "out of phase", "one NaN", "int16 as float"),
)

_BEYOND_INTEGERS = {"NaN", "infinite", "1e20", "one NaN", "int16 as float"}


@cache
def encodings() -> tuple[tuple[str, str], ...]:
    """Return all pairs of format and subtype that libsndfile writes, without RAW."""
    return tuple(
        (name, subtype)
        for name in soundfile.available_formats()
        if name != "RAW"
        for subtype in soundfile.available_subtypes(name)
        if soundfile.check_format(name, subtype) and subtype not in ("MPEG_LAYER_I",)
    )


def suffix_of(format_name: str) -> str:
    """Return the usual suffix of a format."""
    return "." + SUFFIXES.get(format_name, format_name.lower())


def make_content(name: str, n_frames: int, n_channels: int, seed: int) -> NDArray[np.float64]:
    """Return frames of shape (n_frames, n_channels)."""
    rng = np.random.default_rng(seed)
    if name == "one sample":
        n_frames = 1
    elif name == "few samples":
        n_frames = int(rng.integers(2, 100))
    frames = rng.uniform(-0.5, 0.5, (n_frames, n_channels))
    if name == "tone":
        times = np.arange(n_frames)[:, None]
        frames = 0.4 * np.sin(times * np.linspace(0.05, 0.3, n_channels))
    elif name in ("silence", "DC"):
        frames[:] = 0.25 if name == "DC" else 0.0
    elif name == "out of phase":
        frames = frames[:, :1] * np.where(np.arange(n_channels) % 2, -1.0, 1.0)
    elif name in ("NaN", "infinite"):
        frames[:] = np.nan if name == "NaN" else np.inf
    elif name == "one NaN":
        frames[n_frames // 2, 0] = np.nan
    scale = {"quiet": 1e-4, "loud": 1.9, "1e20": 2e20, "denormal": 1e-40, "int16 as float": 6e4}
    return frames * scale.get(name, 1.0)


@lru_cache(1024)
def make_file(
    format_name: str, subtype: str, rate: int, n_channels: int, content: str, n_frames: int
) -> tuple[bytes, int] | None:
    """Return the bytes and frames of an intact file, None if libsndfile has no such file."""
    # libsndfile's own encoders crash at these.
    if subtype == "VORBIS" and rate > 192_000:
        return None
    if subtype not in ("FLOAT", "DOUBLE") and content in _BEYOND_INTEGERS:
        return None
    frames = make_content(content, n_frames, n_channels, seed=n_frames)
    # In a file: libsndfile does not read short MP3 files from memory.
    path = os.path.join(tempfile.gettempdir(), f"fuzz-{os.getpid()}-made")
    try:
        soundfile.write(path, frames, rate, subtype, format=format_name)
        n_frames = soundfile.info(path).frames  # libsndfile does not read all that it writes
        with open(path, "rb") as file:
            return file.read(), n_frames
    except (soundfile.SoundFileError, ValueError, TypeError):
        return None
    finally:
        for made in (path, f"{os.path.dirname(path)}/._{os.path.basename(path)}"):  # SD2 makes two
            if os.path.exists(made):
                os.unlink(made)

"""Cases of sound files."""

from typing import Any

import numpy as np

from fuzzing import damage, sounds
from fuzzing.cases import FileCase

_GROUPS = {
    "intact": 0.22,
    "odd content": 0.1,
    "truncated": 0.16,
    "bits flipped": 0.16,
    "blocks shuffled": 0.1,
    "header lies": 0.18,
    "without its size": 0.02,
    "wrong suffix": 0.03,
    "text or bytes": 0.03,
}

_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".au", ".snd", ".raw", ".aiff", ".sph", ".txt", "")
_SUFFIXES += (".m4a", ".WAV", ".vox", ".gsm", ".sd2", ".htk", ".xi", ".opus")

# Formats that say how long they are, so that a cut is noticed.
_TELLS_LENGTH = {"WAV", "WAVEX", "AIFF", "AU", "NIST", "FLAC"}


def make(rng: np.random.Generator) -> FileCase:
    """Return a case."""
    group = str(rng.choice(list(_GROUPS), p=list(_GROUPS.values())))
    if group == "text or bytes":
        return _make_text(rng)
    common = group not in ("intact", "odd content") and rng.random() < 0.6
    format_name, (data, n_intact), is_plausible = _make_intact(rng, group, common)
    suffix = sounds.suffix_of(format_name)
    options = make_options(rng)
    expect, n_frames, twin = "either", 0, b""
    if group == "intact" and is_plausible:
        expect = "right"
    elif group == "truncated":
        n_frames = n_intact
        data = damage.truncate(data, rng)
        expect = "error if shorter" if format_name in _TELLS_LENGTH else "either"
    elif group == "bits flipped":
        data = damage.flip(data, rng)
    elif group == "blocks shuffled":
        data = damage.shuffle(data, rng)
    elif group == "header lies":
        data = damage.lie(data, rng)
    elif group == "without its size":
        whole, data = data, damage.unsize(data)
        if rng.random() < 0.5:
            twin, expect = whole, "right" if is_plausible else "either"
        else:
            data = damage.lie(data, rng)
    elif group == "wrong suffix":
        suffix = _SUFFIXES[rng.integers(len(_SUFFIXES))]
    return FileCase(group, suffix, data, options, expect, n_frames, twin)


def _make_intact(
    rng: np.random.Generator, group: str, common: bool
) -> tuple[str, tuple[bytes, int], bool]:
    """Return format, bytes with their frames, and whether the file has to be read."""
    pairs = sounds.encodings()
    content = ("noise", "tone")[rng.integers(2)]
    while True:
        format_name, subtype = pairs[rng.integers(len(pairs))]
        if common:
            choice = (("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("AIFF", "PCM_16"))
            choice += (("MP3", "MPEG_LAYER_III"), ("AU", "PCM_16"), ("NIST", "PCM_16"))
            choice += (("WAV", "FLOAT"), ("WAV", "GSM610"), ("OGG", "OPUS"), ("WAV", "PCM_24"))
            format_name, subtype = choice[rng.integers(len(choice))]
        if group == "without its size":
            format_name, subtype = "WAV", ("PCM_16", "FLOAT", "PCM_24", "ULAW")[rng.integers(4)]
        if group == "odd content":
            content = sounds.CONTENTS[rng.integers(len(sounds.CONTENTS))]
            if rng.random() < 0.5:
                subtype = ("FLOAT", "DOUBLE")[rng.integers(2)]
        # Few kinds of common files, so that most of them are made once; all kinds of the others.
        rate = int(rng.choice([8_000, 16_000, 44_100]))
        n_channels = int(rng.integers(1, 3))
        n_frames = int(rng.choice([1_111, 4_000]))
        if not common:
            rate = int(sounds.RATES[rng.integers(len(sounds.RATES))])
            n_channels = int(rng.choice([1, 1, 2, 2, 3, 4, 6, 8, 16, 31, 32]))
            n_frames = int(rng.choice([300, 1_111, 5_000 // n_channels]))
        if group == "without its size":
            n_frames -= n_frames % 2  # no padding: who writes to a pipe adds none
        made = sounds.make_file(format_name, subtype, rate, n_channels, content, n_frames)
        if made is not None:
            is_plausible = format_name in sounds.MUST_READ and rate in sounds.PLAUSIBLE_RATES
            return format_name, made, is_plausible


def make_options(rng: np.random.Generator) -> dict[str, Any]:
    """Return parameters of `AudioLoader`; half of the time the plain ones."""
    options: dict[str, Any] = {"sample_rate": 16_000, "duration": 0.25, "offset": 0.0}
    if rng.random() < 0.5:
        options["sample_rate"] = int(rng.choice([8_000, 22_050, 44_100, 48_000]))
        options["duration"] = float(rng.choice([0.01, 0.1, 0.333, 0.5]))
        options["offset"] = float(rng.choice([0.0, 0.0, 0.001, 0.02, 0.1]))
        options["allow_silence"] = bool(rng.random() < 0.2)
    return options


def _make_text(rng: np.random.Generator) -> FileCase:
    """Return a file that is no sound, under the name of one; it has to be refused."""
    suffix = _SUFFIXES[rng.integers(len(_SUFFIXES))]
    n = int(rng.choice([0, 1, 3, 4, 5, 11, 12, 44, 100, 1_000, 20_000, 100_000]))
    what = rng.integers(4)
    if what == 0:
        data = (b"The quick brown fox jumps over the lazy dog.\n" * (n // 45 + 1))[:n]
    elif what == 1:
        data = bytes(n)
    elif what == 2:
        data = rng.bytes(n)
    else:
        magics = (b"RIFF", b"FORM", b".snd", b"fLaC", b"OggS", b"NIST_1A\n   1024\n", b"ID3\x04")
        magics += (
            b"caff",
            b"RF64",
            b"\xff\xfb\x90\x00",
            b"riff",
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"2BIT",
        )
        data = magics[rng.integers(len(magics))] + rng.bytes(n)
    # By chance, random bytes may be a file of a format with a short magic number.
    return FileCase(
        "text or bytes", suffix, data, make_options(rng), "error" if what < 2 else "either"
    )

"""Media files, which libsndfile does not read: made by PyAV, damaged, and read by PyAV alone."""

import io
import os
import struct
import tempfile
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzing import damage
from fuzzing.cases import FileCase
from fuzzing.oracle import Sound

try:
    import av
except ImportError:  # the cases are then those of other files
    av = None  # type: ignore[assignment]

# suffix, FFmpeg's format, codec, rates
KINDS = (
    (".m4a", "ipod", "alac", (16_000, 44_100)),
    (".m4a", "ipod", "aac", (16_000, 44_100)),
    (".mp4", "mp4", "libopus", (48_000,)),
    (".mp4", "fragmented", "aac", (16_000, 48_000)),
    (".mov", "mov", "pcm_s16le", (16_000, 44_100)),
    (".3gp", "3gp", "libopencore_amrnb", (8_000,)),
    (".amr", "amr", "libopencore_amrnb", (8_000,)),
    (".aac", "adts", "aac", (16_000, 44_100)),
    (".webm", "webm", "libopus", (48_000,)),
    (".mka", "matroska", "pcm_s16le", (16_000, 44_100)),
    (".wma", "asf", "wmav2", (16_000, 44_100)),
    (".wv", "wv", "wavpack", (16_000, 44_100)),
    (".ac3", "ac3", "ac3", (48_000,)),
)
_GROUPS = ("media intact", "media truncated", "media bits flipped", "media blocks shuffled")
_GROUPS += ("media header lies",)
_MARKS = (
    b"ftyp",
    b"\x1a\x45\xdf\xa3",
    b"\x30\x26\xb2\x75",
    b"#!AMR",
    b"wvpk",
    b"\x0b\x77",
    b"\xff\xf1",
)
# Formats that say how long they are, so that a cut is noticed.
_TELLS_LENGTH = (".m4a", ".mp4", ".mov", ".3gp", ".webm", ".mka", ".wma")
_MOST_SAMPLES = 2**23


def encode(samples: NDArray, rate: int, container: str, codec: str) -> bytes:
    """Return a media file of samples, int16 of shape (n_frames,) or (n_frames, n_channels)."""
    options = {}
    if container == "fragmented":
        container, options = "mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    memory = io.BytesIO()
    frames = samples[:, None] if samples.ndim == 1 else samples
    layout = "mono" if frames.shape[1] == 1 else "stereo"
    with av.open(memory, "w", format=container, options=options) as file:
        stream: Any = file.add_stream(codec, rate=rate, layout=layout)
        if not codec.startswith("pcm"):
            stream.bit_rate = 12_200 if "amr" in codec else 64_000
        if codec == "wavpack":  # would take 8 bits
            stream.codec_context.format = "s16p"
        resampler = av.AudioResampler(stream.codec_context.format.name, layout, rate)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(frames).reshape(1, -1), "s16", layout
        )
        frame.sample_rate, frame.pts = rate, 0
        fifo = av.AudioFifo()
        for part in resampler.resample(frame):
            fifo.write(part)
        size = stream.codec_context.frame_size or 1024
        while part := fifo.read(size) or fifo.read(size, partial=True):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return memory.getvalue()


@lru_cache(200)
def _make_file(kind: int, rate: int, n_channels: int, n_frames: int) -> bytes:
    times = np.arange(n_frames)[:, None] / rate
    noise = np.random.default_rng(n_frames).normal(0, 0.02, (n_frames, n_channels))
    tone = 0.3 * np.sin(2 * np.pi * times * (200 + 50 * np.arange(n_channels))) + noise
    _, container, codec, _ = KINDS[kind]
    return encode(np.round(tone * 32_767).astype(np.int16), rate, container, codec)


@cache
def is_possible() -> bool:
    """Tell whether PyAV is installed."""
    return av is not None


def make(rng: np.random.Generator) -> FileCase:
    """Return a case."""
    from fuzzing.files import make_options

    kind = int(rng.integers(len(KINDS)))
    suffix, _, codec, rates = KINDS[kind]
    rate = int(rates[rng.integers(len(rates))])
    n_channels = 1 if "amr" in codec else int(rng.integers(1, 3))
    n_frames = int(rng.choice([4_000, 9_600]))
    data = _make_file(kind, rate, n_channels, n_frames)
    group = _GROUPS[rng.integers(len(_GROUPS))]
    expect, n_intact = "either", 0
    if group == "media intact":
        expect = "right"
    elif group == "media truncated":
        n_intact = _count_frames(data, suffix)
        data = damage.truncate(data, rng)
        expect = "error if shorter" if suffix in _TELLS_LENGTH else "either"
    elif group == "media bits flipped":
        data = damage.flip(data, rng)
    elif group == "media blocks shuffled":
        data = damage.shuffle(data, rng)
    else:
        data = _lie(data, rng)
    return FileCase(group, suffix, data, make_options(rng), expect, n_intact)


@lru_cache(200)
def _count_frames(data: bytes, suffix: str) -> int:
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        sound = read(file.name)
    assert sound is not None
    return len(sound.samples)


def _lie(data: bytes, rng: np.random.Generator) -> bytes:
    """Write false values to the header, which may stand at either end."""
    changed = bytearray(data)
    at = data.find(b"moov")
    first, last = (at, len(data)) if at >= 0 else (0, min(len(data), 600))
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        code = (">I", ">I", "<I", ">H", "<H", ">B", ">Q")[rng.integers(7)]
        size = struct.calcsize(code)
        place = int(rng.integers(first, max(first + 1, last - size)))
        value = int(damage.VALUES[rng.integers(len(damage.VALUES))]) & (256**size - 1)
        changed[place : place + size] = struct.pack(code, value)
    return bytes(changed[: len(data)])


def is_media(data: bytes) -> bool:
    """Tell by the first bytes whether a file is a media file, perhaps a damaged one."""
    return any(data.startswith(mark) or data[4:].startswith(mark) for mark in _MARKS)


def read(path: str) -> Sound | None:
    """Read a file by PyAV alone; None if it does not take it.

    It finds the format itself. Of a damaged file, it may need to be told.
    """
    suffix = os.path.splitext(path)[1]
    formats = {".amr": "amr", ".aac": "aac", ".wv": "wv", ".ac3": "ac3", ".wma": "asf"}
    formats |= {".webm": "matroska", ".mka": "matroska"}
    return _read(path, None) or _read(path, formats.get(suffix, "mov"))


def _read(path: str, name: str | None) -> Sound | None:
    blocks: list[NDArray[np.float64]] = []
    rate = n_channels = 0
    is_whole = True
    try:
        with av.open(path, format=name, metadata_errors="ignore") as file:
            for frame in file.decode(audio=0):
                if rate and (frame.sample_rate, frame.layout.nb_channels) != (rate, n_channels):
                    is_whole = False
                    break
                rate, n_channels = frame.sample_rate, frame.layout.nb_channels
                if frame.format.is_planar and n_channels > 7:  # PyAV reads past the eighth plane
                    (frame,) = av.AudioResampler(format="flt").resample(frame)
                samples = frame.to_ndarray()
                if samples.dtype.kind in "iu":
                    centre = 128.0 if samples.dtype.kind == "u" else 0.0
                    samples = (samples - centre) / 2.0 ** (8 * samples.dtype.itemsize - 1)
                if not frame.format.is_planar:
                    samples = samples.reshape(-1, n_channels).T
                with np.errstate(all="ignore"):
                    blocks.append(samples.mean(axis=0, dtype=np.float64))
                if sum(map(len, blocks)) > _MOST_SAMPLES:
                    is_whole = False
                    break
    except (av.FFmpegError, IndexError, MemoryError):
        is_whole = False
    if not blocks:
        return None
    found = np.concatenate(blocks)
    return Sound(found, rate, n_channels, "MEDIA", len(found), is_whole)

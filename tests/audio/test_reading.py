"""The decoder: whole files, parts and blocks agree, and no other module opens sound files."""

import ast
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

import sersk
from sersk.audio.clips import UnusableClipError
from sersk.audio.reading import SoundBlocks, read_sound

RATE = 16_000
FORMATS = [
    ("wav", "PCM_16"),
    ("wav", "PCM_U8"),
    ("wav", "PCM_24"),
    ("wav", "FLOAT"),
    ("flac", "PCM_16"),
    ("flac", "PCM_24"),
    ("aiff", "PCM_16"),
    ("ogg", "VORBIS"),
    ("mp3", "MPEG_LAYER_III"),
]


def make_noise(n_samples, n_channels=1, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (n_samples, n_channels))


def write(path, samples=None, rate=RATE, **kwargs):
    soundfile.write(path, make_noise(100_000) if samples is None else samples, rate, **kwargs)
    return path


def join(sound):
    return np.concatenate(list(sound))


def hide_length(path):
    """Set the length of a FLAC file (36 bits) to 0, as in a file that was written to a pipe."""
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    return path


def hide_size(path):
    """Set the sizes of a WAV file to 0, as in a file that was written to a pipe."""
    content = bytearray(path.read_bytes())
    content[4:8] = bytes(4)
    at = content.index(b"data")
    content[at + 4 : at + 8] = bytes(4)
    path.write_bytes(content)
    return path


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
def test_whole_and_blocks_are_soundfile_s_samples(tmp_path, suffix, subtype, n_channels):
    path = write(tmp_path / f"a.{suffix}", make_noise(150_000, n_channels), subtype=subtype)
    expected = soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)
    samples, rate = read_sound(path)
    assert (rate, samples.dtype) == (RATE, np.float32)
    # The MP3 decoder's last bit may differ from call to call.
    atol = 5e-7 if suffix == "mp3" else 1e-7
    np.testing.assert_allclose(samples, expected, rtol=0, atol=atol)
    sound = SoundBlocks(path)
    assert (sound.name, sound.sample_rate, sound.input_sample_rate) == (str(path), RATE, RATE)
    assert sound.duration == len(expected) / RATE
    np.testing.assert_allclose(join(sound), samples, rtol=0, atol=5e-7 if suffix == "mp3" else 0)


@settings(max_examples=40, deadline=None)
@given(
    offset=st.floats(0, 0.9),
    duration=st.none() | st.floats(1e-5, 2),
    suffix=st.sampled_from(["wav", "flac"]),
)
def test_a_part_is_a_slice_of_the_whole(tmp_path_factory, offset, duration, suffix):
    path = write(tmp_path_factory.mktemp("part") / f"a.{suffix}", make_noise(RATE, 2))
    whole, _ = read_sound(path)
    start = int(offset * RATE)
    end = None if duration is None else start + max(1, int(duration * RATE))
    part, _ = read_sound(path, offset=offset, duration=duration)
    np.testing.assert_array_equal(part, whole[start:end])


def test_sound_is_resampled(tmp_path):
    path = write(tmp_path / "a.wav", make_noise(RATE))
    whole, _ = read_sound(path)
    expected = soxr.resample(whole, RATE, 22_050)
    samples, rate = read_sound(path, sample_rate=22_050)
    assert rate == 22_050
    np.testing.assert_allclose(samples, expected, rtol=0, atol=1e-6)
    sound = SoundBlocks(path, 22_050)
    assert (sound.sample_rate, sound.input_sample_rate) == (22_050, RATE)
    np.testing.assert_allclose(join(sound), expected, rtol=0, atol=1e-5)


def test_long_files_are_assembled_from_blocks(tmp_path, monkeypatch):
    path = write(tmp_path / "a.flac")
    whole, _ = read_sound(path)
    monkeypatch.setattr("sersk.audio._decoder._MOST_AT_ONCE", 70_000)
    np.testing.assert_array_equal(read_sound(path)[0], whole)
    np.testing.assert_array_equal(read_sound(path, offset=1.0)[0], whole[RATE:])


def test_blocks_of_waveforms():
    samples = (make_noise(100_000)[:, 0] * 32767).astype(np.int16)
    expected = samples / np.float32(32768)
    np.testing.assert_array_equal(join(SoundBlocks(samples, RATE)), expected)
    pieces = SoundBlocks(iter(np.split(samples, 7_000 * np.arange(1, 14))), RATE)
    assert pieces.duration is None
    np.testing.assert_array_equal(join(pieces), expected)
    slower = SoundBlocks(samples, 8_000, input_sample_rate=RATE)
    assert slower.duration == 100_000 / RATE
    assert len(join(slower)) == 50_000


# ---------------------------------------------------------------- length unknown


def test_a_wav_from_a_pipe_is_read_to_the_end(tmp_path):
    expected, _ = read_sound(write(tmp_path / "a.wav"))
    path = hide_size(write(tmp_path / "b.wav"))
    np.testing.assert_array_equal(read_sound(path)[0], expected)
    np.testing.assert_array_equal(read_sound(path, offset=1.0)[0], expected[RATE:])
    sound = SoundBlocks(path)
    assert sound.duration == 100_000 / RATE
    np.testing.assert_array_equal(join(sound), expected)


def test_a_flac_from_a_pipe_has_no_known_length(tmp_path):
    expected, _ = read_sound(write(tmp_path / "a.flac"))
    path = hide_length(write(tmp_path / "b.flac"))
    np.testing.assert_array_equal(read_sound(path, duration=1.0)[0], expected[:RATE])
    sound = SoundBlocks(path)
    assert sound.duration is None
    for read in (lambda: join(sound), lambda: read_sound(path)):
        with pytest.raises(UnusableClipError, match="does not say how long it is"):
            read()


def test_a_false_length_in_the_header_allocates_no_memory(tmp_path):
    path = write(tmp_path / "a.flac")
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4  # 2**36 - 1 frames: 275 GB
    path.write_bytes(content)
    for read in (lambda: join(SoundBlocks(path)), lambda: read_sound(path)):
        with pytest.raises(UnusableClipError, match="is truncated or damaged"):
            read()


# ---------------------------------------------------------------- unreadable files


@pytest.mark.parametrize("read", [read_sound, lambda path: join(SoundBlocks(path))])
def test_unusable_files_have_a_reason(tmp_path, read):
    cut = write(tmp_path / "cut.wav")
    cut.write_bytes(cut.read_bytes()[:-1000])
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    with_nan = make_noise(RATE)
    with_nan[8_000] = np.nan
    for path, reason in [
        (tmp_path / "nowhere.wav", "does not exist"),
        (tmp_path, "is a directory"),
        (text, "is not audio"),
        (cut, "is truncated"),
        (write(tmp_path / "none.wav", make_noise(0)), "has 0 samples"),
        (write(tmp_path / "nan.wav", with_nan, subtype="FLOAT"), "first 0.500 s after its start"),
    ]:
        with pytest.raises(UnusableClipError, match=reason):
            read(path)


def test_damage_after_the_part_does_not_matter(tmp_path):
    for suffix in ("wav", "flac"):
        path = write(tmp_path / f"a.{suffix}")
        expected, _ = read_sound(path, duration=1.0)
        path.write_bytes(path.read_bytes()[:-1000])
        np.testing.assert_array_equal(read_sound(path, duration=1.0)[0], expected)
        with pytest.raises(UnusableClipError, match="is truncated"):
            read_sound(path)


def test_the_beginning_must_lie_within_the_file(tmp_path):
    path = write(tmp_path / "a.wav", make_noise(100))
    with pytest.raises(UnusableClipError, match="ends before offset=2 s"):
        read_sound(path, offset=2)


def test_silence_is_read(tmp_path):
    assert not read_sound(write(tmp_path / "a.wav", np.zeros(100)))[0].any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"offset": -1},
        {"offset": np.nan},
        {"duration": 0},
        {"duration": np.inf},
        {"sample_rate": 0},
    ],
)
def test_parameters_are_checked(tmp_path, wrong):
    with pytest.raises(ValueError, match=f"read_sound: {next(iter(wrong))}="):
        read_sound(write(tmp_path / "a.wav"), **wrong)


def test_blocks_need_a_rate_and_are_read_once():
    with pytest.raises(ValueError, match="rate of a waveform is unknown"):
        SoundBlocks(np.ones(10))
    with pytest.raises(ValueError, match="me: sample_rate=-1"):
        SoundBlocks(np.ones(10), -1, who="me")
    sound = SoundBlocks(np.ones(10), RATE)
    assert len(join(sound)) == 10
    with pytest.raises(RuntimeError, match="has been read"):
        join(sound)


def test_size_fields_of_wavs_are_not_trusted(tmp_path):
    """A data chunk longer than the file is reported as truncated, in blocks too."""
    path = write(tmp_path / "a.wav")
    content = bytearray(path.read_bytes())
    at = content.index(b"data")
    content[at + 4 : at + 8] = struct.pack("<I", 300_000)
    path.write_bytes(content)
    with pytest.raises(UnusableClipError, match="is truncated"):
        SoundBlocks(path)
    with pytest.raises(UnusableClipError, match="is truncated"):
        read_sound(path)


# ---------------------------------------------------------------- one decoder


# Modules that may open sound files: the decoder and the private modules beside it.
# `pass_channel` passes waveforms through codecs, in memory.
OPENERS = {"audio/_decoder.py", "audio/_wav.py", "signal/channels.py"}
# Others may list the formats and write files: sersk.cli.demo writes synthetic clips,
# sersk.demo.rendering writes the predicted recording.
HARMLESS = {"write", "available_formats"}


def find_openers(path):
    """Return what a module uses that opens sound files."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {a.name for a in names if a.name in ("wave", "audioread")}
                found |= {a.name for a in names if a.name == "soundfile" and a.asname}
            case ast.ImportFrom(module="soundfile" | "wave" | "audioread" as module):
                found.add(module)
            case ast.Attribute(value=ast.Name(id="soundfile"), attr=attr) if attr not in HARMLESS:
                found.add(f"soundfile.{attr}")
            case ast.Attribute(attr="load", value=ast.Name(id="librosa")):
                found.add("librosa.load")
    return found


def test_nothing_else_opens_sound_files():
    package = Path(sersk.__file__).parent
    openers = {
        str(path.relative_to(package).as_posix())
        for path in package.rglob("*.py")
        if find_openers(path)
    }
    assert openers == OPENERS

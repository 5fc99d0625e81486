"""Media files, which libsndfile does not read, by both engines against independent references."""

import gc
import importlib.util
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from sersk.audio import engines
from sersk.audio.clips import UnusableClipError
from sersk.audio.formats import MEDIA_SUFFIXES, list_suffixes
from sersk.audio.loading import AudioFileError, AudioFileWarning, AudioLoader
from sersk.audio.reading import SoundBlocks, read_sound
from sersk.audio.truncation import measure_clips

RATE = 16_000
HAS_AV = importlib.util.find_spec("av") is not None
PROGRAM = shutil.which("ffmpeg")
needs_av = pytest.mark.skipif(not HAS_AV, reason="PyAV is not installed (the extra media)")
needs_program = pytest.mark.skipif(not PROGRAM, reason="the program ffmpeg is not installed")
pytestmark = needs_av  # also makes the files

ENGINES = [pytest.param("av", id="av"), pytest.param(PROGRAM, marks=needs_program, id="ffmpeg")]
LOSSLESS = [
    (".m4a", "ipod", "alac", 1),
    (".m4a", "ipod", "alac", 2),
    (".mov", "mov", "pcm_s16le", 1),
    (".wv", "wv", "wavpack", 2),
]
LOSSY = [
    (".m4a", "ipod", "aac", RATE),
    (".mp4", "fragmented", "aac", RATE),
    (".aac", "adts", "aac", RATE),
    (".webm", "webm", "libopus", 48_000),
    (".mp4", "mp4", "libopus", 48_000),
    (".wma", "asf", "wmav2", RATE),
    (".amr", "amr", "libopencore_amrnb", 8_000),
    (".3gp", "3gp", "libopencore_amrnb", 8_000),
]


@pytest.fixture(params=ENGINES)
def engine(request, monkeypatch):
    monkeypatch.setattr(engines, "find_engine", lambda: request.param)
    return request.param


def make_speech(n_samples=20_011, n_channels=1):
    """A gliding tone with noise, int16: lags and gaps show in its correlation."""
    times = np.arange(n_samples)[:, None] / RATE
    tone = 0.3 * np.sin(2 * np.pi * (200 + 400 * times) * times + np.arange(n_channels))
    noise = np.random.default_rng(0).normal(0, 0.02, tone.shape)
    return np.round(32_767 * (tone + noise)).astype(np.int16)


@pytest.mark.parametrize(("suffix", "container", "codec", "n_channels"), LOSSLESS)
def test_a_lossless_file_is_the_wav_file_to_the_bit(
    encode, tmp_path, suffix, container, codec, n_channels
):
    check_lossless(encode, tmp_path, suffix, container, codec, n_channels)


@needs_program
def test_the_program_reads_a_lossless_file_to_the_bit(monkeypatch, encode, tmp_path):
    monkeypatch.setattr(engines, "find_engine", lambda: PROGRAM)
    check_lossless(encode, tmp_path, ".m4a", "ipod", "alac", 2)


def check_lossless(encode, tmp_path, suffix, container, codec, n_channels):
    frames = make_speech(n_channels=n_channels)
    path = tmp_path / f"voice{suffix}"
    path.write_bytes(encode(frames, RATE, container, codec))
    soundfile.write(tmp_path / "voice.wav", frames, RATE)
    samples, rate = read_sound(path)
    assert rate == RATE
    np.testing.assert_array_equal(samples, read_sound(tmp_path / "voice.wav")[0])
    options = {"offset": 0.3, "duration": 0.7}
    np.testing.assert_array_equal(
        read_sound(path, **options)[0], read_sound(tmp_path / "voice.wav", **options)[0]
    )
    X = AudioLoader(duration=1.0, offset=0.5).transform([path, tmp_path / "voice.wav"])
    np.testing.assert_array_equal(X[0], X[1])


@pytest.mark.parametrize(("suffix", "container", "codec", "rate"), LOSSY)
def test_a_lossy_file_begins_where_the_sound_began(
    encode, tmp_path, suffix, container, codec, rate
):
    frames = make_speech()
    path = tmp_path / f"voice{suffix}"
    path.write_bytes(encode(frames, rate, container, codec))
    samples, found = read_sound(path)
    assert found == rate
    if suffix in (".m4a", ".webm") or (suffix == ".mp4" and codec == "libopus"):
        # The file says what the encoder put before the sound.
        n = min(len(samples), len(frames))
        original = frames[:n, 0] / 32_768
        spectrum = np.fft.rfft(samples[:n], 2 * n) * np.conj(np.fft.rfft(original, 2 * n))
        assert np.argmax(np.fft.irfft(spectrum)) == 0
        assert np.corrcoef(samples[:n], original)[0, 1] > 0.95
    most = 2 * 1024  # frames of a codec that the file does not take off
    assert abs(len(samples) - len(frames)) <= most
    np.testing.assert_array_equal(read_sound(path, offset=0.1)[0], samples[int(0.1 * rate) :])


@needs_program
@pytest.mark.parametrize(("suffix", "container", "codec", "rate"), LOSSY)
def test_both_engines_read_what_the_program_writes_to_a_wav_file(
    encode, tmp_path, monkeypatch, suffix, container, codec, rate
):
    path = tmp_path / f"voice{suffix}"
    path.write_bytes(encode(make_speech(), rate, container, codec))
    command = [PROGRAM, "-v", "error", "-i", path, "-c:a", "pcm_f32le", tmp_path / "voice.wav"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    right, _ = soundfile.read(tmp_path / "voice.wav", dtype="float32")
    for name in ("av", PROGRAM):
        monkeypatch.setattr(engines, "find_engine", lambda name=name: name)
        np.testing.assert_allclose(read_sound(path)[0], right, atol=1e-5)


@pytest.mark.parametrize(("suffix", "container", "codec", "rate"), LOSSY)
def test_blocks_are_the_whole(encode, tmp_path, suffix, container, codec, rate):
    path = tmp_path / f"voice{suffix}"
    path.write_bytes(encode(make_speech(), rate, container, codec))
    sound = SoundBlocks(path)
    samples = np.concatenate(list(sound))
    np.testing.assert_array_equal(samples, read_sound(path)[0])
    if suffix not in (".aac", ".amr"):
        assert sound.duration == pytest.approx(len(samples) / rate, abs=0.05)
        np.testing.assert_allclose(measure_clips([path], AudioLoader()), sound.duration)
    else:
        assert sound.duration is None


@needs_program
def test_blocks_of_the_program(monkeypatch, encode, tmp_path):
    monkeypatch.setattr(engines, "find_engine", lambda: PROGRAM)
    frames = make_speech()
    path = tmp_path / "voice.m4a"
    path.write_bytes(encode(frames, RATE, "ipod", "alac"))
    sound = SoundBlocks(path)
    assert sound.duration == pytest.approx(len(frames) / RATE, abs=0.01)
    np.testing.assert_array_equal(np.concatenate(list(sound)), frames[:, 0] / 32_768)
    sound = SoundBlocks(path)
    next(iter(sound))
    source = sound._blocks.gi_frame.f_locals["file"]._file._source
    process = source._process
    del sound, source  # nobody reads on
    gc.collect()
    assert process.returncode is not None


def test_the_content_counts_not_the_suffix(engine, encode, tmp_path):
    frames = make_speech()
    for name in ("standard input", "голос 声.mp3", "concat:a|b.m4a"):
        path = tmp_path / name
        path.write_bytes(encode(frames, RATE, "ipod", "alac"))
        assert len(read_sound(path)[0]) == len(frames)


def test_bad_files_are_named_one_by_one_beside_good_ones(engine, encode, tmp_path):
    good = encode(make_speech(), RATE, "ipod", "aac")
    damaged = bytearray(good)
    middle = good.index(b"mdat") + 600
    damaged[middle : middle + 600] = bytes(600)
    broken = bytearray(encode(make_speech(), 48_000, "webm", "libopus"))
    broken[2_000:3_600] = bytes(1_600)  # FFmpeg skips it silently
    contents = {
        "good.m4a": good,
        "cut.m4a": good[: len(good) // 2],
        "cut at its end.mov": encode(make_speech(), RATE, "mov", "pcm_s16le")[:-3],
        "damaged.m4a": bytes(damaged),
        "empty.m4a": b"",
        "text.m4a": b"This is no sound. " * 50,
        "head.m4a": b"\0\0\0\x20ftypM4A " + bytes(500),
        "damaged.webm": bytes(broken),
        "cut.webm": encode(make_speech(), 48_000, "webm", "libopus")[:4_000],
        "cut.wma": encode(make_speech(), RATE, "asf", "wmav2")[:5_000],
    }
    paths = [tmp_path / name for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
    with pytest.raises(AudioFileError) as caught:
        AudioLoader(duration=2.0).transform(paths)
    lines = str(caught.value).splitlines()
    for path in paths[1:]:
        assert sum(str(path) in line for line in lines) == 1
    assert not any("good.m4a" in line for line in lines)
    assert "is truncated: its header promises more" in str(caught.value)
    with pytest.warns(AudioFileWarning):
        rows = AudioLoader(duration=2.0, on_error="nan").transform(paths)
    assert np.isnan(rows[1:]).all()
    np.testing.assert_array_equal(rows[:1], AudioLoader(duration=2.0).transform(paths[:1]))


@pytest.mark.parametrize(
    ("box", "place", "value", "problem"),
    [
        (b"stsz", 12, 0x7FFFFFFF, "promises 2147483647 entries"),
        (b"stts", 8, 0x7FFFFFFF, "promises 2147483647 entries"),
        (b"stsd", 40, 0xFFFF0000, None),  # the rate of the sample entry
    ],
)
def test_a_header_that_lies_costs_no_memory(encode, tmp_path, box, place, value, problem):
    data = bytearray(encode(make_speech(), RATE, "ipod", "alac"))
    at = data.index(box) + place
    data[at : at + 4] = value.to_bytes(4)
    path = tmp_path / "lies.m4a"
    path.write_bytes(data)
    if problem is None:  # the codec's own header counts
        assert read_sound(path)[1] == RATE
        return
    with pytest.raises(UnusableClipError, match=problem):
        read_sound(path)


def test_an_offset_beyond_the_end(encode, tmp_path):
    path = tmp_path / "voice.m4a"
    path.write_bytes(encode(make_speech(16_000), RATE, "ipod", "alac"))
    with pytest.raises(UnusableClipError, match=r"lasts 1 s and ends before offset=2 s"):
        read_sound(path, offset=2.0)


def test_silence_and_channels_that_cancel(encode, tmp_path):
    mono = make_speech()
    path = tmp_path / "voice.m4a"
    path.write_bytes(encode(np.hstack([mono, -mono]), RATE, "ipod", "alac"))
    with pytest.raises(UnusableClipError, match="cancel each other"):
        read_sound(path)
    path.write_bytes(encode(np.zeros_like(mono), RATE, "ipod", "alac"))
    with pytest.raises(AudioFileError, match="digital silence"):
        AudioLoader().transform([path])


def test_a_film_gives_its_sound_and_one_without_sound_is_refused(engine, encode, tmp_path):
    import av

    samples = make_speech()
    for name in ("film.mp4", "silent.mp4"):
        with av.open(tmp_path / name, "w") as film:
            pictures = film.add_stream("mpeg4", rate=10)
            pictures.width = pictures.height = 32
            sound = film.add_stream("alac", rate=RATE, layout="mono") if name[0] == "f" else None
            for i in range(12):
                picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 20 * i, np.uint8))
                film.mux(pictures.encode(picture))
            film.mux(pictures.encode(None))
            for begin in range(0, len(samples) * (sound is not None), 4096):
                part = samples[begin : begin + 4096].T
                frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "s16p", "mono")
                frame.sample_rate, frame.pts = RATE, begin
                film.mux(sound.encode(frame))
            if sound is not None:
                film.mux(sound.encode(None))
    np.testing.assert_array_equal(read_sound(tmp_path / "film.mp4")[0], samples[:, 0] / 32_768)
    with pytest.raises(UnusableClipError, match=r"holds no sound|matches no streams"):
        read_sound(tmp_path / "silent.mp4")


@needs_program
def test_a_program_that_hangs_is_ended(monkeypatch, encode, tmp_path):
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    program.chmod(0o755)
    path = tmp_path / "voice.m4a"
    path.write_bytes(encode(make_speech(), RATE, "ipod", "alac"))
    monkeypatch.setattr(engines, "find_engine", lambda: str(program))
    monkeypatch.setattr("sersk.audio._ffmpeg._LONGEST_WAIT", 0.5)
    with pytest.raises(UnusableClipError, match=r"ffmpeg gave no sound for 0\.5 s"):
        read_sound(path)


def test_an_mp3_and_an_ogg_file_are_for_libsndfile(monkeypatch, tmp_path):
    def refuse():
        raise AssertionError("an engine is asked for")

    monkeypatch.setattr(engines, "find_engine", refuse)
    frames = make_speech()
    for name in ("voice.mp3", "voice.ogg", "voice.flac", "voice.aiff", "voice.caf"):
        soundfile.write(tmp_path / name, frames, RATE)
        assert read_sound(tmp_path / name)[1] == RATE


def test_the_engine_is_the_package_or_else_the_program(monkeypatch):
    find = engines.find_engine.__wrapped__
    assert find() == "av"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    assert find() == "/bin/ffmpeg"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert find() is None
    monkeypatch.setattr(engines, "find_engine", lambda: None)
    assert not set(list_suffixes()) & set(MEDIA_SUFFIXES)


@pytest.mark.parametrize(("layout", "n_channels"), [("5.1", 6), ("7.1", 8)])
def test_media_files_of_many_channels(tmp_path, engine, layout, n_channels):
    import av

    path = tmp_path / "room.m4a"
    tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(24_000) / 48_000)
    samples = (tone[:, None] * np.linspace(1, 0.3, n_channels)).astype(np.float32)
    packed = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=layout)
    packed.sample_rate = 48_000
    planar = av.AudioResampler(format="fltp", layout=layout, rate=48_000, frame_size=1024)
    with av.open(str(path), "w", format="ipod") as file:
        stream = file.add_stream("aac", rate=48_000, layout=layout)
        frames = (*planar.resample(packed), *planar.resample(None), None)
        file.mux([part for frame in frames for part in stream.encode(frame)])
    found, rate = read_sound(path)
    assert rate == 48_000
    lags = [np.corrcoef(found[lag : lag + 20_000], tone[:20_000])[0, 1] for lag in (0, 1024)]
    assert max(lags) > 0.99
    assert found[5_000:15_000].std() == pytest.approx(samples.mean(axis=1).std(), rel=0.15)

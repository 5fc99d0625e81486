"""AudioLoader: the rows it returns for every kind of input. Errors: test_loading_errors.py."""

import pickle
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import joblib
import librosa
import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sersk.audio.formats import AUDIO_SUFFIXES
from sersk.audio.loading import AudioLoader

# librosa 0.11 imports audioread, whose decoders are modules that Python 3.13 removed.
pytestmark = pytest.mark.filterwarnings("ignore:.*slated for removal:DeprecationWarning")


def load_with_librosa(path, sample_rate=22050, duration=4.0, offset=0.0):
    """Return the reference: librosa's samples, padded or cut to the requested length."""
    samples, _ = librosa.load(
        path, sr=sample_rate, mono=True, offset=offset, duration=duration, res_type="soxr_hq"
    )
    return librosa.util.fix_length(samples, size=round(duration * sample_rate))


def make_tone(n_samples, n_channels=1, sample_rate=44100, seed=0):
    rng = np.random.default_rng(seed)
    time = np.arange(n_samples)[:, np.newaxis] / sample_rate
    pitch = rng.uniform(100, 1000, n_channels)
    tone = 0.3 * np.sin(2 * np.pi * pitch * time) + 0.05 * rng.standard_normal(
        (n_samples, n_channels)
    )
    return np.clip(tone, -1, 1)


@pytest.fixture
def tones(tmp_path):
    """Seven files of lengths from 0.1 to 2.5 s and different rates."""
    paths = []
    for i, rate in enumerate([8000, 16000, 22050, 24000, 32000, 44100, 48000]):
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, make_tone(round((0.1 + 0.4 * i) * rate), seed=i), rate)
        paths.append(str(path))
    return paths


# ---------------------------------------------------------------- values


@pytest.mark.recordings
@pytest.mark.parametrize("offset", [0.0, 0.5])
@pytest.mark.parametrize("sample_rate", [22050, 16000])
def test_equals_librosa_on_real_recordings(ravdess_path, urdu_path, sample_rate, offset):
    wavs = sorted(ravdess_path.glob("Actor_01/*.wav"))
    paths = [
        *wavs[:4],
        next(path for path in wavs if soundfile.info(path).channels == 2),
        *sorted(ravdess_path.glob("Actor_05/*.flac"))[:4],
        *sorted(urdu_path.glob("*/*"))[::60],
    ]
    assert len(paths) > 12
    X = AudioLoader(sample_rate, offset=offset).fit_transform(paths)
    assert X.dtype == np.float32
    assert X.flags.c_contiguous
    assert X.shape == (len(paths), 4 * sample_rate)
    expected = [load_with_librosa(path, sample_rate, offset=offset) for path in paths]
    np.testing.assert_allclose(X, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("n_channels", [1, 2, 5])
@pytest.mark.parametrize("rate", [16000, 22050, 44100])
@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [
        ("wav", "PCM_U8"),
        ("wav", "PCM_16"),
        ("wav", "PCM_24"),
        ("wav", "FLOAT"),
        ("wav", "DOUBLE"),
        ("wav", "ULAW"),
        ("flac", "PCM_16"),
        ("flac", "PCM_24"),
        ("aiff", "PCM_16"),
        ("au", "PCM_16"),
        ("w64", "PCM_16"),
        ("ogg", "VORBIS"),
        ("mp3", "MPEG_LAYER_III"),
    ],
)
def test_equals_librosa_on_every_format(tmp_path, suffix, subtype, rate, n_channels):
    if suffix == "mp3" and n_channels > 2:
        pytest.skip("MP3 has at most two channels")
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, make_tone(rate, n_channels, rate), rate, subtype=subtype)
    for duration, offset in [(1.5, 0.0), (0.4, 0.25)]:
        X = AudioLoader(duration=duration, offset=offset).transform([path])
        expected = load_with_librosa(path, duration=duration, offset=offset)
        np.testing.assert_allclose(X, [expected], rtol=0, atol=1e-6)


@pytest.mark.filterwarnings("ignore::sersk.audio.UnanswerableClipWarning")
@settings(max_examples=60, deadline=None)
@given(
    n_samples=st.integers(1, 5000),
    rate=st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000]),
    sample_rate=st.sampled_from([8000, 16000, 22050, 44100]),
    duration=st.floats(0.001, 0.5),
    start=st.floats(0, 0.99),
)
def test_file_and_memory_agree_with_librosa(
    tmp_path_factory, n_samples, rate, sample_rate, duration, start
):
    path = tmp_path_factory.mktemp("tone") / "clip.wav"
    samples = make_tone(n_samples, sample_rate=rate)[:, 0].astype(np.float32)
    soundfile.write(path, samples, rate, subtype="FLOAT")
    offset = start * n_samples / rate
    loader = AudioLoader(
        sample_rate,
        duration,
        offset=offset,
        input_sample_rate=rate,
        allow_silence=True,
    )
    n_frames = int(duration * rate)
    X = loader.transform([path])
    assert X.shape == (1, round(duration * sample_rate))
    if n_frames:  # librosa reads nothing from less than a frame
        expected = load_with_librosa(path, sample_rate, duration, offset)
        np.testing.assert_allclose(X, [expected], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(loader.transform([samples]), X)
    np.testing.assert_array_equal(loader.transform(samples[np.newaxis]), X)
    np.testing.assert_array_equal(loader.transform([samples.astype(np.float64)]), X)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32])
@pytest.mark.parametrize("as_list", [False, True])
def test_integers_are_scaled_by_their_full_scale(dtype, as_list):
    info = np.iinfo(dtype)
    middle = (info.max + info.min + 1) // 2
    values = np.array([[info.min, middle, info.max, middle + (info.max - middle) // 2 + 1]], dtype)
    X = AudioLoader(4, 1.0).fit_transform(list(values) if as_list else values)
    step = 2.0 ** (1 - info.bits)
    np.testing.assert_allclose(X, [[-1, 0, 1 - step, 0.5]], rtol=0, atol=1e-7)


@pytest.mark.parametrize(("subtype", "dtype"), [("PCM_16", np.int16), ("PCM_32", np.int32)])
def test_integers_in_memory_equal_the_same_integers_in_a_file(tmp_path, subtype, dtype):
    path = tmp_path / "clip.wav"
    soundfile.write(path, make_tone(3000), 22050, subtype=subtype)
    samples, _ = soundfile.read(path, dtype=np.dtype(dtype).name)
    loader = AudioLoader(duration=0.2)
    np.testing.assert_array_equal(loader.transform([samples]), loader.transform([path]))


def test_floats_are_taken_as_they_are():
    clip = np.array([3.5, -7.25, 0.0, 1.0])
    for dtype in (np.float16, np.float32, np.float64):
        X = AudioLoader(4, 1.5).transform([clip.astype(dtype)])
        np.testing.assert_array_equal(X, [[3.5, -7.25, 0, 1, 0, 0]])


def test_rows_of_the_right_length_pass_unchanged():
    X = make_tone(4000).reshape(4, 1000).astype(np.float32)
    loader = AudioLoader(1000, 1.0)
    once = loader.transform(X)
    np.testing.assert_array_equal(once, X)
    assert not np.shares_memory(once, X)
    np.testing.assert_array_equal(loader.transform(once), once)


def test_input_is_not_modified():
    X = (make_tone(4000).reshape(4, 1000) * 32767).astype(np.int16)
    before = X.copy()
    AudioLoader(1000, 0.7, offset=0.1).fit_transform(X)
    np.testing.assert_array_equal(X, before)


# ---------------------------------------------------------------- kinds of X


def test_every_kind_of_paths_gives_the_same(tones):
    loader = AudioLoader(duration=0.5)
    expected = loader.transform(tones)
    kinds = [
        tuple(tones),
        [Path(path) for path in tones],
        [Path(tones[0]), *tones[1:]],
        np.array(tones),
        np.array(tones, dtype=object),
        np.array([Path(path) for path in tones], dtype=object),
        pd.Series(tones, index=range(10, 17)),
        pd.Series(tones, dtype="category"),
        pd.Index(tones),
    ]
    for X in kinds:
        np.testing.assert_array_equal(loader.fit_transform(X), expected)
        assert not hasattr(loader, "n_features_in_")


def test_every_kind_of_waveforms_gives_the_same():
    clips = [make_tone(n, seed=n)[:, 0] for n in (500, 1000, 1500)]
    ragged = np.empty(3, dtype=object)
    ragged[:] = clips
    loader = AudioLoader(1000, 0.8)
    expected = loader.transform(clips)
    for X in (tuple(clips), ragged, pd.Series(clips), [clip.tolist() for clip in clips]):
        np.testing.assert_array_equal(loader.fit_transform(X), expected)

    rectangle = np.stack([clip[:500] for clip in clips])
    expected = loader.transform(list(rectangle))
    for X in (
        rectangle,
        np.asfortranarray(rectangle),
        rectangle.astype(object),
        rectangle.tolist(),
        pd.DataFrame(rectangle),
    ):
        np.testing.assert_array_equal(loader.fit_transform(X), expected)


def test_memmap_is_read_as_it_is(tmp_path):
    samples = np.memmap(tmp_path / "clips", np.float32, "w+", shape=(5, 1000))
    samples[:] = make_tone(5000).reshape(5, 1000)
    np.testing.assert_array_equal(AudioLoader(1000, 1.0).fit_transform(samples), samples)


@pytest.mark.filterwarnings("ignore::sersk.audio.UnanswerableClipWarning")
def test_clips_of_another_length_than_in_fit_are_accepted(tones):
    loader = AudioLoader(1000, 0.5).fit(make_tone(4000).reshape(4, 1000))
    assert loader.n_features_in_ == 1000
    assert loader.transform(np.ones((2, 300))).shape == (2, 500)
    assert loader.transform(tones).shape == (7, 500)
    loader.fit(tones)
    assert not hasattr(loader, "n_features_in_")


def test_columns_of_a_data_frame_keep_their_names_and_order():
    frame = pd.DataFrame(make_tone(40).reshape(4, 10)).add_prefix("t")
    loader = AudioLoader(10, 1.0).fit(frame)
    assert list(loader.feature_names_in_) == list(frame.columns)
    np.testing.assert_array_equal(loader.transform(frame), frame.astype(np.float32))
    with pytest.raises(ValueError, match="same order as they were in fit"):
        loader.transform(frame[frame.columns[::-1]])


def test_file_names_with_spaces_and_in_any_script(tmp_path):
    paths = []
    for name in ["with a space", "غصہ", "злость", "怒り", "émotion", 'it\'s 100% "odd"']:
        path = tmp_path / name / f"{name}.flac"
        path.parent.mkdir()
        soundfile.write(path, make_tone(2000), 22050)
        paths.append(path)
    X = AudioLoader(duration=0.1).transform(paths)
    np.testing.assert_array_equal(X, np.broadcast_to(X[0], X.shape))


def test_format_is_read_from_the_content_not_the_suffix(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(tmp_path / "clip.flac", make_tone(2000), 22050)
    shutil.move(tmp_path / "clip.flac", path)
    assert AudioLoader(duration=0.1).transform([path]).any()


def test_suffixes_are_what_libsndfile_reads():
    assert isinstance(AUDIO_SUFFIXES, tuple)
    assert {".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".au", ".opus"} <= {*AUDIO_SUFFIXES}
    assert len(set(AUDIO_SUFFIXES)) == len(AUDIO_SUFFIXES)
    for suffix in AUDIO_SUFFIXES:
        assert suffix.startswith(".")
        assert suffix == suffix.lower()


# ---------------------------------------------------------------- independence, cost


def test_result_depends_neither_on_jobs_nor_order_nor_other_clips(tones):
    loader = AudioLoader(duration=1.0)
    X = loader.transform(tones * 5)
    for n_jobs in (1, 2, -1):
        np.testing.assert_array_equal(
            AudioLoader(duration=1.0, n_jobs=n_jobs).transform(tones * 5), X
        )
    np.testing.assert_array_equal(loader.transform(tones[::-1])[::-1], X[:7])
    for i, path in enumerate(tones):
        np.testing.assert_array_equal(loader.transform([path])[0], X[i])


def test_works_on_any_joblib_backend(tones):
    expected = AudioLoader(duration=1.0).transform(tones)
    for backend in ("loky", "multiprocessing"):
        with joblib.parallel_config(backend=backend, n_jobs=2):
            np.testing.assert_array_equal(AudioLoader(duration=1.0).transform(tones), expected)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_only_needed_frames_are_read(tmp_path, suffix):
    rate = 8000
    path = tmp_path / f"ten minutes{suffix}"
    samples = make_tone(10 * 60 * rate, sample_rate=rate)
    soundfile.write(path, samples, rate, subtype="PCM_16")
    loader = AudioLoader(rate, 4.0, offset=300.0)
    tracemalloc.start()
    X = loader.fit_transform([path])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < samples.size  # the whole file: twice, as floats four times
    np.testing.assert_allclose(X, samples[300 * rate : 304 * rate].T, atol=2 / 32768)


def test_memory_is_that_of_the_rows_and_one_batch():
    X = np.lib.stride_tricks.sliding_window_view(make_tone(25_000)[:, 0], 10_000)[:1000]
    loader = AudioLoader(10_000, 2.0)
    loader.transform(X[:2])
    tracemalloc.start()
    rows = loader.transform(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < rows.nbytes * (1 + 50 / 1000)


def test_fit_opens_no_file(tones, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("fit opened a file")

    monkeypatch.setattr(soundfile.SoundFile, "__init__", refuse)
    loader = AudioLoader()
    assert loader.fit([*tones, "nowhere.wav"]) is loader


# ---------------------------------------------------------------- as an estimator


def test_clone_pickle_and_html(tones):
    loader = AudioLoader(16000, 1.0, offset=0.05, n_jobs=2, on_error="nan")
    expected = loader.transform(tones)
    for other in (clone(loader), pickle.loads(pickle.dumps(loader))):
        assert other.get_params() == loader.get_params()
        np.testing.assert_array_equal(other.transform(tones), expected)
    assert "AudioLoader" in loader._repr_html_()
    pipeline = make_pipeline(loader, FunctionTransformer(np.abs))
    np.testing.assert_array_equal(pipeline.fit_transform(tones), np.abs(expected))
    assert "AudioLoader" in pipeline._repr_html_()


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 0},
        {"sample_rate": 22050.0},
        {"duration": 0},
        {"duration": -1.0},
        {"duration": np.inf},
        {"offset": -0.1},
        {"offset": np.nan},
        {"input_sample_rate": 0},
        {"on_error": "ignore"},
        {"allow_silence": "yes"},
        {"n_jobs": 1.5},
        {"verbose": "loud"},
    ],
)
def test_parameters_are_checked(wrong):
    loader = AudioLoader(**wrong)
    for method in (loader.fit, loader.transform):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            method(np.ones((2, 10)))


def test_duration_of_less_than_a_sample_is_refused():
    with pytest.raises(ValueError, match="less than one sample"):
        AudioLoader(8000, 0.00001).fit(["a.wav"])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_progress_is_shown_only_on_request(tones, capsys, n_jobs):
    AudioLoader(duration=0.1, n_jobs=n_jobs).fit_transform(tones)
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""
    AudioLoader(duration=0.1, n_jobs=n_jobs, verbose=1).fit_transform(tones)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "7/7" in shown.err
    assert "clips/s" in shown.err


def test_import_loads_nothing_heavy():
    heavy = "tensorflow", "matplotlib", "numba", "librosa", "rich"
    code = f"import sys, sersk.audio.loading; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

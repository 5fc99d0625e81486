"""AudioLoader and unusable clips: one error names all of them, each with its reason."""

import io
import os
import pickle
import re
import struct
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from sersk.audio.loading import AudioFileError, AudioFileWarning, AudioLoader

RATE = 22050


def make_noise(n_samples=RATE, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, n_samples)


def write(path, samples=None, **kwargs):
    soundfile.write(path, make_noise() if samples is None else samples, RATE, **kwargs)
    return path


def cut(path, n_bytes):
    """Cut a file to a number of bytes, counted from its end if negative."""
    path.write_bytes(path.read_bytes()[:n_bytes])
    return path


def with_nan(value):
    samples = make_noise(2000)
    samples[1000] = value
    return samples


def damage(path):
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half : half + 100] = b"\xaa" * 100
    path.write_bytes(content)
    return path


@pytest.fixture
def bad_files(tmp_path):
    """Every kind of bad file -> text of its reason."""
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("this is no sound, " * 100)
    (tmp_path / "headerless.raw").write_bytes(b"\0\1" * 1000)
    os.mkfifo(tmp_path / "pipe.wav")
    return {
        tmp_path / "missing.wav": "does not exist",
        tmp_path / "folder.wav": "is a directory",
        tmp_path / "empty.wav": r"is empty \(0 bytes\)",
        tmp_path / "pipe.wav": "is not a regular file",
        tmp_path / "text.wav": "is not audio",
        tmp_path / "headerless.raw": "is not audio",
        tmp_path / "null\0.wav": "cannot be read",
        write(tmp_path / "none.wav", np.zeros(0)): "has 0 samples",
        write(tmp_path / "short.wav", make_noise(10)): r"lasts 0.000454 s and ends before offset",
        cut(write(tmp_path / "cut.wav"), 30_000): "is truncated",
        cut(write(tmp_path / "cut.flac"), 20_000): "is truncated or damaged",
        cut(write(tmp_path / "cut.ogg"), -100): "is truncated",
        cut(write(tmp_path / "cut.mp3"), 5_000): "is truncated or damaged",
        damage(write(tmp_path / "damaged.flac")): "is truncated or damaged",
        write(tmp_path / "nan.wav", with_nan(np.nan), subtype="FLOAT"): "NaN",
        write(tmp_path / "inf.wav", with_nan(np.inf), subtype="FLOAT"): "infinite",
        write(
            tmp_path / "opposite.wav",
            np.stack([with_nan(np.inf), with_nan(-np.inf)], axis=1),
            subtype="FLOAT",
        ): "NaN",
        write(tmp_path / "overflow.wav", with_nan(1e300), subtype="DOUBLE"): "infinite",
        write(tmp_path / "silent.wav", np.zeros(5000)): "is digital silence",
    }


def test_all_bad_files_are_named_at_once(tmp_path, bad_files):
    good = [write(tmp_path / f"good {i}.wav", make_noise(seed=i)) for i in range(3)]
    X = [good[0], *bad_files, *good[1:]]
    loader = AudioLoader(offset=0.01)
    with pytest.raises(AudioFileError) as caught:
        loader.fit_transform(X)
    error = caught.value
    assert isinstance(error, ValueError)
    assert list(error.failures) == list(range(1, 1 + len(bad_files)))
    for (path, reason), (name, why) in zip(bad_files.items(), error.failures.values(), strict=True):
        assert name == str(path)
        assert re.search(reason, why)
        assert f"{str(path)!r} {why}\n" in str(error)
    assert str(error).startswith(f"AudioLoader: {len(bad_files)} of {len(X)} clips cannot be used")
    assert 'on_error="nan"' in str(error)


def test_nan_rows_and_one_warning_instead(tmp_path, bad_files):
    good = write(tmp_path / "good.wav")
    loader = AudioLoader(offset=0.01, on_error="nan")
    loader.fit([good, *bad_files])
    with pytest.warns(AudioFileWarning) as caught:
        X = loader.transform([good, *bad_files])
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert f"{len(bad_files)} of {len(bad_files) + 1} clips" in str(caught[0].message)
    assert "missing.wav' does not exist" in str(caught[0].message)
    assert issubclass(AudioFileWarning, UserWarning)
    assert np.isnan(X[1:]).all()
    np.testing.assert_array_equal(X[0], AudioLoader(offset=0.01).transform([good])[0])


def test_single_bad_clip_in_one_sentence():
    with pytest.raises(AudioFileError) as caught:
        AudioLoader().transform(["clips/a.wav"])
    assert str(caught.value) == (
        "AudioLoader: 'clips/a.wav' does not exist. Drop it from X (and from y); in prediction, "
        'on_error="nan" of the loader keeps its row.'
    )


def test_long_lists_are_shortened_in_the_message_only():
    with pytest.raises(AudioFileError) as caught:
        AudioLoader(n_jobs=2).transform([f"{i}.wav" for i in range(50)])
    message = str(caught.value)
    assert "'19.wav'" in message
    assert "'20.wav'" not in message
    assert "... and 30 more" in message
    assert caught.value.failures == {i: (f"{i}.wav", "does not exist") for i in range(50)}


def test_error_survives_pickling():
    with pytest.raises(AudioFileError) as caught:
        AudioLoader().transform(["a.wav", "b.wav"])
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is AudioFileError
    assert str(again) == str(caught.value)
    assert again.failures == caught.value.failures
    assert AudioFileError("only a message").failures == {}


def test_clips_of_a_chunk_are_numbered_as_in_the_whole_X():
    loader = AudioLoader(1000, 0.1)
    _, failures = loader.transform_collecting([make_noise(100), np.zeros(100)], first=40)
    assert {i: name for i, (name, _) in failures.items()} == {41: "clip 41 of X"}
    _, failures = loader.transform_collecting(["a.wav"], first=40)
    assert failures == {40: ("a.wav", "does not exist")}


def test_failures_of_a_chunk_are_reported_on_request():
    loader, tolerant = AudioLoader(1000, 0.1), AudioLoader(1000, 0.1, on_error="nan")
    good = [make_noise(100)]
    for one in (loader, tolerant):
        rows, failures = one.transform_collecting(good)
        np.testing.assert_array_equal(rows, one.transform(good))
        assert failures == {}
        one.report(failures, 1)
    rows, failures = loader.transform_collecting(["a.wav"])
    assert rows is None
    with pytest.raises(AudioFileError, match=r"'a\.wav' does not exist") as error:
        loader.report(failures, 2)
    assert error.value.failures == failures == {0: ("a.wav", "does not exist")}
    rows, failures = tolerant.transform_collecting(["a.wav"])
    assert np.isnan(rows).all()
    with pytest.warns(AudioFileWarning, match="1 of 2 clips cannot be used"):
        tolerant.report(failures, 2)


def test_missing_paths_of_a_data_frame():
    frame = pd.DataFrame({"path": ["a.wav", None, np.nan, pd.NA]})
    for column in (frame["path"], frame["path"].astype("string"), list(frame["path"])):
        with pytest.raises(AudioFileError) as caught:
            AudioLoader().transform(column)
        assert caught.value.failures[0] == ("a.wav", "does not exist")
        assert [caught.value.failures[i][0] for i in (1, 2, 3)] == [
            f"clip {i} of X" for i in (1, 2, 3)
        ]
        assert "clip 2 of X is missing; a path is expected" in str(caught.value)


# ---------------------------------------------------------------- waveforms


@pytest.mark.parametrize("method", ["fit", "transform"])
def test_bad_rows_of_an_array_are_named_at_once(method):
    X = np.stack([make_noise(100, seed=i) for i in range(5)])
    X[1, 3] = np.nan
    X[2, 99] = -np.inf
    X[4] = 0
    loader = AudioLoader(1000, 0.1)
    with pytest.raises(AudioFileError, match="3 of 5 clips") as caught:
        getattr(loader, method)(X)
    assert {i: name for i, (name, _) in caught.value.failures.items()} == {
        1: "clip 1 of X",
        2: "clip 2 of X",
        4: "clip 4 of X",
    }
    with pytest.warns(AudioFileWarning, match="clip 4 of X is digital silence"):
        rows = AudioLoader(1000, 0.1, on_error="nan").fit_transform(X)
    np.testing.assert_array_equal(np.isnan(rows).all(axis=1), [False, True, True, False, True])


def test_bad_waveforms_of_a_list():
    X = [make_noise(100), np.array([]), np.zeros(100), np.full(100, np.nan), make_noise(5)]
    with pytest.raises(AudioFileError) as caught:
        AudioLoader(1000, 1.0, offset=0.01).transform(X)
    reasons = {i: reason for i, (_, reason) in caught.value.failures.items()}
    assert list(reasons) == [1, 2, 3, 4]
    for words, reason in zip(
        ["has 0 samples", "silence", "NaN", "ends before offset=0.01 s"],
        reasons.values(),
        strict=True,
    ):
        assert words in reason


def test_only_the_part_that_is_read_has_to_be_valid(tmp_path):
    clip = make_noise(3000)
    clip[:1000] = np.nan
    clip[2000:] = np.inf
    path = write(tmp_path / "clip.wav", clip, subtype="DOUBLE")
    loader = AudioLoader(RATE, 1000 / RATE, offset=1000.5 / RATE)
    for X in ([clip], [path]):
        np.testing.assert_allclose(loader.fit_transform(X)[0], clip[1000:2000], rtol=1e-6)


def test_silence_is_accepted_on_request(tmp_path):
    path = write(tmp_path / "silent.wav", np.zeros((5000, 2)))
    # 128 is the zero of unsigned bytes.
    for X in ([path], np.zeros((1, 500)), [np.full(500, 128, np.uint8)]):
        with pytest.raises(AudioFileError, match="allow_silence=True"):
            AudioLoader(duration=0.1).transform(X)
        assert not AudioLoader(duration=0.1, allow_silence=True).fit_transform(X).any()


@pytest.mark.filterwarnings("ignore::sersk.audio.UnanswerableClipWarning")
@settings(max_examples=100, deadline=None)
@given(
    clips=st.lists(
        st.lists(st.floats(width=32) | st.just(0.0), min_size=0, max_size=20),
        min_size=1,
        max_size=6,
    ),
    offset=st.integers(0, 10),
    duration=st.integers(1, 20),
    rate=st.sampled_from([8, 16, 5]),
)
def test_rows_are_finite_or_nan_throughout_and_named(clips, offset, duration, rate):
    X = [np.array(clip, dtype=np.float32) for clip in clips]
    loader = AudioLoader(
        8, duration / 8, offset=offset / rate, input_sample_rate=rate, on_error="nan"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioFileWarning)
        rows = loader.transform(X)
    bad = set()
    if np.isnan(rows).any():
        loader.set_params(on_error="raise")
        with pytest.raises(AudioFileError) as caught:
            loader.transform(X)
        bad = set(caught.value.failures)
    for i, row in enumerate(rows):
        if i in bad:
            assert np.isnan(row).all()
        else:
            assert np.isfinite(row).all()
            assert np.isfinite(X[i][offset : offset + 1]).all()


# ---------------------------------------------------------------- truncated files


@pytest.mark.parametrize(
    ("suffix", "kwargs"),
    [
        ("wav", {}),
        ("wav", {"format": "WAVEX"}),
        ("wav", {"endian": "BIG"}),
        ("wav", {"subtype": "IMA_ADPCM"}),
        ("flac", {}),
        ("mp3", {}),
        ("ogg", {}),
        ("opus", {"format": "OGG", "subtype": "OPUS"}),
        ("aiff", {}),
        ("au", {}),
        ("sph", {"format": "NIST"}),
        ("sph", {"format": "NIST", "subtype": "ULAW"}),
        ("w64", {}),
        ("w64", {"subtype": "MS_ADPCM"}),
        ("rf64", {"format": "RF64"}),
        ("iff", {"format": "SVX", "subtype": "PCM_16"}),
    ],
)
def test_truncation_is_reported_in_every_format(tmp_path, suffix, kwargs):
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, make_noise(4 * 48000), 48000, **kwargs)
    loader = AudioLoader(duration=5.0)
    whole = loader.transform([path])
    content = path.read_bytes()
    for kept in (0.97, 0.6):
        path.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(AudioFileError, match="is truncated"):
            loader.transform([path])
    # The missing part is not requested, thus there is no error.
    part = AudioLoader(duration=0.25).transform([path])
    np.testing.assert_allclose(part[0, :5000], whole[0, :5000], atol=1e-4)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT", "ALAC_16"])
def test_a_truncated_caf_is_not_called_another_format(tmp_path, subtype):
    path = write(tmp_path / "clip.caf", make_noise(4 * RATE), subtype=subtype)
    content = path.read_bytes()
    for kept in (0.999, 0.97, 0.6):
        path.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(AudioFileError, match="is truncated"):
            AudioLoader(duration=5.0).transform([path])


def make_wav(riff_size, data_size, samples, tail=b""):
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", riff_size, b"WAVE")
    return head + fmt + struct.pack("<4sI", b"data", data_size) + samples.tobytes() + tail


@pytest.mark.parametrize("data_size", [0, 0xFFFFFFFF, 0x7FFFF000, 0x80000000])
@pytest.mark.parametrize("riff_size", [0, 8, 36, 0xFFFFFFFF])
def test_wavs_written_to_a_pipe_are_read_to_the_end(tmp_path, riff_size, data_size):
    samples = (make_noise() * 32767).astype("<i2")
    path = tmp_path / "streamed.wav"
    path.write_bytes(make_wav(riff_size, data_size, samples))
    for offset, duration in [(0, 2.0), (0.25, 0.5)]:
        loader = AudioLoader(offset=offset, duration=duration)
        np.testing.assert_array_equal(loader.transform([path]), loader.transform([samples]))


def test_empty_wav_with_chunks_after_is_empty(tmp_path):
    path = tmp_path / "empty.wav"
    tail = (
        b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Lavf58.29.100\0"
    )
    path.write_bytes(make_wav(36 + len(tail), 0, np.zeros(0, "<i2"), tail))
    with pytest.raises(AudioFileError, match="has 0 samples"):
        AudioLoader().transform([path])


@pytest.mark.filterwarnings("ignore::sersk.audio.UnanswerableClipWarning")
def test_chunks_around_the_samples_are_no_truncation(tmp_path):
    samples = (make_noise(1001) * 32767).astype("<i2")
    tail = b"note" + struct.pack("<I", 3) + b"abc\0"
    path = tmp_path / "clip.wav"
    path.write_bytes(make_wav(36 + 2002 + len(tail), 2002, samples, tail))
    loader = AudioLoader()
    np.testing.assert_array_equal(loader.transform([path]), loader.transform([samples]))


def strip_first_mp3_frame(content):
    """Remove the frame that stores the length of the file."""
    kbits = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    assert content[0] == 0xFF
    size = 144_000 * kbits[content[2] >> 4] // 44100 + (content[2] >> 1 & 1)
    return content[size:]


def test_mp3_without_a_length_is_not_truncated(tmp_path):
    path = tmp_path / "clip.mp3"
    soundfile.write(path, make_noise(44100), 44100, bitrate_mode="CONSTANT")
    content = strip_first_mp3_frame(path.read_bytes())
    for tag in (b"", b"ID3\4\0\0\0\0\2\0" + b"\0" * 256):
        path.write_bytes(tag + content)
        assert AudioLoader(duration=2.0).transform([path])[0, :22000].std() > 0.1


def test_flac_without_a_length(tmp_path):
    path = write(tmp_path / "clip.flac")
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)  # 36 bits hold the number of samples; 0 stands for unknown
    whole = AudioLoader(duration=0.5).transform([path])
    path.write_bytes(content)
    np.testing.assert_array_equal(AudioLoader(duration=0.5).transform([path]), whole)
    with pytest.raises(AudioFileError, match="does not say how long it is"):
        AudioLoader(duration=2.0).transform([path])


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_file_breaks_the_loader(tmp_path_factory, data):
    """Any bytes are either read or reported; no other error is raised."""
    folder = tmp_path_factory.mktemp("any")
    suffix = data.draw(st.sampled_from(["wav", "flac", "ogg", "aiff", "au", "w64"]))
    path = write(folder / f"clip.{suffix}", make_noise(500))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    loader = AudioLoader(8000, 0.05, allow_silence=True, on_error="nan")
    rows, failures = loader.transform_collecting([path])
    assert list(failures) in ([], [0])
    assert (np.isnan(rows) if failures else np.isfinite(rows)).all()


# ---------------------------------------------------------------- X of the wrong kind


@pytest.mark.parametrize("method", ["fit", "transform"])
@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ("clip.wav", TypeError, r"pass a list, \[path\]"),
        (Path("clip.wav"), TypeError, r"pass a list, \[path\]"),
        (b"RIFF", TypeError, "of type bytes"),
        pytest.param(io.BytesIO(b"RIFF"), TypeError, "of type BytesIO", id="BytesIO"),
        (None, TypeError, "of type NoneType"),
        (3, TypeError, "of type int"),
        ({"a.wav"}, TypeError, "of type set"),
        pytest.param(
            (path for path in ["a.wav"]), TypeError, "iterator into a list", id="generator"
        ),
        ([b"a.wav"], TypeError, "clip 0 of X is of type bytes"),
        (np.array([b"a.wav"]), TypeError, "clip 0 of X is of type bytes_"),
        pytest.param(
            [io.BytesIO(b"RIFF")], TypeError, "clip 0 of X is of type BytesIO", id="list of BytesIO"
        ),
        (["a.wav", np.ones(3)], TypeError, "clip 1 of X is of type ndarray"),
        ([np.ones(3), "a.wav"], TypeError, "clip 0 of X is of type ndarray"),
        ([1.0, 2.0], TypeError, "clip 0 of X is of type float"),
        ([["a.wav"]], TypeError, "clip 0 of X is of type list"),
        ([], ValueError, "X has 0 clips"),
        (np.array([], dtype=str), ValueError, "X has 0 clips"),
        (np.array([["a.wav"], ["b.wav"]]), ValueError, r"X.ravel\(\)"),
        (np.array([["a.wav"]], dtype=object), ValueError, r"X.ravel\(\)"),
        (pd.DataFrame({"path": ["a.wav"]}), ValueError, r"frame\['path'\]"),
        (np.array("a.wav"), ValueError, "paths have shape"),
        (np.ones(5), ValueError, "Reshape your data"),
        (np.ones((2, 3, 4)), ValueError, r"shape \(2, 3, 4\)"),
        ([np.ones((4, 2))], ValueError, r"shape \(4, 2\)"),
        (np.ones((2, 3), dtype=np.int64), ValueError, "dtype int64"),
        ([[1, 2, 3]], ValueError, "dtype int64"),
        (np.ones((2, 3), dtype=bool), ValueError, "dtype bool"),
        ([np.ones(3, dtype=complex)], ValueError, "Complex data not supported"),
        (csr_array(np.eye(3)), TypeError, "[Ss]parse"),
        ([csr_array(np.eye(3))], TypeError, "clip 0 of X is of type csr_array"),
    ],
    ids=str,
)
def test_x_of_the_wrong_kind_is_refused(method, X, error, words):
    with pytest.raises(error, match=words):
        getattr(AudioLoader(), method)(X)

"""Planted leaks are found, by name, and nothing else is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from sersk import check_leaks, load_audio_folder, load_ravdess


def sounds(n, n_samples=400, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.5, 0.5, (n, n_samples))


@pytest.fixture
def files(tmp_path):
    """Four clips: 0 and 1 differ, 2 is 0 as FLAC, 3 is 1 in stereo, padded, at 24 bits."""
    first, second = np.round(sounds(2) * 32767).astype(np.int16)
    paths = [tmp_path / name for name in ("a.wav", "b.wav", "c.flac", "d.wav")]
    soundfile.write(paths[0], first, 16000)
    soundfile.write(paths[1], second, 16000)
    soundfile.write(paths[2], first, 16000)
    padded = np.pad(second / 32768, (0, 50))
    soundfile.write(paths[3], np.column_stack([padded, padded]), 16000, subtype="PCM_24")
    return paths


def kinds(leaks):
    return [(leak.kind, leak.clips) for leak in leaks]


@pytest.mark.parametrize("kind", [list, np.array, pd.Series], ids=lambda kind: kind.__name__)
def test_copies_under_other_names(files, kind):
    leaks = check_leaks(kind([str(path) for path in files]))
    assert kinds(leaks) == [("same audio", (0, 2)), ("same audio", (1, 3))]
    assert "a.wav" in leaks[0].message
    assert "c.flac" in leaks[0].message


def test_contradicting_labels_and_speakers(files):
    leaks = check_leaks(files, ["sad", "calm", "anger", "calm"], ["A", "A", "A", "B"])
    assert kinds(leaks) == [
        ("same audio", (0, 2)),
        ("two labels", (0, 2)),
        ("same audio", (1, 3)),
        ("two speakers", (1, 3)),
    ]
    assert "('sad')" in leaks[1].message
    assert "('anger')" in leaks[1].message


def test_across_a_split(files):
    leaks = check_leaks(
        files[:3], groups=np.array(["A", "B", "B"]), folds=[([0], [1, 2]), ([0, 1], [2])]
    )
    assert kinds(leaks)[2:] == [
        ("audio on both sides", (2,)),
        ("speaker on both sides", (1, 2)),
        ("audio on both sides", (2,)),
    ]
    assert leaks[3].message == "fold 2: 'B'"


def test_files_that_cannot_be_read_are_named_and_unlike_each_other(tmp_path, files):
    (tmp_path / "empty.wav").touch()
    leaks = check_leaks([files[0], tmp_path / "empty.wav", "nowhere.wav"])
    assert kinds(leaks) == [("unreadable", (1, 2))]
    assert "'nowhere.wav' does not exist" in leaks[0].message


@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.data())
def test_waveforms_in_any_shape(seed, n, data):
    X = sounds(n, 50, seed)
    copy, original = data.draw(st.permutations(range(n)))[:2]
    X[copy] = X[original]
    expected = [("same audio", tuple(sorted((copy, original))))]
    assert kinds(check_leaks(X)) == expected
    assert kinds(check_leaks(X.astype(np.float32))) == expected
    assert kinds(check_leaks(list(X))) == expected
    assert kinds(check_leaks(pd.DataFrame(X))) == expected
    assert kinds(check_leaks(X.reshape(n, 5, 10))) == expected


def test_rows_of_features_are_compared_whole():
    assert check_leaks(np.eye(5)) == []  # no shift, no padding makes them the same


def test_the_same_sound_as_integers_and_floats():
    pcm = np.round(sounds(1)[0] * 32767).astype(np.int16)
    assert kinds(check_leaks([pcm, pcm / 32768])) == [("same audio", (0, 1))]


def test_n_jobs_changes_nothing(files):
    assert check_leaks(files, n_jobs=2) == check_leaks(files)


def test_nothing_false_in_the_recordings(ravdess_path, urdu_path):
    ravdess = load_ravdess(ravdess_path)
    leaks = check_leaks(ravdess.data, ravdess.target, ravdess.groups, n_jobs=2)
    # As published, one repetition of actor 7 is the other one once more, sample by sample.
    (twice,) = leaks
    assert twice.kind == "same audio"
    assert [Path(ravdess.data[i]).stem for i in twice.clips] == [
        "03-01-03-01-02-01-07",
        "03-01-03-01-02-02-07",
    ]
    urdu = load_audio_folder(urdu_path)
    assert check_leaks(urdu.data, urdu.target) == []


def test_a_recording_as_wav_and_flac(ravdess_path, tmp_path):
    clip = sorted(ravdess_path.glob("Actor_01/*.wav"))[0]
    samples, rate = soundfile.read(clip, dtype="int16")
    soundfile.write(tmp_path / "copy.flac", samples, rate)
    assert kinds(check_leaks([clip, tmp_path / "copy.flac"])) == [("same audio", (0, 1))]


def test_bad_input(files):
    with pytest.raises(ValueError, match="0 clips"):
        check_leaks([])
    with pytest.raises(ValueError, match="X has 4 clips, but groups has 3 entries"):
        check_leaks(files, groups=["A"] * 3)

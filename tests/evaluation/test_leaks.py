"""Planted leaks are found and named, and nothing else is reported."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate
from sklearn.dummy import DummyClassifier

from sersk import (
    check_leaks,
    cross_corpus,
    evaluate_speaker_independent,
    load_audio_folder,
    load_ravdess,
    make_emotional_speech,
)


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


def test_unreadable_files_are_named_and_are_no_duplicates(tmp_path, files):
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
    assert check_leaks(np.eye(5)) == []  # a shift or padding does not make them equal


def test_the_same_sound_as_integers_and_floats():
    pcm = np.round(sounds(1)[0] * 32767).astype(np.int16)
    assert kinds(check_leaks([pcm, pcm / 32768])) == [("same audio", (0, 1))]


def test_n_jobs_changes_nothing(files):
    assert check_leaks(files, n_jobs=2) == check_leaks(files)


@pytest.mark.slow
@pytest.mark.recordings
def test_no_false_findings_in_the_recordings(ravdess_path, urdu_path):
    ravdess = load_ravdess(ravdess_path)
    leaks = check_leaks(ravdess.data, ravdess.target, ravdess.groups, n_jobs=2)
    # In the published corpus two repetitions of actor 7 are the same samples.
    (twice,) = leaks
    assert twice.kind == "same audio"
    assert [Path(ravdess.data[i]).stem for i in twice.clips] == [
        "03-01-03-01-02-01-07",
        "03-01-03-01-02-02-07",
    ]
    urdu = load_audio_folder(urdu_path)
    assert check_leaks(urdu.data, urdu.target, near_duplicates=False) == []


@pytest.mark.recordings
def test_pieces_of_one_recording_in_urdu(urdu_path):
    urdu = load_audio_folder(urdu_path, speaker=r"/(S[MF]\d+)_")
    leaks = check_leaks(urdu.data, urdu.target, urdu.groups, n_jobs=2)
    assert {leak.kind for leak in leaks} == {"near duplicate", "two speakers"}
    # In the published corpus these clips of talk shows overlap.
    found = {
        tuple(Path(urdu.data[i]).stem for i in leak.clips): leak.clips
        for leak in leaks
        if leak.kind == "near duplicate"
    }
    assert set(found) == {
        ("SM2_F2_A024", "SM2_F3_A025"),
        ("SF1_F4_H04", "SF4_F3_H019"),
        ("SF1_F4_H04", "SF4_F4_H020"),
        ("SF6_F10_H034", "SF6_F5_H029"),
        ("SM6_F8_H070", "SM6_F9_H071"),
        ("SM24_F14_S026", "SM24_F15_S027"),
        ("SM24_F2_S014", "SM24_F3_S015"),
        ("SM24_F4_S016", "SM24_F5_S017"),
        ("SM24_F8_S020", "SM24_F9_S021"),
        ("SM25_F8_S058", "SM25_F9_S059"),
    }
    for clips in found.values():  # at the full rate: most samples are equal after one shift
        (first, rate), (second, other) = (soundfile.read(urdu.data[i]) for i in clips)
        assert rate == other
        lag = int(np.argmax(correlate(first, second))) - len(second) + 1
        first, second = first[max(lag, 0) :], second[max(-lag, 0) :]
        n_common = min(len(first), len(second))
        assert np.mean(first[:n_common] == second[:n_common]) > 0.5


def as_mp3(samples, rate, path):
    soundfile.write(path.with_suffix(".mp3"), samples, rate)
    return path.with_suffix(".mp3")


def as_ogg(samples, rate, path):
    soundfile.write(path.with_suffix(".ogg"), samples, rate)
    return path.with_suffix(".ogg")


def resampled(samples, rate, path):
    soundfile.write(path, soxr.resample(samples, rate, 16000), 16000)
    return path


def softer(samples, rate, path):
    soundfile.write(path, 0.1 * samples, rate)
    return path


def later(samples, rate, path):
    soundfile.write(path, np.pad(samples, (int(0.3137 * rate), 0)), rate)
    return path


def cut(samples, rate, path):
    soundfile.write(path, samples[len(samples) // 10 : -len(samples) // 5], rate)
    return path


def all_of_it(samples, rate, path):
    samples = soxr.resample(0.3 * samples[len(samples) // 8 :], rate, 16000)
    return as_mp3(samples, 16000, path)


@pytest.mark.recordings
@pytest.mark.parametrize(
    "change", [as_mp3, as_ogg, resampled, softer, later, cut, all_of_it], ids=lambda f: f.__name__
)
def test_changed_copies_of_recordings(ravdess_path, tmp_path, change):
    # among many takes of two sentences by two actors only the copy's original is found
    clips = sorted(p for n in ("03", "12") for p in ravdess_path.glob(f"Actor_{n}/*"))[::4]
    original = len(clips) // 3
    samples, rate = soundfile.read(clips[original], always_2d=True)
    clips.append(change(samples.mean(axis=1), rate, tmp_path / "copy.wav"))
    leaks = check_leaks(clips, n_jobs=2)
    assert kinds(leaks) == [("near duplicate", (original, len(clips) - 1))]
    assert kinds(check_leaks(clips, near_duplicates=False)) == []


@pytest.fixture
def babble(tmp_path):
    """Return 3 clips of synthetic speech, a softer copy of clip 0, and an exact copy of clip 3."""
    corpus = make_emotional_speech(3, 1, emotions=["sad"], duration=2.0, random_state=0)
    paths = [tmp_path / f"{i}.wav" for i in range(5)]
    sounds = [*corpus.data, 0.2 * corpus.data[0], 0.2 * corpus.data[0]]
    for path, sound in zip(paths, sounds, strict=True):
        soundfile.write(path, sound, 22050, subtype="FLOAT")
    return [str(path) for path in paths]


@pytest.mark.parametrize("kind", [list, np.array, pd.Series], ids=lambda kind: kind.__name__)
def test_near_duplicates_contradict_and_cross_splits_too(babble, kind):
    leaks = check_leaks(
        kind(babble), list("aabbb"), list("ABCDD"), folds=[([0, 1], [2, 3, 4]), ([1, 2], [3])]
    )
    assert kinds(leaks) == [
        ("same audio", (3, 4)),
        ("near duplicate", (0, 3)),
        ("two labels", (0, 3)),
        ("two speakers", (0, 3)),
        ("audio on both sides", (3, 4)),
    ]
    assert "s in common" in leaks[1].message


def test_near_duplicates_are_in_reports(babble):
    y, groups = np.array(["a", "b"] * 2), np.array(["A", "A", "B", "B"])
    chance = DummyClassifier(strategy="uniform")
    within = evaluate_speaker_independent(chance, babble[:4], y, groups, cv=2)
    across = cross_corpus(
        chance, train=(babble[:2], y[:2], groups[:2]), test=(babble[2:4], y[2:], groups[2:])
    )
    for report in (within, across):
        assert ("near duplicate", (0, 3)) in kinds(report.leaks)
        assert ("audio on both sides", (3,)) in kinds(report.leaks)
        assert "near duplicate" in report.to_text()


def test_silence_and_very_short_files_are_no_near_duplicates(tmp_path):
    rng = np.random.default_rng(0)
    sounds = [np.zeros(16000), np.zeros(20000) + 1e-4, rng.normal(size=500) / 9, np.ones(400) / 9]
    for i, sound in enumerate(sounds):
        soundfile.write(tmp_path / f"{i}.wav", sound, 16000)
    assert check_leaks(sorted(tmp_path.glob("*.wav"))) == []


@pytest.mark.recordings
def test_a_recording_as_wav_and_flac(ravdess_path, tmp_path):
    clip = sorted(ravdess_path.glob("Actor_01/*.wav"))[0]
    samples, rate = soundfile.read(clip, dtype="int16")
    soundfile.write(tmp_path / "copy.flac", samples, rate)
    assert kinds(check_leaks([clip, tmp_path / "copy.flac"])) == [("same audio", (0, 1))]


def test_bad_input(files):
    with pytest.raises(ValueError, match="0 clips"):
        check_leaks([])
    with pytest.raises(TypeError, match=r"pass the parts of a corpus: check_leaks\(corpus.data"):
        check_leaks({"data": files})
    with pytest.raises(ValueError, match="X has 4 clips, but groups has 3 entries"):
        check_leaks(files, groups=["A"] * 3)

"""`sersk predict`: selection of recordings, output formats, and files that are not audio."""

import csv
import io
import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sklearn.base import clone

from sersk import (
    AbstainingClassifier,
    make_emotional_speech,
    make_ser_pipeline,
    predict_timeline,
    save_model,
)
from sersk.audio import UnanswerableClipWarning, UnlikeTrainingWarning
from sersk.cli._choosing import split_words
from sersk.cli._doubtful import DoubtfulRecordings
from sersk.signal import pass_channel


def paths_of(result):
    return [line.split("\t")[0] for line in result.stdout.splitlines()]


def test_output_formats_agree_with_the_model_in_python(sersk, light_model):
    files = light_model.files[:5]
    proba = light_model.pipeline.predict_proba(files)
    best = light_model.pipeline.predict(files).tolist()

    lines = [
        row.split("\t") for row in sersk("predict", light_model.path, *files).stdout.split("\n")
    ]
    assert [row[:2] for row in lines[:-1]] == [list(pair) for pair in zip(files, best, strict=True)]

    rows = list(
        csv.DictReader(io.StringIO(sersk("predict", light_model.path, *files, "--csv").stdout))
    )
    assert list(rows[0]) == ["path", "label", "probability", "anger", "sad"]
    assert [row["path"] for row in rows] == files
    np.testing.assert_allclose(
        [[float(row[name]) for name in ("anger", "sad")] for row in rows], proba, rtol=1e-5
    )

    records = json.loads(sersk("predict", light_model.path, *files, "--json").stdout)
    assert [record["label"] for record in records] == best
    np.testing.assert_allclose([[*r["probabilities"].values()] for r in records], proba)


def test_a_model_that_abstains_says_so_in_all_formats(sersk, light_model, tmp_path):
    pipeline = clone(light_model.pipeline)
    cautious = AbstainingClassifier(pipeline[-1], coverage=0.5, label="do not know")
    pipeline.set_params(classifier=cautious)
    pipeline.fit(light_model.files, [Path(file).parent.name for file in light_model.files])
    pipeline[-1].threshold_ = float(
        np.median(pipeline.predict_proba(light_model.files).max(axis=1))
    )
    expected = pipeline.predict(light_model.files).tolist()
    assert 0 < expected.count("do not know") < len(expected)
    path = save_model(pipeline, tmp_path / "cautious.sersk")
    lines = sersk("predict", path, *light_model.files)
    assert [line.split("\t")[1] for line in lines.stdout.splitlines()] == expected
    records = json.loads(sersk("predict", path, *light_model.files, "--json").stdout)
    assert [record["label"] for record in records] == expected
    assert records[0]["probability"] == max(records[0]["probabilities"].values())
    rows = list(
        csv.DictReader(sersk("predict", path, *light_model.files, "--csv").stdout.splitlines())
    )
    assert [row["label"] for row in rows] == expected


def test_json_and_csv_together_are_a_usage_error(sersk, light_model):
    result = sersk("predict", light_model.path, light_model.files[0], "--json", "--csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "take one" in result.stderr


@pytest.mark.parametrize(
    ("pattern", "n_expected"),
    [
        ("{corpus_folder}/sad/*.wav", 8),
        ("{corpus_folder}/**/*.wav", 16),
        ("{corpus_folder}/**", 16),
        ("{corpus_folder}/s?d", 8),
        ("{corpus_folder}/[as]*/*_0[01].*", 2),
    ],
)
def test_quoted_patterns(sersk, light_model, corpus_folder, pattern, n_expected):
    (corpus_folder / "sad" / "notes.txt").write_text("no sound")
    result = sersk("predict", light_model.path, pattern.format(corpus_folder=corpus_folder))
    assert result.exit_code == 0, result.stderr
    assert len(paths_of(result)) == len(set(paths_of(result))) == n_expected


def test_a_pattern_that_matches_nothing_is_named(sersk, light_model, corpus_folder):
    result = sersk("predict", light_model.path, f"{corpus_folder}/*.ogg", light_model.files[0])
    assert result.exit_code == 3
    assert "*.ogg: matches no recording" in result.stderr
    assert paths_of(result) == [light_model.files[0]]


def test_a_name_that_looks_like_a_pattern_is_a_name(sersk, light_model, tmp_path):
    clip, rate = soundfile.read(light_model.files[0])
    name = tmp_path / "take [1] *.wav"
    soundfile.write(name, clip, rate)
    assert paths_of(sersk("predict", light_model.path, name)) == [str(name)]


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\0"])
def test_lists_of_files(sersk, light_model, tmp_path, separator):
    files = light_model.files[:3]
    text = separator.join([*files, ""])
    (tmp_path / "list").write_bytes(text.encode())
    for result in (
        sersk("predict", light_model.path, "--files-from", "-", stdin=text.encode()),
        sersk("predict", light_model.path, "--files-from", tmp_path / "list"),
    ):
        assert paths_of(result) == files


def test_a_recording_on_standard_input(sersk, light_model, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sound = Path(light_model.files[3]).read_bytes()
    result = sersk("predict", light_model.path, "-", light_model.files[0], stdin=sound)
    expected = sersk("predict", light_model.path, light_model.files[3], light_model.files[0])
    assert paths_of(result) == ["-", light_model.files[0]]
    assert (
        result.stdout.split("\n")[0].split("\t")[1:]
        == (expected.stdout.split("\n")[0].split("\t")[1:])
    )
    assert list(tmp_path.iterdir()) == []  # the recording is not kept


@pytest.mark.parametrize(("sound", "reason"), [(b"", "0 bytes"), (b"no sound", "is not audio")])
def test_standard_input_that_is_not_a_recording(sersk, light_model, sound, reason):
    result = sersk("predict", light_model.path, "-", stdin=sound)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: -: ")
    assert reason in result.stderr


def test_standard_input_is_read_once(sersk, light_model):
    result = sersk("predict", light_model.path, "-", "--files-from", "-", stdin=b"")
    assert result.exit_code == 2


def test_nothing_to_predict_is_a_usage_error(sersk, light_model):
    result = sersk("predict", light_model.path)
    assert result.exit_code == 2
    assert "--files-from" in result.stderr


def test_rows_of_many_parts_are_in_order_and_bad_files_are_named_once(sersk, light_model, tmp_path):
    clip, rate = soundfile.read(light_model.files[0])
    for i in range(150):
        soundfile.write(tmp_path / f"{i:03d}.wav", clip, rate)
    for i in (10, 70, 149):
        (tmp_path / f"{i:03d}.wav").write_bytes(b"")
    result = sersk("predict", light_model.path, tmp_path, "--json")
    assert result.exit_code == 3
    done = [os.path.basename(record["path"]) for record in json.loads(result.stdout)]
    assert done == [f"{i:03d}.wav" for i in range(150) if i not in (10, 70, 149)]
    for i in (10, 70, 149):
        assert result.stderr.count(f"{i:03d}.wav") == 1
    assert not {"\r", "\x1b"} & set(result.stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are not text need Linux")
def test_a_file_name_that_is_not_text(sersk, light_model, tmp_path):
    name = os.path.join(os.fsencode(tmp_path), b"\xff.wav")
    with open(name, "wb") as file:
        file.write(Path(light_model.files[0]).read_bytes())
    result = sersk("predict", light_model.path, tmp_path)
    assert result.exit_code == 0, result.stderr
    assert result.stdout_bytes.startswith(name + b"\t")


@pytest.fixture(scope="module")
def long_files(light_model, tmp_path_factory):
    """Twelve seconds of one class, then twelve seconds of which the last six are the other."""
    folder = tmp_path_factory.mktemp("long")
    anger, sad = (
        np.concatenate([soundfile.read(file)[0] for file in light_model.files if name in file])
        for name in ("anger", "sad")
    )
    soundfile.write(folder / "a.wav", np.resize(anger, 12 * 8000), 8000)
    both = [np.resize(anger, 2 * 8000), np.resize(sad, 10 * 8000)]
    soundfile.write(folder / "b.wav", np.concatenate(both), 8000)
    return [str(folder / "a.wav"), str(folder / "b.wav")]


def test_long_recordings_are_counted_in_one_note(sersk, light_model, long_files):
    result = sersk("predict", light_model.path, long_files[0])
    assert result.exit_code == 0
    assert result.stderr == (
        "Note: heard the first 1 of 12 s; see sersk timeline, or average over all of a recording "
        "with --window 1.\n"
    )
    result = sersk("predict", light_model.path, *light_model.files, *long_files, "--json")
    assert len(json.loads(result.stdout)) == 18
    assert "heard the first 1 of up to 12 s of 2 of 18 recordings;" in result.stderr
    assert result.stderr.count("\n") == 1
    assert sersk("predict", light_model.path, *light_model.files).stderr == ""


def test_a_window_averages_over_all_of_a_recording(sersk, light_model, long_files):
    result = sersk("predict", light_model.path, *long_files, "--window", "1", "--json")
    assert result.exit_code == 0
    assert "heard" not in result.stderr
    first, second = json.loads(result.stdout)
    assert (first["label"], second["label"]) == ("anger", "sad")
    timeline = predict_timeline(light_model.pipeline, long_files[1], hop=0.5)
    expected = timeline.probabilities[timeline.speech].mean(axis=0)
    np.testing.assert_allclose([*second["probabilities"].values()], expected, rtol=1e-5)
    # The beginning of the second is of the other class.
    assert sersk("predict", light_model.path, long_files[1]).stdout.split("\t")[1] == "anger"


def test_a_window_changes_nothing_for_short_recordings(sersk, light_model):
    files = light_model.files[:3]
    plain = sersk("predict", light_model.path, *files, "--json")
    windowed = sersk("predict", light_model.path, *files, "--window", "1", "--json")
    for one, other in zip(json.loads(plain.stdout), json.loads(windowed.stdout), strict=True):
        assert other["probability"] == pytest.approx(one["probability"], rel=1e-4)


def test_a_window_that_the_model_can_not_hear_is_refused(sersk, light_model, long_files):
    result = sersk("predict", light_model.path, long_files[0], "--window", "2")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "longer than the clips of 1 s" in result.stderr


def test_files_that_can_not_be_used_are_named_with_a_window_too(
    sersk, light_model, long_files, tmp_path
):
    (tmp_path / "text.wav").write_text("no sound")
    soundfile.write(tmp_path / "zeros.wav", np.zeros(20000), 8000)
    bad = [tmp_path / "text.wav", tmp_path / "zeros.wav"]
    result = sersk("predict", light_model.path, bad[0], long_files[0], bad[1], "--window", "1")
    assert result.exit_code == 3
    assert paths_of(result) == long_files[:1]
    assert "text.wav: is not audio" in result.stderr
    assert "zeros.wav: is digital silence" in result.stderr


def test_recordings_with_nothing_to_hear_are_named_once(sersk, light_model, long_files, tmp_path):
    sounds = {"click": np.eye(1, 900)[0], "current": np.full(8000, 0.5)}
    paths = [tmp_path / f"{name}.wav" for name in sounds]
    for path, samples in zip(paths, sounds.values(), strict=True):
        soundfile.write(path, samples, 8000)
    result = sersk("predict", light_model.path, *paths, long_files[0])
    assert result.exit_code == 0
    assert result.stderr.count("nothing to recognise an emotion in") == 1
    assert "in 2 of 3 recordings" in result.stderr
    assert "current.wav' is constant" in result.stderr
    assert "click.wav' has only 0.125 ms of sound" in result.stderr


def test_recordings_unlike_the_training_are_named_once(sersk, tmp_path):
    corpus = make_emotional_speech(
        5, 2, emotions=("anger", "sad"), duration=1.0, sample_rate=16_000, random_state=0
    )
    pipeline = make_ser_pipeline(
        preset="functionals", sample_rate=16_000, duration=1.0, augmentation=False
    ).fit(corpus.data, corpus.target)
    model = save_model(pipeline, tmp_path / "model.sersk")
    files = [tmp_path / "as they.wav", tmp_path / "call.wav"]
    soundfile.write(files[0], corpus.data[0], 16_000)
    soundfile.write(files[1], pass_channel(corpus.data[0], 16_000, "telephone"), 16_000)
    result = sersk("predict", model, *files)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2
    assert "1 of 2 recordings is unlike those that the model was trained on" in result.stderr
    assert f"{str(files[1])!r} has sound up to 4." in result.stderr
    assert "as they.wav" not in result.stderr


def test_a_recording_is_told_once_for_the_stronger_reason(capsys):
    doubtful = DoubtfulRecordings()
    with doubtful.collecting():
        warnings.warn(UnanswerableClipWarning("", {0: ("a.wav", "is constant")}), stacklevel=1)
        unlike = {0: ("a.wav", "has 0.1 s of sound"), 1: ("b.wav", "has 0.4 s of sound")}
        warnings.warn(UnlikeTrainingWarning("", unlike), stacklevel=1)
    doubtful.tell(3, {})
    nothing, _, other = capsys.readouterr().err.partition("Note: 1 of 3 recordings is unlike")
    assert "a.wav" in nothing
    assert "a.wav" not in other
    assert "b.wav" in other


def test_only_the_first_of_many_words_is_opened_before_the_model(light_model, monkeypatch):
    opened = []
    real = open
    monkeypatch.setattr(
        "builtins.open", lambda file, *a, **k: opened.append(str(file)) or real(file, *a, **k)
    )
    split = split_words(light_model.files, None)
    assert split == (None, light_model.files)
    assert opened == light_model.files[:1]

"""`sersk predict`: selection of recordings, output formats, and files that are not audio."""

import csv
import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile


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

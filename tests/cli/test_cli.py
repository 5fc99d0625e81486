"""The command as a user sees it: exit codes, stdout and stderr."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer
from sklearn.dummy import DummyClassifier
from typer.testing import CliRunner

from sersk import (
    evaluate_speaker_independent,
    load_audio_folder,
    load_model,
    make_emotional_speech,
)
from sersk._utils.files import replacing
from sersk.cli import app, main
from sersk.cli._options import split_words
from sersk.cli._pipeline import split_sizes

SMALL = [
    *("--epochs", "1", "--filters", "2,4", "--no-augmentation", "--quiet"),
    *("--duration", "1.0", "--sample-rate", "8000"),
    *("--set", "classifier__model__dense_units=()"),
]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_process(*arguments, **options):
    command = [sys.executable, "-m", "sersk", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four speakers, two emotions, two clips each, as a folder an emotion."""
    root = tmp_path_factory.mktemp("corpus")
    corpus = make_emotional_speech(
        4, 2, emotions=["anger", "sad"], duration=1.0, sample_rate=8000, random_state=0
    )
    for i, (clip, row) in enumerate(zip(corpus.data, corpus.frame.itertuples(), strict=True)):
        (root / row.emotion).mkdir(exist_ok=True)
        soundfile.write(root / row.emotion / f"{row.speaker}_{i:02d}.wav", clip, 8000)
    return root


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    output = tmp_path_factory.mktemp("model") / "model.sersk"
    return run("train", folder, "-o", output, "--speaker", r"(synthetic-\d+)", *SMALL), output


def test_help_imports_nothing_heavy():
    heavy = ["sklearn", "tensorflow", "keras", "matplotlib", "pandas", "librosa", "scipy"]
    code = (
        "import sys, sersk.cli\n"
        "sys.argv = ['sersk', '--help']\n"
        "try:\n    sersk.cli.main()\nexcept SystemExit: pass\n"
        f"print('LOADED', [m for m in {heavy} if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    for name in ("demo", "train", "evaluate", "predict", "info", "corpora"):
        assert name in result.stdout
    assert "LOADED []" in result.stdout


def test_version():
    from sersk import __version__

    assert run("--version").stdout.split() == ["sersk", __version__]


def test_train_writes_a_pipeline_that_works_in_python(trained, folder):
    result, output = trained
    assert result.exit_code == 0, result.output
    assert "16 clips, 4 speakers, 2 emotions: anger, sad" in result.stdout
    pipeline = load_model(output)
    assert pipeline.classes_.tolist() == ["anger", "sad"]
    assert pipeline.get_params()["frontend__verbose"] is None
    assert pipeline.get_params()["frontend__n_jobs"] is None
    # validation by speaker: the four clips of one of four speakers
    assert len(pipeline.named_steps["classifier"].validation_indices_) == 4
    assert [file.name for file in output.parent.iterdir()] == ["model.sersk"]


def test_train_writes_a_file_with_default_permissions(trained):
    _, output = trained
    plain = output.with_name("plain")
    plain.touch()
    mode = plain.stat().st_mode
    plain.unlink()
    assert output.stat().st_mode == mode


def test_predict_prints_lines_with_tabs_where_stdout_is_not_a_terminal(trained, folder):
    _, model = trained
    files = sorted(folder.rglob("*.wav"))[:3]
    result = run("predict", model, *files)
    assert result.exit_code == 0, result.output
    proba = load_model(model).predict_proba([str(file) for file in files])
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[0] for row in rows] == [str(file) for file in files]
    assert [row[1] for row in rows] == np.array(["anger", "sad"])[proba.argmax(axis=1)].tolist()
    np.testing.assert_allclose([float(row[2]) for row in rows], proba.max(axis=1), atol=5.1e-5)


def test_predict_searches_folders_and_gives_each_file_once(trained, folder):
    _, model = trained
    first = min((folder / "anger").iterdir())
    result = run("predict", model, first, folder, "--json")
    records = json.loads(result.stdout)
    assert len(records) == 16
    for record in records:
        assert sum(record["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert record["probability"] == max(record["probabilities"].values())


def test_predict_names_unreadable_files_and_predicts_the_rest(trained, folder, tmp_path):
    _, model = trained
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "empty").mkdir()
    good = min((folder / "sad").iterdir())
    result = run("predict", model, tmp_path / "text.wav", good, tmp_path / "empty", "nowhere.wav")
    assert result.exit_code == 3
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == [str(good)]
    for name in ("text.wav", "empty", "nowhere.wav"):
        assert name in result.stderr


def test_predict_with_nothing_readable_prints_no_result(trained):
    _, model = trained
    result = run("predict", model, "nowhere.wav", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])


@pytest.mark.parametrize("content", [b"", b"no model", b"\x80\x04K\x01."])
def test_predict_says_that_a_file_is_not_a_model(content, tmp_path, folder):
    file = tmp_path / "thing.sersk"
    file.write_bytes(content)
    result = run("predict", file, folder)
    assert result.exit_code == 1
    assert "thing.sersk" in result.stderr
    assert "Traceback" not in result.output


def test_predict_warns_of_untrusted_models():
    assert "trust" in run("predict", "--help").stdout


def test_evaluate_gives_one_json_object_and_reports(folder, tmp_path):
    page, text = tmp_path / "report.html", tmp_path / "report.txt"
    speaker = ("--speaker", r"(synthetic-\d+)")
    files = ("--report", page, "--report", text)
    result = run("evaluate", folder, *speaker, "--folds", 2, "--json", *files, *SMALL)
    assert result.exit_code == 0, result.output
    scores = json.loads(result.stdout)
    assert scores["n_speakers"] == 4
    assert scores["chance_uar"] == 0.5
    mean = scores["mean"]
    assert mean["uar"] == pytest.approx(np.mean([fold["uar"] for fold in scores["by_fold"]]))
    recalls = {row["class"]: row["recall"] for row in scores["by_class"]}
    assert set(recalls) == {"anger", "sad"}
    # both classes have the same number of clips in every fold, thus UAR equals accuracy
    assert mean["uar"] == pytest.approx(mean["accuracy"])
    assert scores["scores"]["uar"] == pytest.approx(np.mean(list(recalls.values())))
    assert page.read_text().lstrip().lower().startswith("<!doctype html>")
    assert f"{scores['scores']['uar']:.3f}" in text.read_text()


@pytest.mark.parametrize(
    ("options", "n_folds", "seeds"),
    [
        (["--folds", 2, "--seeds", 3], 2, [0, 1, 2]),
        (["--folds", 2, "--seeds", 2, "--seed", 5], 2, [5, 6]),
        (["--leave-one-speaker-out"], 4, [0]),
    ],
    ids=["seeds", "first seed", "leave one out"],
)
def test_evaluate_fits_each_fold_once_a_seed(folder, monkeypatch, options, n_folds, seeds):
    # the command makes the splits, whatever the classifier; the network is fitted above
    guess = DummyClassifier(strategy="uniform")
    monkeypatch.setattr("sersk.cli._pipeline.PipelineOptions.make", lambda *_: guess)
    speaker = ("--speaker", r"(synthetic-\d+)")
    result = run("evaluate", folder, *speaker, "--json", "--quiet", *options)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    fits = [(row["seed"], row["fold"]) for row in report["by_fold"]]
    assert fits == [(seed, fold) for seed in seeds for fold in range(1, n_folds + 1)]
    assert report["n_predictions"] == 16 * len(seeds)


def test_evaluate_is_the_report_of_python(folder, monkeypatch):
    guess = DummyClassifier(strategy="uniform")
    monkeypatch.setattr("sersk.cli._pipeline.PipelineOptions.make", lambda *_: guess)
    speaker = r"(synthetic-\d+)"
    arguments = ("evaluate", folder, "--speaker", speaker, "--folds", 2, "--quiet")
    corpus = load_audio_folder(folder, speaker=speaker)
    expected = evaluate_speaker_independent(
        guess, corpus.data, corpus.target, corpus.groups, cv=2, seeds=(0,), corpus=corpus
    )
    assert run(*arguments, "--json").stdout == expected.to_json() + "\n"
    assert run(*arguments).stdout.startswith(expected.to_text())


def test_a_report_states_the_command_that_made_it(folder, monkeypatch, capsys):
    guess = DummyClassifier(strategy="uniform")
    monkeypatch.setattr("sersk.cli._pipeline.PipelineOptions.make", lambda *_: guess)
    speaker = r"(synthetic-\d+)"
    arguments = ["evaluate", str(folder), "--speaker", speaker, "--folds", "2", "--quiet", "--json"]
    monkeypatch.setattr("sys.argv", ["/usr/bin/sersk", *arguments])
    with pytest.raises(SystemExit, match="0"):
        main()
    report = json.loads(capsys.readouterr().out)
    assert shlex.split(report["about"]["command"]) == ["sersk", *arguments]
    (corpus,) = report["about"]["corpora"]
    assert (corpus["name"], corpus["n_clips"], corpus["n_speakers"]) == (folder.name, 16, 4)


def test_evaluate_refuses_a_report_that_it_could_not_write_before_training(folder, tmp_path):
    files = {tmp_path / "report.pdf": 2, tmp_path / "no folder" / "report.html": 1}
    for file, code in files.items():
        result = run("evaluate", folder, "--speaker", r"(synthetic-\d+)", "--report", file)
        assert result.exit_code == code
        assert file.name in result.stderr or "no folder" in result.stderr


def test_evaluate_refuses_without_speakers(folder):
    result = run("evaluate", folder)
    assert result.exit_code == 2
    assert "--speaker REGEX" in result.stderr
    assert result.stdout == ""


def test_evaluate_refuses_more_folds_than_speakers(folder):
    result = run("evaluate", folder, "--speaker", r"(synthetic-\d+)", "--folds", 5)
    assert result.exit_code == 2
    assert "there are 4" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["nowhere"], 1, "does not exist"),
        (["{folder}", "--speaker", "("], 2, "regular expression"),
        (["{folder}", "--speaker", "nobody"], 1, "finds no speaker"),
        (["{folder}", "--emotions", "anger,bliss"], 2, "bliss"),
        (["{folder}", "--emotions", ""], 2, "emotions is empty"),
        (["{folder}", "--corpus", "ravdess"], 1, "not named"),
        (["{folder}", "--corpus", "mine"], 2, "mine"),
        (["{folder}", "--classifier", "brain"], 2, "brain"),
        (["{folder}", "--filters", "16,x"], 2, "16,x"),
        (["{folder}", "--set", "classifier"], 2, "NAME=VALUE"),
        (["{folder}", "--set", "nothing=1"], 2, "nothing"),
        (["{folder}", "--duration", "-1"], 2, "duration"),
        (["{folder}", "-o", "{folder}"], 1, "is a folder"),
        (["{folder}", "-o", "{folder}/no/model"], 1, "does not exist"),
    ],
)
def test_train_explains_wrong_use_without_traceback(folder, arguments, exit_code, message):
    result = run("train", *(argument.format(folder=folder) for argument in arguments))
    assert result.exit_code == exit_code, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "exit_code", "suggestion"),
    [
        (["--preset", "functionls"], 2, "functionals"),
        (["--classifier", "CNN-LSTM"], 2, "cnn_lstm"),
        (["--corpus", "ravdes"], 2, "ravdess"),
        (["--labels", "origina"], 2, "original"),
        (["--emotions", "sad,angr"], 2, "anger"),
        (["--set", "classifer__epochs=3"], 2, "classifier__epochs"),
        (["--set", "frontend__feature__n_mels=3"], 2, "frontend__features__n_mels"),
    ],
)
def test_misspelt_names_give_suggestions(folder, tmp_path, arguments, exit_code, suggestion):
    result = run("train", folder, "-o", tmp_path / "model", *arguments)
    assert result.exit_code == exit_code, result.output
    # Typer wraps error messages in a box
    told = " ".join(result.stderr.replace("\u2502", " ").split())
    assert f"did you mean {suggestion!r}?" in told
    assert arguments[1].partition("=")[0].rpartition(",")[2] in told
    assert list(tmp_path.iterdir()) == []


def test_ravdess_is_recognised_by_its_names_and_needs_no_speaker(tmp_path):
    (tmp_path / "03-01-05-01-01-01-01.wav").touch()
    (tmp_path / "03-01-04-01-01-01-02.wav").touch()
    result = run("train", tmp_path, "--speaker", "x", "-o", tmp_path / "model")
    assert result.exit_code == 2
    assert "ravdess" in result.stderr
    result = run("train", tmp_path, "-o", tmp_path / "model", "--quiet")
    assert result.exit_code == 1
    assert "2 clips, 2 speakers, 2 emotions: anger, sad (ravdess)" in result.stderr
    # empty files: all are named, none is used
    assert "2 clips can't be used" in result.stderr
    assert not (tmp_path / "model").exists()


def test_debug_shows_the_traceback():
    result = run("train", "nowhere", "--debug")
    assert isinstance(result.exception, FileNotFoundError)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "model"
    target.write_bytes(b"old")

    def write():
        with replacing(target) as file:
            file.write(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as info:
        write()
    assert info.value.filename == str(target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
    with replacing(target) as file:
        file.write(b"new")
    assert target.read_bytes() == b"new"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_gives_a_message_of_one_line(trained, folder, tmp_path, monkeypatch):
    _, model = trained

    def pack(file, members):
        with open("/dev/full", "wb", buffering=0) as full:
            full.write(b"x")

    monkeypatch.setattr("sersk.persistence.saving.pack", pack)
    from sersk.cli._models import save_model
    from sersk.cli._terminal import describe

    with pytest.raises(OSError, match="No space left") as info:
        save_model(load_model(model), tmp_path / "model")
    assert re.fullmatch(r"'.*model': No space left on device", describe(info.value))
    assert list(tmp_path.iterdir()) == []


def test_interruption_ends_with_130_and_no_traceback(monkeypatch, folder):
    def interrupt(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("sersk.cli._options.CorpusOptions.load", interrupt)
    result = run("train", folder)
    assert result.exit_code == 130
    assert result.stderr == "Interrupted.\n"


def test_output_of_tensorflow_is_shown_only_when_it_fails(trained, folder, tmp_path):
    _, model = trained
    clip = min((folder / "sad").iterdir())
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    result = run_process("predict", model, clip, env=environment)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(str(clip))

    broken = tmp_path / "tensorflow.py"
    broken.write_text(
        "import os\nos.write(2, b'the reason\\n')\nraise ImportError('no TensorFlow')"
    )
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), environment.get("PYTHONPATH", "")])
    result = run_process("predict", model, clip, env=environment)
    assert result.returncode == 1
    assert "the reason" in result.stderr
    assert "no TensorFlow" in result.stderr
    assert "Traceback" not in result.stderr


def test_options_of_groups_become_options_of_the_command():
    from dataclasses import dataclass

    from sersk.cli._options import Debug
    from sersk.cli._terminal import command

    @dataclass
    class Size:
        width: int
        height: int = 2

    app = typer.Typer()
    given = []

    @app.command()
    @command
    def draw(*, name: str = "box", size: Size, debug: Debug = False) -> None:
        given.append((name, size, debug))

    assert CliRunner().invoke(app, ["3", "--height", "5"]).exit_code == 0
    assert CliRunner().invoke(app, ["4", "--name", "bag"]).exit_code == 0
    assert given == [("box", Size(3, 5), False), ("bag", Size(4, 2), False)]
    assert CliRunner().invoke(app, ["--height", "5"]).exit_code == 2


def test_plurals_and_sizes():
    assert split_words(" anger, sad,") == ["anger", "sad"]
    assert split_sizes("16, 32") == (16, 32)


@pytest.mark.parametrize(
    "words",
    [
        ["train", ""],
        ["train", "folder", "-o", ""],
        ["evaluate", "folder", "--report="],
        ["predict", "clip.wav", ""],
        ["convert", "old.sersk", ""],
        ["corpora", ""],
    ],
)
def test_an_empty_word_is_refused(sersk, words):
    result = sersk(*words)
    assert result.exit_code == 2
    text = " ".join(result.stderr.replace("│", " ").split())  # without the frame of the message
    assert "nothing stands after" in text
    assert "variable of the shell" in text

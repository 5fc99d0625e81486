"""Commands on a table of clips in place of a folder."""

import csv
import json

import pytest

SPEED = ("--quiet", "--no-augmentation", "--duration", "1.0", "--sample-rate", "8000")


@pytest.fixture
def table(corpus_folder, tmp_path):
    """The small corpus as a table: its speakers are in the column "who"."""
    files = sorted(corpus_folder.rglob("*.wav"))
    rows = [[str(f.relative_to(corpus_folder)), f.parent.name, f.name.split("_")[0]] for f in files]
    with open(tmp_path / "list.csv", "w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["file", "emotion", "who"], *rows])
    return tmp_path / "list.csv"


def test_train_and_evaluate(sersk, table, corpus_folder, tmp_path):
    columns = ("--path", "file", "--label", "emotion", "--speaker", "who", "--root", corpus_folder)
    model = tmp_path / "model.joblib"
    result = sersk("train", table, *columns, *SPEED, "--output", model)
    assert result.exit_code == 0, result.output
    assert "16 clips, 4 speakers, 2 emotions: anger, sad (table)" in result.stderr
    assert model.exists()
    result = sersk("evaluate", table, *columns, *SPEED, "--folds", "2")
    assert result.exit_code == 0, result.output
    assert "UAR" in result.stdout


def test_corpora(sersk, table, corpus_folder):
    columns = ("--path", "file", "--label", "emotion", "--root", corpus_folder)
    result = sersk("corpora", table, *columns, "--speaker", "who")
    assert result.exit_code == 0, result.output
    assert "16 clips, 2 emotions, 4 speakers; read as: a table" in result.stdout
    with open(table, "a") as file:
        file.write("nowhere.wav;sad;x\n")
    found = json.loads(sersk("corpora", table, *columns, "--json").stdout)
    assert found["n_clips"] == 16
    assert found["problems"][0]["what"] == "line 18"
    rows = list(csv.DictReader(sersk("corpora", table, *columns, "--csv").stdout.splitlines()))
    assert rows[-1]["path"] == "line 18"
    assert rows[-1]["problem"].startswith("'nowhere.wav' does not exist")
    assert sersk("corpora", table, *columns).exit_code == 3


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--corpus", "tess"], "--corpus tess is for a folder"),
        (["--path", "filex"], "did you mean 'file'?"),
        (["--path", "file", "--label", "emotion"], "'anger/"),
    ],
)
def test_what_is_wrong_is_said(sersk, table, options, problem):
    result = sersk("train", table, *options)
    assert result.exit_code in (1, 2)
    assert problem in " ".join(result.stderr.split())


def test_options_of_a_table_are_refused_for_a_folder(sersk, corpus_folder):
    for option in ("--path", "--label", "--root"):
        result = sersk("evaluate", corpus_folder, option, "x")
        assert result.exit_code == 2
        assert f"{option} is for a table" in " ".join(result.stderr.split())

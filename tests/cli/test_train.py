"""`sersk train` with an evaluation, its output formats, and progress outside a terminal."""

import csv
import io
import json

import pytest

from sersk import load_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tmp_path_factory.mktemp("модели") / "моя модель 1.sersk"


@pytest.fixture(scope="module")
def trained(sersk, corpus_folder, small, model):
    return sersk(
        "train", corpus_folder, "-o", model, "--evaluate", "--folds", "2", "--json", *small
    )


def test_the_score_is_measured_first_and_kept(sersk, trained, model):
    assert trained.exit_code == 0, trained.output
    facts = json.loads(trained.stdout)
    assert facts["score"]["n_fits"] == 2
    assert facts["score"]["n_speakers"] == 4
    assert facts["score"]["uar_interval"][0] <= facts["score"]["uar"]
    assert facts["corpus"]["n_clips"] == 16
    assert facts["network"] == {
        "name": "cnn",
        "parameters": {"filters": [2, 4], "dense_units": []},
    }
    assert facts["epochs"] == 1
    assert facts["n_parameters"] == load_model(model)[-1].model_.count_params()
    told = json.loads(sersk("info", model, "--json").stdout)
    assert {**told, "file": None, "bytes": None} == {**facts, "file": None, "bytes": None}
    assert "UAR" in sersk("info", model).stdout


def test_options_of_the_run_are_not_saved_in_the_model(trained, model):
    params = load_model(model).get_params()
    assert params["classifier__callbacks"] is None
    assert params["frontend__verbose"] is params["classifier__verbose"] is None
    assert params["frontend__n_jobs"] is None


def test_progress_is_written_as_plain_lines(trained):
    assert "Training: 1/1 epochs" in trained.stderr
    assert "Fitting: 2/2 fits" in trained.stderr
    assert "Making features" in trained.stderr
    assert not {"\r", "\x1b", "\b"} & set(trained.stderr)


def test_the_model_predicts(sersk, trained, model, corpus_folder):
    result = sersk("predict", model, corpus_folder, "--json")
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)) == 16


def test_the_learning_curve_as_csv(sersk, corpus_folder, small, tmp_path):
    result = sersk(
        "train", corpus_folder, "-o", tmp_path / "m", *small, "--epochs", "2", "--csv", "--verbose"
    )
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert all(float(row["loss"]) > 0 for row in rows)
    assert "epoch 2/2  loss" in result.stderr


def test_an_evaluation_needs_speakers(sersk, corpus_folder, tmp_path):
    result = sersk("train", corpus_folder, "-o", tmp_path / "m", "--evaluate")
    assert result.exit_code == 2
    assert "--speaker REGEX" in result.stderr
    result = sersk(
        "train", corpus_folder, "--evaluate", "--folds", "5", "--speaker", r"(synthetic-\d+)"
    )
    assert result.exit_code == 2
    assert "there are 4" in result.stderr


def test_functionals_are_trained_without_a_network(sersk, corpus_folder, tmp_path):
    model = tmp_path / "functionals.sersk"
    speaker = ("--speaker", r"(synthetic-\d+)")
    options = ("--preset", "functionals", "--duration", "1.0", "--sample-rate", "8000", *speaker)
    trained = sersk("train", corpus_folder, "-o", model, "--evaluate", "--folds", "2", *options)
    assert trained.exit_code == 0, trained.output
    assert "shrinkage" in trained.stdout
    assert "UAR" in trained.stdout
    told = sersk("info", model).stdout
    assert "DiscriminantClassifier" in told
    facts = json.loads(sersk("info", model, "--json").stdout)
    assert facts["n_parameters"] == load_model(model)[-1].coef_.size
    predicted = sersk("predict", model, corpus_folder, "--json")
    assert len(json.loads(predicted.stdout)) == 16
    curve = sersk("train", corpus_folder, "-o", model, "--csv", "--no-augmentation", *options)
    assert curve.stdout.strip() == "epoch"  # there are none


def test_options_that_a_preset_lacks_are_refused(sersk, corpus_folder, tmp_path):
    result = sersk(
        "train",
        corpus_folder,
        "-o",
        tmp_path / "m.sersk",
        "--preset",
        "functionals",
        "--epochs",
        "3",
    )
    assert result.exit_code == 2
    assert "--epochs" in result.stderr
    assert not (tmp_path / "m.sersk").exists()

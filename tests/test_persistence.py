"""Model files: a model is saved with its description, and is not modified."""

import json
import zipfile

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sersk import (
    describe_model,
    evaluate_speaker_independent,
    load_model,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.persistence import PickledModelError


@pytest.fixture
def fitted():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    speakers = np.arange(40) // 10
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    report = evaluate_speaker_independent(model, X, y, speakers, cv=4, seeds=(0, 1))
    return model, report, X


def test_a_model_is_loaded_with_its_card(fitted, tmp_path):
    model, report, X = fitted
    corpus = make_emotional_speech(2, 1, random_state=0)
    path = save_model(model, tmp_path / "a.sersk", corpus=corpus, report=report)
    read = load_model(path)
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))
    facts = describe_model(read)
    assert facts["steps"] == ["StandardScaler", "LogisticRegression"]
    assert facts["corpus"]["name"] == "synthetic"
    assert facts["corpus"]["n_speakers"] == 2
    assert facts["score"]["uar"] == report.uar
    assert facts["score"]["uar_interval"] == list(report.intervals["uar"])
    assert (facts["score"]["n_fits"], facts["score"]["n_seeds"]) == (8, 2)
    assert {"sersk", "scikit-learn", "python"} <= set(facts["versions"])
    assert json.loads(json.dumps(facts)) == facts


def test_the_given_model_is_not_modified_and_a_clone_has_no_card(fitted, tmp_path):
    model, report, _ = fitted
    before = set(vars(model))
    path = save_model(model, tmp_path / "a.sersk", report=report)
    assert set(vars(model)) == before
    assert describe_model(model)["score"] is None
    assert describe_model(clone(load_model(path)))["score"] is None


def test_joblib_reads_its_files_and_load_model_reads_them_on_request(fitted, tmp_path):
    model, _, X = fitted
    save_model(model, tmp_path / "ours.joblib")
    joblib.dump(model, tmp_path / "theirs.joblib", compress=3)
    for name in ("ours.joblib", "theirs.joblib"):
        with pytest.raises(PickledModelError, match="allow_pickle=True"):
            load_model(tmp_path / name)
        for read in (joblib.load, lambda path: load_model(path, allow_pickle=True)):
            np.testing.assert_array_equal(read(tmp_path / name).predict(X), model.predict(X))
    facts = describe_model(load_model(tmp_path / "theirs.joblib", allow_pickle=True))
    assert facts["created"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": 3}, "fitted classifier"),
        ({"corpus": 3}, "corpus is of type int"),
        ({"report": {"uar": 1.0}}, "report is of type dict"),
    ],
)
def test_wrong_types_are_named_and_nothing_is_written(fitted, tmp_path, arguments, message):
    given = {"model": fitted[0], **arguments}
    with pytest.raises(TypeError, match=message):
        save_model(given.pop("model"), tmp_path / "a.sersk", **given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "model", [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())]
)
def test_an_unfitted_model_is_refused_and_nothing_is_written(tmp_path, model):
    (tmp_path / "a.sersk").write_bytes(b"the old one")
    with pytest.raises(NotFittedError, match=f"save_model: this {type(model).__name__} is not"):
        save_model(model, tmp_path / "a.sersk")
    assert (tmp_path / "a.sersk").read_bytes() == b"the old one"
    assert [file.name for file in tmp_path.iterdir()] == ["a.sersk"]


@pytest.mark.parametrize("preset", ["published", "functionals"])
def test_an_unfitted_pipeline_is_refused(tmp_path, preset):
    with pytest.raises(NotFittedError, match="save_model: this Pipeline is not fitted"):
        save_model(make_ser_pipeline(preset=preset), tmp_path / "a.sersk")
    assert list(tmp_path.iterdir()) == []


def test_a_search_is_described_by_its_best_pipeline(fitted):
    _, _, X = fitted
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, {"logisticregression__C": [1.0, 2.0]}, cv=2)
    facts = describe_model(search.fit(X, np.tile(["anger", "sad"], 20)))
    assert facts["steps"] == ["StandardScaler", "LogisticRegression"]
    assert (facts["classifier"], facts["network"]) == ("LogisticRegression", None)
    assert facts["classes"] == ["anger", "sad"]


def test_a_file_that_is_not_a_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no model file"):
        load_model(tmp_path / "nowhere")
    joblib.dump([1, 2], tmp_path / "list")
    with pytest.raises(ValueError, match="of type list"):
        load_model(tmp_path / "list", allow_pickle=True)
    (tmp_path / "text").write_text("text")
    for allowed in (False, True):
        with pytest.raises(ValueError, match="no model that can be loaded"):
            load_model(tmp_path / "text", allow_pickle=allowed)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("model.txt", "text")
    with pytest.raises(ValueError, match=r"no \.sersk file"):
        load_model(tmp_path / "other.zip")


def test_an_interrupted_evaluation_is_saved_with_its_finished_fits():
    from sersk.evaluation import EvaluationInterrupted

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    fits = []

    class Impatient(LogisticRegression):
        def fit(self, X, y):
            fits.append(1)
            if len(fits) == limit:
                raise KeyboardInterrupt
            return super().fit(X, y)

    limit = 3
    whole = evaluate_speaker_independent(LogisticRegression(), X, y, np.arange(40) // 10, cv=4)
    with pytest.raises(EvaluationInterrupted) as info:
        evaluate_speaker_independent(Impatient(), X, y, np.arange(40) // 10, cv=4)
    report = info.value.report
    assert "2 of 4 fits" in report.notes[0]
    expected = whole.predictions[whole.predictions["fold"] <= 2].reset_index(drop=True)
    assert report.predictions.equals(expected)
    fits.clear()
    limit = 1
    with pytest.raises(KeyboardInterrupt) as nothing:
        evaluate_speaker_independent(Impatient(), X, y, np.arange(40) // 10, cv=4)
    assert not isinstance(nothing.value, EvaluationInterrupted)

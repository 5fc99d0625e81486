"""Names of model files: upper and lower case are alike, and errors show a plain path."""

import pickle

import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from sersk import load_model, save_model
from sersk.evaluation import EvaluationReport
from sersk.persistence import PickledModelError


@pytest.fixture
def model():
    return DummyClassifier().fit([[0], [0]], ["anger", "sad"])


@pytest.mark.parametrize("ending", ["", ".sersk", ".SERSK", ".Sersk"])
def test_a_safe_file(model, tmp_path, ending):
    path = save_model(model, tmp_path / f"m{ending}")
    assert path.read_bytes().startswith(b"PK\3\4")
    assert load_model(path).predict([[0]]) == model.predict([[0]])


@pytest.mark.parametrize("ending", [".joblib", ".JOBLIB", ".Pkl", ".PICKLE"])
def test_a_pickle(model, tmp_path, ending):
    path = save_model(model, tmp_path / f"m{ending}")
    assert path.read_bytes().startswith(b"\x80")
    with pytest.raises(PickledModelError, match="pass allow_pickle=True"):
        load_model(path)
    assert load_model(path, allow_pickle=True).predict([[0]]) == model.predict([[0]])


@pytest.mark.parametrize("ending", [".sersk", ".SERSK"])
def test_a_pickle_that_is_named_as_a_safe_file(model, tmp_path, ending):
    path = tmp_path / f"m{ending}"
    path.write_bytes(pickle.dumps(model))
    with pytest.raises(PickledModelError, match="which no pickle may"):
        load_model(path, allow_pickle=True)


@pytest.mark.parametrize("ending", [".txt", ".ONNX", ".zip"])
def test_other_endings(model, tmp_path, ending):
    with pytest.raises(ValueError, match=rf"m{ending}' ends in '\{ending}'"):
        save_model(model, tmp_path / f"m{ending}")


@pytest.fixture
def report():
    labels = ["anger", "sad"]
    columns = {"seed": 0, "fold": [0, 1], "clip": [0, 1], "speaker": ["a", "b"]}
    return EvaluationReport(pd.DataFrame({**columns, "y_true": labels, "y_pred": labels}))


def test_a_report_in_capitals(report, tmp_path):
    text = report.save(tmp_path / "report.MD").read_text(encoding="utf-8")
    assert text == report.to_markdown() + "\n"


def test_errors_show_a_path_and_no_object(model, report, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "nowhere", tmp_path / "file"):
        for name, save in {
            "m.sersk": lambda path: save_model(model, path),
            "m.joblib": lambda path: save_model(model, path),
            "r.md": report.save,
        }.items():
            with pytest.raises(OSError, match=r"No such|Not a") as info:
                save(folder / name)
            assert str(info.value).endswith(f": {str(folder / name)!r}")
            assert "Path(" not in str(info.value)

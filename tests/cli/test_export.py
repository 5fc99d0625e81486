"""`sersk export`: a model file as ONNX or LiteRT."""

import pytest

from sersk import make_emotional_speech, make_ser_pipeline, save_model


@pytest.fixture
def functionals(tmp_path):
    corpus = make_emotional_speech(2, 1, random_state=0)
    pipeline = make_ser_pipeline(preset="functionals", augmentation=False, duration=2.0)
    return save_model(pipeline.fit(corpus.data, corpus.target), tmp_path / "model.sersk")


def test_export_from_features(sersk, functionals, tmp_path):
    pytest.importorskip("onnx")
    path = tmp_path / "model.onnx"
    answer = sersk("export", str(functionals), "-o", str(path), "--from-features")
    assert answer.exit_code == 0, answer.stderr
    assert path.stat().st_size > 0
    assert str(path) in answer.stdout


def test_what_cannot_be_exported(sersk, functionals, tmp_path):
    path = tmp_path / "model.onnx"
    answer = sersk("export", str(functionals), "-o", str(path))
    assert answer.exit_code == 1
    assert "--from-features" in answer.stderr
    assert not path.exists()
    answer = sersk("export", str(functionals), "-o", str(tmp_path / "model.pt"))
    assert answer.exit_code == 2
    assert ".onnx, .tflite" in answer.stderr

"""`sersk info`: this installation, and the description of a model file."""

import csv
import importlib
import io
import json
import re
import sys

import joblib
from sklearn.dummy import DummyClassifier

from sersk import (
    evaluate_speaker_independent,
    load_audio_folder,
    make_ser_pipeline,
    save_model,
)
from sersk._utils.processor import computes_bfloat16, describe_processor

MODULE = importlib.import_module("sersk.cli._installation")


def test_the_installation(sersk, monkeypatch, tmp_path):
    monkeypatch.setenv("SERSK_DATA_HOME", str(tmp_path / "корпуса"))
    (tmp_path / "корпуса" / "ravdess").mkdir(parents=True)
    monkeypatch.setattr(MODULE, "_count_graphics_cards", lambda: 0)
    facts = json.loads(sersk("info", "--json").stdout)
    assert facts["versions"]["python"] == sys.version.split()[0]
    assert facts["versions"]["numpy"]
    assert facts["processor"]["n_usable"] >= 1
    assert facts["bfloat16"]["pays"] == computes_bfloat16()
    assert facts["folders"]["corpora"]["holds"] == ["ravdess"]
    text = sersk("info").stdout
    for words in ("numpy", "processor", "bfloat16", "folder: corpora"):
        assert words in text
    rows = dict(csv.reader(io.StringIO(sersk("info", "--csv").stdout)))
    assert rows["versions.numpy"] == facts["versions"]["numpy"]


def test_a_tensorflow_that_cannot_be_imported_is_reported(sersk, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setattr(MODULE, "import_tensorflow_quietly", lambda: None)
    assert "can't be imported" in json.loads(sersk("info", "--json").stdout)["graphics_cards"]


def test_bfloat16_is_read_from_the_processors_flags(monkeypatch, tmp_path):
    for text, expected in [
        ("model name : A\nflags : avx avx2 avx512_bf16\n", True),
        ("model name : A\nflags : avx avx2\n", False),
        ("Features : fp asimd bf16\n", True),
        ("Features : fp asimd\n", False),
        ("", None),
    ]:
        (tmp_path / "cpuinfo").write_text(text)
        monkeypatch.setattr("sersk._utils.processor._CPUINFO", tmp_path / "cpuinfo")
        assert computes_bfloat16() is expected
        assert (describe_processor()["instructions"] is None) == (expected is None)
    monkeypatch.setattr("sersk._utils.processor._CPUINFO", tmp_path / "nowhere")
    assert computes_bfloat16() is None


def test_a_plain_joblib_file_is_read_on_request(sersk, light_model, tmp_path):
    path = tmp_path / "plain.joblib"
    joblib.dump(light_model.pipeline, path)
    refused = sersk("info", path, "--json")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--allow-pickle" in refused.stderr
    facts = json.loads(sersk("info", path, "--json", "--allow-pickle").stdout)
    assert facts["classes"] == ["anger", "sad"]
    assert (facts["sample_rate"], facts["duration"]) == (8000, 1.0)
    assert facts["features"]["name"] == "MelSpectrogramTransformer"
    assert facts["features"]["parameters"]["n_mels"] == 16
    assert facts["network"] is facts["corpus"] is facts["score"] is facts["preset"] is None
    text = sersk("info", path, "--allow-pickle").stdout
    assert "none measured" in text
    assert "1 s at 8000 Hz" in text


def test_corpus_and_score_of_a_saved_model_are_shown(sersk, light_model, corpus_folder, tmp_path):
    corpus = load_audio_folder(corpus_folder, speaker=r"(synthetic-\d+)", name="голоса")
    report = evaluate_speaker_independent(
        DummyClassifier(), corpus.data, corpus.target, corpus.groups, cv=2, check_data=False
    )
    path = save_model(
        light_model.pipeline, tmp_path / "модель 1.sersk", corpus=corpus, report=report
    )
    facts = json.loads(sersk("info", path, "--json").stdout)
    assert facts["corpus"]["name"] == "голоса"
    assert (facts["corpus"]["n_clips"], facts["corpus"]["n_speakers"]) == (16, 4)
    assert facts["score"]["uar"] == report.uar
    text = sersk("info", path).stdout
    assert f"UAR {report.uar:.3f}" in text
    assert "16 clips of 4 speakers, 2 fits" in text


def test_a_classifier_without_a_network_is_named(sersk, corpus_folder, tmp_path):
    corpus = load_audio_folder(corpus_folder, speaker=r"(synthetic-\d+)")
    pipeline = make_ser_pipeline(
        preset="functionals", duration=1.0, sample_rate=8000, augmentation=False
    )
    pipeline.set_params(frontend__features__noise_margin=None)
    pipeline.fit(corpus.data, corpus.target, classifier__groups=corpus.groups)
    path = save_model(pipeline, tmp_path / "functionals.sersk")
    facts = json.loads(sersk("info", path, "--json").stdout)
    assert (facts["classifier"], facts["network"]) == ("DiscriminantClassifier", None)
    assert facts["features"]["name"] == "FunctionalsTransformer"
    assert facts["n_parameters"] == pipeline[-1].coef_.size
    result = sersk("info", path)
    assert result.exit_code == 0
    rows = dict(re.findall(r"^│ (.+?) +│ (.+?) +│$", result.stdout, flags=re.MULTILINE))
    assert rows["classifier"] == "DiscriminantClassifier"
    assert "network" not in rows
    assert facts["preset"]["name"] == "functionals"
    assert facts["preset"]["changed"]["frontend__loader__duration"] == 1.0
    assert rows["preset"].startswith("functionals, but frontend__augmenter=passthrough, ")
    assert "frontend__features__noise_margin=None" in rows["preset"]
    n_values = pipeline[-1].coef_.shape[1]
    assert rows["features"].endswith(f": {n_values} values for a clip")
    assert facts["chosen"]["shrinkage"] == pipeline[-1].shrinkage_
    assert rows["shrinkage"] == f"{pipeline[-1].shrinkage_:.3g}"
    assert rows["trained on"] == "unknown; clips of up to 1.0 s"
    assert rows["speaker-independent UAR"] == "none measured"
    assert sersk("info", path, "--csv").exit_code == 0


def test_a_file_that_is_not_a_model(sersk, tmp_path):
    for name in ("nowhere.sersk", "text.sersk"):
        (tmp_path / "text.sersk").write_text("no model")
        result = sersk("info", tmp_path / name)
        assert (result.exit_code, result.stdout) == (1, "")
        assert name in result.stderr

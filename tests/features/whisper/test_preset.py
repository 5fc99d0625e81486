"""The preset "pretrained", end to end; with random weights but for one test."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import sklearn
import soundfile
import typer
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.svm import SVC
from typer.testing import CliRunner

from sersk import (
    FeatureStack,
    FunctionalsTransformer,
    WhisperEncoder,
    describe_model,
    load_model,
    load_ravdess,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.cli import app
from sersk.cli._pipeline import PipelineOptions
from sersk.features.whisper import models
from sersk.pipeline import find_preset
from sersk.testing import make_whisper_folder

ENCODER = "frontend__features"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_whisper_folder(tmp_path_factory.mktemp("whisper"), n_blocks=3)


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(
        n_speakers=4, n_repetitions=2, emotions=("anger", "sad"), duration=1.0, random_state=0
    )


def small_pipeline(folder, **arguments):
    defaults = {"preset": "pretrained", "duration": 1.0, "random_state": 0}
    pipeline = make_ser_pipeline(**(defaults | arguments))
    return pipeline.set_params(**{f"{ENCODER}__model": str(folder), f"{ENCODER}__layers": [1, 2]})


def fitted(pipeline, corpus):
    return pipeline.fit(corpus.data, corpus.target, classifier__groups=corpus.groups)


def test_parts():
    pipeline = make_ser_pipeline(preset="pretrained", sample_rate=16_000, random_state=3)
    params = pipeline.get_params()
    assert params[f"{ENCODER}__model"] == "base"
    assert params[f"{ENCODER}__sample_rate"] == 16_000
    assert params["frontend__loader__duration"] == 6.0
    assert params["frontend__augmenter__speed"] == (0.85, 1.18)
    assert params["frontend__augmenter__random_state"] == 3
    assert type(params["classifier"]).__name__ == "DiscriminantClassifier"
    assert repr(pipeline).startswith("Pipeline(  # preset 'pretrained'")


def test_a_classifier_of_vectors_gets_the_features_of_the_preset():
    features = make_ser_pipeline(SVC(), preset="pretrained")["frontend"]["features"]
    assert isinstance(features, WhisperEncoder)
    with pytest.raises(ValueError, match=r"'cnn' takes .*preset='pretrained' gives vectors"):
        make_ser_pipeline("cnn", preset="pretrained")


def test_what_differs_from_the_preset_is_named(folder):
    pipeline = small_pipeline(folder)
    name, changes = find_preset(pipeline)
    assert name == "pretrained"
    assert set(changes) == {
        "frontend__loader__duration",
        f"{ENCODER}__model",
        f"{ENCODER}__layers",
    }
    stack = FeatureStack([("encoder", WhisperEncoder(folder))])
    assert find_preset(pipeline.set_params(frontend__features=stack)) is None


@pytest.mark.parametrize("views", [{}, {"augmentation": False}], ids=["views", "clean"])
def test_functionals_beside_the_encoder(folder, corpus, views):
    encoder = WhisperEncoder(folder, layers=[1, 2])
    functionals = FunctionalsTransformer(groups=("level",))
    stack = FeatureStack([("encoder", encoder), ("functionals", functionals)])
    pipeline = make_ser_pipeline(preset="pretrained", duration=1.0, features=stack, **views)
    fitted(pipeline, corpus)
    parts = [clone(part).fit_transform(corpus.data) for part in (encoder, functionals)]
    np.testing.assert_array_equal(pipeline[0].transform(corpus.data), np.hstack(parts))
    names = pipeline[0].get_feature_names_out()
    assert len(names) == pipeline[-1].n_features_in_ == sum(part.shape[1] for part in parts)
    assert names[0] == "encoder__block1_mean_000"
    assert names[-1].startswith("functionals__")
    pipeline.set_params(frontend__features__functionals="drop")
    np.testing.assert_array_equal(pipeline[0].transform(corpus.data), parts[0])


def test_a_saved_model_holds_no_weights_and_works_in_another_process(folder, corpus, tmp_path):
    wide = make_whisper_folder(tmp_path / "wide", width=128)  # 1 MB a block
    pipeline = small_pipeline(wide)
    proba = fitted(pipeline, corpus).predict_proba(corpus.data)
    path = save_model(pipeline, tmp_path / "model.sersk")
    assert path.stat().st_size < 200_000
    np.save(tmp_path / "clips.npy", corpus.data)
    code = (
        "import sys, numpy as np\n"
        "from sersk import load_model\n"
        "proba = load_model(sys.argv[1]).predict_proba(np.load(sys.argv[2]))\n"
        "np.save(sys.argv[3], proba)\n"
        "assert 'tensorflow' not in sys.modules"
    )
    files = [path, tmp_path / "clips.npy", tmp_path / "proba.npy"]
    subprocess.run([sys.executable, "-c", code, *map(str, files)], check=True)
    np.testing.assert_allclose(np.load(files[-1]), proba, atol=1e-6)

    model = load_model(path)
    shutil.rmtree(wide)
    with pytest.raises(ValueError, match=r"is neither a folder with weights .* nor one of the"):
        model.predict(corpus.data)
    copy = make_whisper_folder(tmp_path / "elsewhere", width=128)
    model.set_params(**{f"{ENCODER}__model": copy})
    np.testing.assert_allclose(model.predict_proba(corpus.data), proba, atol=1e-6)


def test_a_search_reaches_every_part(folder, corpus):
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            small_pipeline(folder),
            {f"{ENCODER}__layers": [[1, 2], 3], "classifier__shrinkage": [0.5, "auto"]},
            cv=GroupKFold(2),
        )
        search.fit(corpus.data, corpus.target, groups=corpus.groups)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert describe_model(search)["preset"]["name"] == "pretrained"


def test_speakers_are_normalised(folder, corpus):
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = small_pipeline(folder, normalization="speaker")
        pipeline.fit(corpus.data, corpus.target, groups=corpus.groups)
        proba = pipeline.predict_proba(corpus.data, groups=corpus.groups)
    assert np.isfinite(proba).all()


@pytest.fixture
def without_network(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("SERSK_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(models, "_encoders", {})


@pytest.mark.usefixtures("without_network")
def test_without_network_the_error_says_what_to_do(corpus):
    pipeline = make_ser_pipeline(preset="pretrained", duration=1.0)
    with pytest.raises(OSError, match=r"'base'.*pass a folder with weights as model"):
        pipeline.fit(corpus.data, corpus.target)


def test_the_command_line_trains_and_describes_it(folder, corpus, tmp_path):
    for i, (clip, emotion) in enumerate(zip(corpus.data, corpus.target, strict=True)):
        (tmp_path / "speech" / emotion).mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / "speech" / emotion / f"{i}.wav", clip, 22_050)
    model = tmp_path / "model.sersk"
    options = ["--preset", "pretrained", "--duration", "1.0", "--quiet", "-o", str(model)]
    settings = ["--set", f"{ENCODER}__model={folder}", "--set", f"{ENCODER}__layers=[1, 2]"]
    runner = CliRunner()
    trained = runner.invoke(app, ["train", str(tmp_path / "speech"), *options, *settings])
    assert trained.exit_code == 0, trained.output
    facts = json.loads(runner.invoke(app, ["info", str(model), "--json"]).stdout)
    assert facts["preset"]["name"] == "pretrained"
    assert facts["preset"]["changed"][f"{ENCODER}__layers"] == [1, 2]
    clip = min((tmp_path / "speech").rglob("*.wav"))
    assert runner.invoke(app, ["predict", str(model), str(clip)]).exit_code == 0


@pytest.mark.usefixtures("without_network")
def test_the_command_line_says_what_to_do_without_network(corpus, tmp_path):
    (tmp_path / "speech" / "sad").mkdir(parents=True)
    soundfile.write(tmp_path / "speech" / "sad" / "a.wav", corpus.data[0], 22_050)
    arguments = ["train", str(tmp_path / "speech"), "--preset", "pretrained", "--quiet"]
    result = CliRunner().invoke(app, [*arguments, "-o", str(tmp_path / "model.sersk")])
    assert result.exit_code == 1
    assert "pass a folder with weights as model" in result.stderr
    assert "Traceback" not in result.stderr


def test_settings_of_the_encoder_need_the_preset():
    with pytest.raises(typer.BadParameter, match="--preset pretrained; pass that too"):
        PipelineOptions(settings=[f"{ENCODER}__model=base"]).make()


@pytest.mark.recordings
def test_uar_on_unseen_speakers(ravdess_path, tiny_en):
    """Train on three speakers, test on two others, 8 emotions, half of the clips."""
    ravdess = load_ravdess(ravdess_path)
    X, y, speakers = (values[::2] for values in (ravdess.data, ravdess.target, ravdess.groups))
    train = np.isin(speakers, ["ravdess-03", "ravdess-04", "ravdess-05"])
    test = np.isin(speakers, ["ravdess-01", "ravdess-11"])
    pipeline = make_ser_pipeline(preset="pretrained", augmentation=False, n_jobs=2)
    pipeline.set_params(
        **{f"{ENCODER}__model": tiny_en, f"{ENCODER}__layers": 2},
    )
    pipeline.fit(X[train], y[train], classifier__groups=speakers[train])
    assert balanced_accuracy_score(y[test], pipeline.predict(X[test])) > 0.4

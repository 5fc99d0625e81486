"""Whatever a fitted model of sersk can hold comes back from a file, and predicts the same bits."""

import importlib
import sys
import threading
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import sersk
from sersk import (
    DiscriminantClassifier,
    FeatureStack,
    SpeechEmotionClassifier,
    VectorClassifier,
    WhisperEncoder,
    load_model,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.persistence import UnstorableModelError, UntrustedModelError
from sersk.persistence.allowed import OBJECTS
from sersk.testing import make_whisper_folder

sys.path.insert(0, str(Path(__file__).parent))
own_parts = importlib.import_module("own_parts")
sys.path.pop(0)

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 5)), np.repeat(["anger", "happy", "sad"], 20)


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(
        3, 1, emotions=("anger", "sad"), duration=0.6, sample_rate=8_000, random_state=0
    )


def check(model, path, clips, **options):
    """Save and load; hold the probabilities of both against each other, and return the copy."""
    read = load_model(save_model(model, path, **options))
    np.testing.assert_array_equal(read.predict_proba(clips), model.predict_proba(clips))
    np.testing.assert_array_equal(read.predict(clips), model.predict(clips))
    assert read.classes_.dtype == model.classes_.dtype
    return read


def test_every_public_estimator_is_known():
    estimators = [getattr(sersk, name) for name in sersk.__all__]
    named = {
        f"{one.__module__}.{one.__qualname__}"
        for one in estimators
        if isinstance(one, type) and issubclass(one, BaseEstimator)
    }
    bases = {"sersk.base.stateless.StatelessTransformer"}
    bases |= {"sersk.features.spectral.SpectralTransformer"}
    live = {"sersk.inference.streaming.EmotionStream"}
    # a file could name any repository of a hub, to be fetched: only where the user trusts it
    fetching = {"sersk.features.pretrained.transformer.PretrainedEncoder"}
    assert named - OBJECTS - bases - live - fetching == set()
    assert not fetching & OBJECTS


def test_every_known_class_exists():
    for name in OBJECTS:
        module, _, short = name.rpartition(".")
        if module.startswith("sersk."):
            assert isinstance(getattr(importlib.import_module(module), short), type)


@pytest.mark.parametrize("normalization", ["clip", "corpus"])
@pytest.mark.parametrize("features", ["functionals", "mfcc"])
def test_pipelines_without_a_network(corpus, tmp_path, features, normalization):
    if features == "mfcc":
        features = FeatureStack([("mfcc", "mfcc"), ("chroma", "chroma"), ("pitch", "pitch")])
        features = sersk.MFCCTransformer(sample_rate=8_000, fmax=4_000)
    pipeline = make_ser_pipeline(
        VectorClassifier(LogisticRegression()) if normalization == "corpus" else None,
        preset="functionals",
        features=None if normalization == "clip" else "functionals",
        normalization=normalization,
        denoiser=sersk.HighPassFilter(),
        duration=0.6,
        sample_rate=8_000,
        random_state=0,
    )
    pipeline.fit(corpus.data, corpus.target)
    check(pipeline, tmp_path / "a.sersk", corpus.data)


@pytest.mark.parametrize("where", ["reference", "inside"])
def test_pretrained_features(corpus, tmp_path, where):
    folder = make_whisper_folder(tmp_path / "weights")
    encoder = WhisperEncoder(folder, sample_rate=8_000, layers=[1, 2])
    pipeline = make_ser_pipeline(
        preset="pretrained", features=encoder, duration=0.6, sample_rate=8_000, random_state=0
    ).fit(corpus.data, corpus.target)
    path = tmp_path / "a.sersk"
    read = check(pipeline, path, corpus.data, encoder=where)
    other = make_whisper_folder(tmp_path / "elsewhere")
    for file in folder.iterdir():
        file.rename(folder.parent / file.name)
    if where == "inside":
        read = load_model(path)
        joblib.dump(read, tmp_path / "again.joblib")
        again = joblib.load(tmp_path / "again.joblib")
        second = load_model(save_model(again, tmp_path / "b.sersk"))
        for one in (read, again, second):
            proba = one.predict_proba(corpus.data)
            np.testing.assert_array_equal(
                proba, pipeline_of(other, pipeline).predict_proba(corpus.data)
            )
        with pytest.raises(ValueError, match="holds the weights of the layers"):
            read.set_params(frontend__features__layers="last").predict(corpus.data)
        return
    with pytest.raises(ValueError, match=r"can't be read .*encoder=FOLDER"):
        load_model(path)
    read = load_model(path, encoder=other)
    proba = pipeline_of(other, pipeline).predict_proba(corpus.data)
    np.testing.assert_array_equal(read.predict_proba(corpus.data), proba)
    changed = make_whisper_folder(tmp_path / "changed", random_state=1)
    with pytest.raises(ValueError, match="their checksums differ"):
        load_model(path, encoder=changed)


def pipeline_of(folder, pipeline):
    """Return the same pipeline with the same weights in another folder."""
    return pipeline.set_params(frontend__features__model=folder)


def test_a_named_encoder_is_its_revision(tmp_path):
    encoder = WhisperEncoder("tiny.en")
    model = make_pipeline(FunctionTransformer(), LogisticRegression()).fit(X, Y)
    model.encoder = encoder
    path = save_model(model, tmp_path / "a.sersk")
    assert b"87c7102498dcde7456f24cfd30239ca606ed9063" in path.read_bytes()
    assert load_model(path).encoder.model == "tiny.en"


@pytest.mark.parametrize("name", ["cnn", "cnn_lstm", "lstm", "transformer"])
def test_a_network_of_each_kind(name, tmp_path, monkeypatch):
    features = RNG.normal(size=(8, 8, 8)).astype(np.float32)
    given = {
        "cnn": {"filters": (2,), "dense_units": ()},
        "cnn_lstm": {"filters": (2,), "lstm_units": (3,), "dense_units": ()},
        "lstm": {"lstm_units": (3,), "dense_units": ()},
        "transformer": {"width": 8, "n_blocks": 1, "n_heads": 2, "feed_forward_units": 4},
    }[name]
    model = SpeechEmotionClassifier(
        name, random_state=0, verbose=0, **{f"model__{key}": size for key, size in given.items()}
    )
    model.initialize(features, ["anger", "sad"] * 4)
    storing = importlib.import_module("sersk.classifiers.storing")
    built, build = [], storing.build_network
    monkeypatch.setattr(storing, "build_network", lambda *a, **k: built.append(1) or build(*a, **k))
    read = check(model, tmp_path / "a.sersk", features)
    assert len(built) == 1  # it takes as long as importing scikit-learn
    for one, other in zip(model.model_.variables, read.model_.variables, strict=True):
        np.testing.assert_array_equal(one, other)  # also the random states of dropout


def test_a_trained_network_can_be_trained_on(tmp_path):
    features, y = RNG.normal(size=(8, 4, 4)).astype(np.float32), ["anger", "sad"] * 4
    sizes = {"model__filters": (2,), "model__pool_size": 1, "model__dense_units": ()}
    model = SpeechEmotionClassifier(epochs=1, random_state=0, verbose=0, **sizes)
    path = save_model(model.fit(features, y), tmp_path / "a.sersk")
    read = load_model(path)
    assert read.history_ == model.history_
    probas = [
        one.partial_fit(features, y).predict_proba(features) for one in (read, load_model(path))
    ]
    np.testing.assert_array_equal(*probas)


def test_a_network_of_a_users_own(tmp_path):
    features = RNG.normal(size=(8, 4, 4)).astype(np.float32)
    model = SpeechEmotionClassifier(own_parts.tiny, model__units=2, random_state=0, epochs=1)
    model.initialize(features, ["anger", "sad"] * 4)
    path = save_model(model, tmp_path / "a.sersk")
    with pytest.raises(UntrustedModelError, match=r"own_parts\.tiny") as info:
        load_model(path)
    assert info.value.names == ["own_parts.tiny"]
    for trusted in (["own_parts.tiny"], [own_parts.tiny]):
        read = load_model(path, trusted=trusted)
        np.testing.assert_array_equal(read.predict_proba(features), model.predict_proba(features))


def test_a_class_of_a_users_own(tmp_path):
    model = make_pipeline(own_parts.Doubler(), LogisticRegression()).fit(X, Y)
    path = save_model(model, tmp_path / "a.sersk")
    with pytest.raises(UntrustedModelError, match=r"own_parts\.Doubler"):
        load_model(path)
    read = load_model(path, trusted=[own_parts.Doubler])
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))
    with pytest.raises(TypeError, match="trusted has an object of type int"):
        load_model(path, trusted=[3])


@pytest.mark.parametrize(
    "model",
    [
        DiscriminantClassifier(temperature=2.0),
        LinearDiscriminantAnalysis(),
        VectorClassifier(CalibratedClassifierCV(LogisticRegression(), cv=2)),
        VectorClassifier(MLPClassifier(max_iter=3)),
        VectorClassifier(SGDClassifier(loss="log_loss")),
        GridSearchCV(
            VectorClassifier(LogisticRegression()),
            {"estimator__C": [0.1, 1.0]},
            cv=StratifiedKFold(2),
            scoring="balanced_accuracy",
        ),
    ],
    ids=lambda model: type(getattr(model, "estimator", model)).__name__,
)
def test_classifiers(model, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimisers that are stopped early
        model.fit(X, Y)
    read = check(model, tmp_path / "a.sersk", X)
    assert type(read) is type(model)
    if hasattr(model, "cv_results_"):
        np.testing.assert_array_equal(
            read.best_estimator_.predict_proba(X), model.best_estimator_.predict_proba(X)
        )
        assert read.best_params_ == model.best_params_


@pytest.mark.parametrize("labels", [[3, 1], [True, False], [2.0, -1.0]])
def test_labels_and_keys_of_any_type(labels, tmp_path):
    y = np.array(labels * 30)
    model = LogisticRegression(class_weight={labels[0]: 2.0, labels[1]: 1.0}).fit(X, y)
    model.none = {None: 1, "a": (1, [None, {"b"}], slice(1, None))}
    read = check(model, tmp_path / "a.sersk", X)
    assert read.class_weight == model.class_weight
    assert read.none == model.none


def test_views_stay_marked(tmp_path):
    model = LogisticRegression().fit(X, Y)
    model.kept = sersk.as_views(RNG.normal(size=(3, 2, 4)))
    read = load_model(save_model(model, tmp_path / "a.sersk"))
    assert sersk.has_views(read.kept)
    np.testing.assert_array_equal(read.kept, model.kept)


def test_what_a_file_cannot_hold_is_told_when_it_is_saved(tmp_path):
    model = LogisticRegression().fit(X, Y)
    path = tmp_path / "a.sersk"
    for name, value in {
        "own": lambda x: x,
        "bytes": b"abc",
        "keys": {1: "a", "1": "b"},
        "method": model.predict,
        "thread": threading.Lock(),
    }.items():
        setattr(model, name, value)
        with pytest.raises(UnstorableModelError, match=r"as \.joblib"):
            save_model(model, path)
        delattr(model, name)
    assert list(tmp_path.iterdir()) == []


def test_the_same_model_is_the_same_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    model = DiscriminantClassifier().fit(X, Y)
    first = save_model(model, tmp_path / "a.sersk").read_bytes()
    again = save_model(load_model(tmp_path / "a.sersk"), tmp_path / "b.sersk").read_bytes()
    assert first == again


def test_two_savers_at_once_leave_one_whole_file(tmp_path):
    path = tmp_path / "a.sersk"
    models = [DiscriminantClassifier(shrinkage=s).fit(X, Y) for s in (0.2, 0.8)]
    threads = [
        threading.Thread(target=lambda m=model: [save_model(m, path) for _ in range(10)])
        for model in models
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if path.exists():
            assert load_model(path).shrinkage in (0.2, 0.8)
    assert [file.name for file in tmp_path.iterdir()] == ["a.sersk"]


def test_what_a_search_did_not_try_stays_masked(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    grids = [{"C": [1.0]}, {"tol": [0.1]}]
    search = GridSearchCV(LogisticRegression(), grids, cv=2).fit(X, y)
    found = load_model(save_model(search, tmp_path / "search.sersk")).cv_results_["param_C"]
    assert found.tolist() == search.cv_results_["param_C"].tolist() == [1.0, None]


def test_a_model_of_one_class_comes_back(tmp_path):
    model = DummyClassifier().fit([[0]], ["sad"])
    assert load_model(save_model(model, tmp_path / "one.sersk")).classes_.tolist() == ["sad"]

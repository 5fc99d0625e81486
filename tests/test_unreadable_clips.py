"""Clips that cannot be read: refused in training, left out of prediction on request."""

import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sersk import (
    make_emotional_speech,
    make_ser_pipeline,
)
from sersk.audio import AudioFileError, AudioFileWarning

DURATION = 1.0


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(3, 2, emotions=("anger", "sad"), duration=DURATION, random_state=0)


def make(classifier=None, **options):
    return make_ser_pipeline(
        classifier,
        preset="functionals",
        duration=DURATION,
        augmentation=False,
        **{"on_error": "nan"} | options,
    )


@pytest.fixture(scope="module")
def model(corpus):
    return make(shrinkage=0.5).fit(corpus.data, corpus.target)


def test_the_others_are_predicted_as_alone(model, corpus):
    good = list(corpus.data[:3])
    X = [good[0], np.zeros(100), good[1], np.full(900, np.nan), good[2]]
    with pytest.warns(AudioFileWarning, match="2 of 5 clips cannot be used"):
        labels = model.predict(X)
    assert labels.tolist() == [
        *model.predict(good[:1]),
        None,
        *model.predict(good[1:2]),
        None,
        *model.predict(good[2:]),
    ]
    for method in ("predict_proba", "predict_log_proba"):
        with pytest.warns(AudioFileWarning):
            answers = getattr(model, method)(X)
        assert np.isnan(answers[[1, 3]]).all()
        np.testing.assert_allclose(answers[[0, 2, 4]], getattr(model, method)(good))


def test_paths_that_lead_nowhere(model, corpus):
    with pytest.warns(AudioFileWarning, match="'nowhere.wav' does not exist"):
        proba = model.predict_proba(["nowhere.wav", "nor here.wav"])
    assert proba.shape == (2, 2)
    assert np.isnan(proba).all()
    with pytest.warns(AudioFileWarning):
        assert model.predict(["nowhere.wav"]).tolist() == [None]


def test_without_such_clips_nothing_is_different(model, corpus):
    strict = make(shrinkage=0.5, on_error="raise").fit(corpus.data, corpus.target)
    labels = model.predict(corpus.data)
    assert labels.dtype == corpus.target.dtype
    np.testing.assert_array_equal(labels, strict.predict(corpus.data))
    np.testing.assert_array_equal(
        model.predict_proba(corpus.data), strict.predict_proba(corpus.data)
    )
    assert model.score(corpus.data, corpus.target) == strict.score(corpus.data, corpus.target)


def test_training_refuses_them_and_the_parameter_stays(corpus):
    pipeline = make()
    with pytest.raises(AudioFileError, match="clip 1 of X is digital silence") as caught:
        pipeline.fit([corpus.data[0], np.zeros(100), *corpus.data[2:]], corpus.target)
    assert set(caught.value.failures) == {1}
    assert pipeline.get_params()["frontend__loader__on_error"] == "nan"
    fitted = clone(pipeline).fit(corpus.data, corpus.target)
    assert fitted.get_params()["frontend__loader__on_error"] == "nan"


def test_decisions_and_other_classifiers(corpus):
    fitted = make(LinearSVC(random_state=0)).fit(corpus.data, corpus.target)
    assert not hasattr(fitted, "predict_proba")
    with pytest.warns(AudioFileWarning):
        decision = fitted.decision_function([corpus.data[0], np.zeros(9)])
    assert decision.shape == (2,)
    assert np.isnan(decision).tolist() == [False, True]


def test_speakers_follow_the_clips_that_are_left(corpus):
    with sklearn.config_context(enable_metadata_routing=True):
        fitted = make(shrinkage=0.5, normalization="speaker")
        fitted.fit(corpus.data, corpus.target, groups=corpus.groups)
        X, groups = list(corpus.data), list(corpus.groups)
        X[2] = np.zeros(50)
        with pytest.warns(AudioFileWarning):
            labels = fitted.predict(X, groups=groups)
        kept = [i for i in range(len(X)) if i != 2]
        expected = fitted.predict([X[i] for i in kept], groups=[groups[i] for i in kept])
        np.testing.assert_array_equal(labels[kept], expected)
        assert labels[2] is None


def test_the_advice_can_be_followed(corpus):
    strict = make(shrinkage=0.5, on_error="raise").fit(corpus.data, corpus.target)
    X = [corpus.data[0], np.zeros(9)]
    with pytest.raises(
        AudioFileError, match=r'in prediction, on_error="nan" of the loader keeps it'
    ):
        strict.predict(X)
    strict.set_params(frontend__loader__on_error="nan")
    with pytest.warns(AudioFileWarning):
        assert strict.predict(X)[1] is None
    with pytest.warns(AudioFileWarning):
        assert pickle.loads(pickle.dumps(strict)).predict(X)[1] is None


def test_a_classifier_alone_names_the_clips_without_features(model, corpus):
    with pytest.warns(AudioFileWarning):
        features = model["frontend"].transform([corpus.data[0], np.zeros(9)])
    for classifier in (model["classifier"], make(LogisticRegression())["classifier"]):
        door = getattr(classifier, "predict" if hasattr(classifier, "classes_") else "fit")
        given = (features,) if door.__name__ == "predict" else (features, ["anger", "sad"])
        with pytest.raises(ValueError, match="clips 1 of X have features of NaN") as caught:
            door(*given)
        assert "HistGradientBoosting" not in str(caught.value)
    plain = make_pipeline(model["frontend"], model["classifier"])
    with pytest.warns(AudioFileWarning), pytest.raises(ValueError, match="clips 1 of X"):
        plain.predict([corpus.data[0], np.zeros(9)])

"""After an interrupted fit an estimator is not fitted, whichever estimator and whatever was before.

An interruption is simulated where the fit has changed the estimator already; Ctrl-C in a real
process is in `tests/classifiers/test_interruption.py`.
"""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from sersk import (
    AudioLoader,
    DiscriminantClassifier,
    FeatureNormalizer,
    FrontEnd,
    MelSpectrogramTransformer,
    SpeechEmotionClassifier,
    VectorClassifier,
    make_ser_pipeline,
)

RNG = np.random.default_rng(0)
Y = np.tile(["anger", "sad"], 20)
X = RNG.normal(size=(40, 3)) + (Y == "sad")[:, None]
# Another task: a mixture of both fits would give labels of one by the weights of the other.
OTHER_Y = np.tile(["fear", "happy"], 20)


def network(**params):
    small = {"model__filters": (2,), "model__dense_units": (), "model__pool_size": 1}
    # eager: tracing would take most of the time of these tests
    return SpeechEmotionClassifier(**small, epochs=1, run_eagerly=True, random_state=0, **params)


ESTIMATORS = {
    "discriminant": (
        DiscriminantClassifier(),
        X,
        "sersk.classifiers.discriminant.fit_discriminant",
    ),
    "vectors": (
        VectorClassifier(LinearDiscriminantAnalysis()),
        X,
        "sersk.classifiers.vector_classifier.fit_with",
    ),
    "normalizer": (
        FeatureNormalizer(),
        X,
        "sersk.features.normalization.corpus.compute_statistics",
    ),
    "network, built": (
        network(),
        X.repeat(4).reshape(40, 3, 4),
        "sersk.classifiers.neural.make_predictor",
    ),
    "network, trained": (
        network(),
        X.repeat(4).reshape(40, 3, 4),
        "sersk.classifiers.training.StopDiverged.on_epoch_end",
    ),
}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        *((name, KeyboardInterrupt) for name in ESTIMATORS),
        ("normalizer", SystemExit),
        ("discriminant", MemoryError),
        ("vectors", MemoryError),
        ("network, trained", MemoryError),
    ],
)
def test_it_is_not_fitted(name, error, monkeypatch):
    estimator, features, place = ESTIMATORS[name]

    def interrupt(*arguments, **keywords):
        raise error

    method = "predict" if hasattr(estimator, "predict") else "transform"
    estimator.fit(features, Y)
    check_is_fitted(estimator)
    with monkeypatch.context() as patch:
        patch.setattr(place, interrupt)
        with pytest.raises(error):
            estimator.fit(features, OTHER_Y)
    with pytest.raises(NotFittedError):
        getattr(estimator, method)(features)
    # and the next fit is a whole one
    if error is KeyboardInterrupt and method == "predict":
        assert set(estimator.fit(features, OTHER_Y).predict(features)) <= set(OTHER_Y)


@pytest.mark.parametrize("continued", ["partial_fit", "fit"])
def test_a_network_that_goes_on_training_is_not_fitted_either(continued, monkeypatch):
    features = X.repeat(4).reshape(40, 3, 4)
    classifier = network(warm_start=True).fit(features, Y)

    def interrupt(*arguments, **keywords):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sersk.classifiers.training.StopDiverged.on_epoch_end", interrupt)
        with pytest.raises(KeyboardInterrupt):
            getattr(classifier, continued)(features, Y)
    with pytest.raises(NotFittedError):
        classifier.predict(features)


def test_a_network_that_diverges_is_not_fitted():
    features = X.repeat(4).reshape(40, 3, 4)
    classifier = network().fit(features, Y)
    classifier.set_params(optimizer__learning_rate=1e30, loss="mse")
    with pytest.raises(ValueError, match="training loss became"):
        classifier.set_params(epochs=20).fit(features * 1e6, Y)
    with pytest.raises(NotFittedError):
        classifier.predict(features)


@pytest.mark.parametrize("name", ["discriminant", "vectors", "network, built"])
def test_wrong_input_leaves_the_earlier_fit(name):
    estimator, features, _ = ESTIMATORS[name]
    before = estimator.fit(features, Y).predict_proba(features)
    for wrong in (features[:5], np.full_like(features, np.nan)):
        with pytest.raises(ValueError, match=r"inconsistent|NaN|samples"):
            estimator.fit(wrong, OTHER_Y)
        np.testing.assert_array_equal(estimator.predict_proba(features), before)
        assert set(estimator.classes_) == set(Y)


def make_pipeline():
    return make_ser_pipeline(
        LogisticRegression(), features="functionals", duration=0.5, augmentation=False
    )


@pytest.mark.parametrize("place", ["frontend", "classifier"])
def test_a_pipeline_is_not_fitted(place, monkeypatch):
    clips, y = RNG.normal(scale=0.1, size=(8, 11025)).astype(np.float32), Y[:8]
    pipeline = make_pipeline().fit(clips, y)

    def interrupt(*arguments, **keywords):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(
            type(pipeline[place]), "fit_transform" if place == "frontend" else "fit", interrupt
        )
        with pytest.raises(KeyboardInterrupt):
            pipeline.fit(clips, OTHER_Y[:8])
    with pytest.raises(NotFittedError):
        pipeline.predict(clips)


def test_a_front_end_that_fails_keeps_the_record_of_its_last_whole_fit():
    clips = [
        np.resize(RNG.normal(scale=0.1, size=4000).astype(np.float32), n) for n in (8000, 4000)
    ]
    steps = [
        ("loader", AudioLoader(sample_rate=8000, duration=1.5)),
        ("features", MelSpectrogramTransformer(sample_rate=8000, fmax=4000)),
    ]
    frontend = FrontEnd(steps, chunk_size=1)
    shape = frontend.fit_transform(clips).shape
    with pytest.raises(ValueError, match="nowhere"):
        frontend.fit_transform([np.resize(clips[0], 16_000), "nowhere.wav"])
    assert frontend.longest_clip_ == 1.0
    assert frontend.transform(clips[1:]).shape[1:] == shape[1:]

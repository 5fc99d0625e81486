"""The published system, end to end, on real recordings and against librosa."""

import subprocess
import sys
from pathlib import Path

import joblib
import librosa
import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, cross_validate

from sersk import load_ravdess, make_ser_pipeline
from sersk.classifiers.recalibration import estimate_statistics

pytestmark = pytest.mark.recordings

TEST_ACTORS = ["ravdess-01", "ravdess-11", "ravdess-20", "ravdess-21"]
TRAIN_ACTORS = ["ravdess-03", "ravdess-04", "ravdess-05", "ravdess-08"]

# A narrow copy of the published network that converges within a few epochs of a few clips: no
# dropout before normalisation, and moving averages that adapt within tens of steps.
SMALL = {
    "model__filters": (8, 16, 32, 32),
    "model__dense_units": (),
    "model__dropout": 0.0,
    "model__momentum": 0.9,
    "batch_size": 16,
}


@pytest.fixture(scope="module")
def ravdess(ravdess_path):
    return load_ravdess(ravdess_path)


@pytest.fixture(scope="module")
def few(ravdess):
    """Four speakers, two emotions, 16 clips: one sentence, in two intensities."""
    chosen = np.isin(ravdess.target, ["anger", "sad"]) & np.isin(ravdess.groups, TRAIN_ACTORS)
    chosen &= [Path(path).stem[12:17] == "01-01" for path in ravdess.data]
    return ravdess.data[chosen], ravdess.target[chosen], ravdess.groups[chosen]


def test_defaults_are_the_published_ones():
    params = make_ser_pipeline().get_params()
    published = {
        "frontend__loader__sample_rate": 22050,
        "frontend__loader__duration": 4.0,
        "frontend__loader__offset": 0.0,
        "frontend__augmenter__time_stretch": 1.2,
        "frontend__augmenter__pitch_shift": 2.0,
        "frontend__augmenter__noise_snr_db": None,
        "frontend__augmenter__gain_db": None,
        "frontend__augmenter__time_shift": None,
        "frontend__features__n_fft": 2048,
        "frontend__features__hop_length": 512,
        "frontend__features__n_mels": 128,
        "frontend__features__fmin": 0.0,
        "frontend__features__fmax": 8000.0,
        "frontend__features__top_db": 80.0,
        "frontend__features__clip_value": 5.0,
        "classifier__model": "cnn",
        "classifier__optimizer": "adamw",
        "classifier__optimizer__learning_rate": 1e-3,
        "classifier__optimizer__weight_decay": 1e-4,
        "classifier__batch_size": 32,
        "classifier__epochs": 30,
        "classifier__early_stopping_patience": 15,
        "classifier__plateau_patience": 5,
        "classifier__plateau_factor": 0.1,
        "classifier__min_learning_rate": 1e-6,
        "classifier__class_weight": "balanced",
    }
    assert {name: params[name] for name in published} == published


def published_features(waveform):
    """Compute the published features of one clip with librosa."""
    mel = librosa.feature.melspectrogram(
        y=waveform, sr=22050, n_fft=2048, hop_length=512, n_mels=128, fmax=8000
    )
    db = librosa.power_to_db(mel + 1e-10, ref=np.max, top_db=80)
    return np.clip((db - db.mean()) / db.std(), -5, 5)


def published_views(path, recordings_rate=22050):
    clip, _ = librosa.load(path, sr=recordings_rate, duration=4.0)
    clip = librosa.util.fix_length(clip, size=4 * recordings_rate)
    double = clip.astype(np.float64)  # the phase of librosa's float32 vocoder drifts
    stretched = librosa.effects.time_stretch(double, rate=1.2)
    shifted = librosa.effects.pitch_shift(double, sr=recordings_rate, n_steps=2)
    views = [clip, librosa.util.fix_length(stretched, size=len(clip)), shifted]
    return [view.astype(np.float32) for view in views]


@pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)':DeprecationWarning")
def test_features_of_views_equal_librosas(ravdess, urdu_path):
    paths = [*ravdess.data[[0, 500]], str(next(urdu_path.rglob("*.flac")))]
    features = make_ser_pipeline(random_state=0).named_steps["frontend"].fit_transform(paths)
    assert features.shape == (3, 3, 128, 173)
    for path, views in zip(paths, features, strict=True):
        expected = np.stack([published_features(view) for view in published_views(path)])
        np.testing.assert_allclose(views[0], expected[0], atol=1e-4)
        # Augmented views pass through a resampler and a vocoder in float32, and the dB scale
        # amplifies differences at -80 dB: the limit there is larger, still a hundredth of a
        # standard deviation, and most differences are far smaller.
        np.testing.assert_allclose(views[1:], expected[1:], atol=1e-2)
        assert np.quantile(np.abs(views[1:] - expected[1:]), 0.999) < 1e-3


@pytest.mark.slow
def test_uar_on_unseen_speakers(ravdess):
    """The published dropout, four epochs: four speakers train, four others test, 8 emotions.

    Without recalibration of batch normalisation, such a network predicts near chance, also on its
    own training clips.
    """
    train = np.isin(ravdess.groups, TRAIN_ACTORS)
    test = np.isin(ravdess.groups, TEST_ACTORS)
    assert train.sum() == test.sum() == 240
    published = {"model__dropout": 0.2, "model__momentum": 0.99}
    pipeline = make_ser_pipeline(epochs=4, n_jobs=2, random_state=0, **(SMALL | published))
    pipeline.fit(
        ravdess.data[train], ravdess.target[train], classifier__groups=ravdess.groups[train]
    )
    classifier = pipeline[-1]
    predicted = pipeline.predict(ravdess.data[test])
    right = predicted == ravdess.target[test]
    # Twice chance: six standard deviations from random guesses on 240 clips.
    assert balanced_accuracy_score(ravdess.target[test], predicted) > 0.25
    assert set(predicted) <= set(pipeline.classes_) == set(ravdess.target)
    held_out = classifier.validation_indices_
    assert len(set(ravdess.groups[train][held_out])) == 1
    some = [*np.flatnonzero(right)[:3], *np.flatnonzero(~right)[:5]]
    paths, labels = ravdess.data[test][some], ravdess.target[test][some]
    proba = pipeline.predict_proba(paths)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert pipeline.score(paths, labels) == 3 / 8
    # Early stopping has something to choose by.
    assert np.argmin(classifier.history_["val_loss"]) > 0
    # Training clips, in inference and with the statistics of their own batch, without dropout.
    learned = np.flatnonzero(train)[np.setdiff1d(np.arange(240), held_out)]
    features = pipeline["frontend"].transform(ravdess.data[learned])
    in_inference = classifier.predict_proba(features)
    estimate_statistics(classifier.model_, [features])
    np.testing.assert_allclose(in_inference, classifier.predict_proba(features), atol=0.1)
    uar = balanced_accuracy_score(ravdess.target[learned], classifier.predict(features))
    assert uar > 0.3


@pytest.fixture(scope="module")
def fitted(few):
    X, y, groups = few
    pipeline = make_ser_pipeline(epochs=1, random_state=0, **SMALL)
    return pipeline.fit(X, y, classifier__groups=groups)


def test_same_probabilities_in_a_fresh_process(fitted, few, tmp_path):
    model = tmp_path / "model.joblib"
    joblib.dump(fitted, model)
    np.save(tmp_path / "expected.npy", fitted.predict_proba(few[0][:3]))
    code = (
        "import joblib, numpy as np, sys\n"
        "model, expected, *paths = sys.argv[1:]\n"
        "proba = joblib.load(model).predict_proba(paths)\n"
        "assert np.array_equal(proba, np.load(expected)), 'not identical'"
    )
    subprocess.run(
        [sys.executable, "-c", code, model, tmp_path / "expected.npy", *few[0][:3]], check=True
    )


def test_is_a_classifier_and_clones(fitted):
    assert is_classifier(fitted)
    fresh = clone(fitted)
    assert not hasattr(fresh[-1], "model_")
    assert fresh.get_params().keys() == fitted.get_params().keys()


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_over_every_part(few, n_jobs, tmp_path):
    X, y, groups = few
    names = (
        "frontend__augmenter__pitch_shift",
        "frontend__features__n_mels",
        "classifier__model__filters",
    )
    candidates = [(2.0, 64, (4, 8)), ((-2.0, 2.0), 40, (8,))]
    grid = [
        {name: [value] for name, value in zip(names, candidate, strict=True)}
        for candidate in candidates
    ]
    pipeline = make_ser_pipeline(epochs=1, random_state=0, memory=str(tmp_path), **SMALL)
    search = GridSearchCV(
        pipeline,
        grid,
        cv=StratifiedGroupKFold(2, shuffle=True, random_state=0),
        scoring="balanced_accuracy",
        n_jobs=n_jobs,
        error_score="raise",
    )
    search.fit(X, y, groups=groups, classifier__groups=groups)
    assert search.n_splits_ == 2
    assert len(search.cv_results_["params"]) == 2
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    filters = search.best_params_["classifier__model__filters"]
    convolutions = [
        layer.filters for layer in search.best_estimator_[-1].model_.layers if "conv" in layer.name
    ]
    assert tuple(convolutions) == filters
    assert set(search.predict(X[:4])) <= {"anger", "sad"}


def test_cross_validate_stratifies_by_default(few):
    X, y, _ = few
    pipeline = make_ser_pipeline(epochs=1, random_state=0, augmentation=False, **SMALL)
    order = np.argsort(y, kind="stable")  # sorted labels: unstratified folds would lack a class
    result = cross_validate(
        pipeline, X[order], y[order], cv=2, scoring="balanced_accuracy", return_indices=True
    )
    assert np.isfinite(result["test_score"]).all()
    for test in result["indices"]["test"]:
        assert set(y[order][test]) == {"anger", "sad"}

"""The preset "functionals", end to end, on synthetic speech and real recordings."""

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold

from sersk import (
    AudioAugmenter,
    DiscriminantClassifier,
    evaluate_speaker_independent,
    load_ravdess,
    make_emotional_speech,
    make_ser_pipeline,
)

TEST_ACTORS = ["ravdess-01", "ravdess-11", "ravdess-20", "ravdess-21"]
TRAIN_ACTORS = ["ravdess-03", "ravdess-04", "ravdess-05", "ravdess-08"]


@pytest.fixture(scope="module")
def synthetic():
    return make_emotional_speech(
        n_speakers=4, n_repetitions=2, emotions=("anger", "sad"), random_state=0
    )


def small_pipeline(**arguments):
    defaults = {"preset": "functionals", "duration": 2.0, "random_state": 0, "n_jobs": 2}
    return make_ser_pipeline(**(defaults | arguments))


def test_parts():
    pipeline = make_ser_pipeline(preset="functionals", random_state=3)
    params = pipeline.get_params()
    assert params["frontend__loader__duration"] == 6.0
    assert params["frontend__augmenter__speed"] == (0.85, 1.18)
    assert params["frontend__augmenter__pitch_shift"] is None
    assert params["frontend__augmenter__n_views"] == 4
    assert params["frontend__augmenter__combine"] is True
    assert params["frontend__augmenter__probability"]["noise_snr_db"] == 0.5
    assert params["frontend__features__level_db"] == -25.0
    assert params["frontend__augmenter__random_state"] == 3
    assert isinstance(pipeline[-1], DiscriminantClassifier)
    assert is_classifier(pipeline)


def test_arguments_override_the_preset():
    pipeline = make_ser_pipeline(
        "lstm",
        preset="functionals",
        features="mel",
        duration=3.0,
        augmentation=AudioAugmenter(gain_db=3.0),
        epochs=2,
    )
    params = pipeline.get_params()
    assert params["classifier__model"] == "lstm"
    assert params["classifier__epochs"] == 2
    assert params["frontend__loader__duration"] == 3.0
    assert params["frontend__augmenter__gain_db"] == 3.0
    assert (
        make_ser_pipeline(preset="functionals", augmentation=False).get_params()[
            "frontend__augmenter"
        ]
        == "passthrough"
    )
    classifier = make_ser_pipeline(preset="functionals", shrinkage=0.5)[-1]
    assert classifier.shrinkage == 0.5


def test_invalid_arguments_are_refused():
    with pytest.raises(ValueError, match="preset='best' is none of 'published', 'functionals'"):
        make_ser_pipeline(preset="best")
    with pytest.raises(ValueError, match="epochs=3, but classifier is 'discriminant'"):
        make_ser_pipeline(preset="functionals", epochs=3)


def test_persists_and_repeats(synthetic, tmp_path):
    pipeline = small_pipeline()
    pipeline.fit(synthetic.data, synthetic.target, classifier__groups=synthetic.groups)
    proba = pipeline.predict_proba(synthetic.data)
    joblib.dump(pipeline, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(again.predict_proba(synthetic.data), proba)
    other = clone(pipeline).set_params(frontend__n_jobs=1, frontend__chunk_size=5)
    other.fit(synthetic.data, synthetic.target, classifier__groups=synthetic.groups)
    np.testing.assert_allclose(other.predict_proba(synthetic.data), proba, atol=1e-5)
    one = np.concatenate([pipeline.predict_proba([clip]) for clip in synthetic.data[:3]])
    np.testing.assert_allclose(one, proba[:3], atol=1e-6)
    # no views, no dropout, no batches: results are deterministic
    assert pipeline.score(synthetic.data, synthetic.target) == 1.0


def test_grid_search_reaches_every_part(synthetic):
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            small_pipeline(),
            {
                "frontend__features__groups": [("pitch", "level"), ("spectrum",)],
                "classifier__shrinkage": [0.5, "auto"],
            },
            cv=GroupKFold(2),
            scoring="balanced_accuracy",
        )
        search.fit(synthetic.data, synthetic.target, groups=synthetic.groups)
    assert search.best_score_ > 0.5
    assert search.best_estimator_[-1].n_features_in_ < 2837


def test_speakers_are_normalised_with_views(synthetic):
    """With views, the second axis holds views, not bands."""
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = small_pipeline(normalization="speaker")
        pipeline.fit(synthetic.data, synthetic.target, groups=synthetic.groups)
        features = pipeline[:1].transform(synthetic.data)
        normalised = pipeline["normalizer"].transform(features, groups=synthetic.groups)
        proba = pipeline.predict_proba(synthetic.data, groups=synthetic.groups)
    assert pipeline["normalizer"].n_features_in_ == features.shape[1] == 2837
    for speaker in np.unique(synthetic.groups):
        own = normalised[synthetic.groups == speaker]
        np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-3)
    assert np.isfinite(proba).all()


def test_the_gain_of_a_recording_changes_no_label(synthetic):
    pipeline = small_pipeline()
    pipeline.fit(synthetic.data, synthetic.target, classifier__groups=synthetic.groups)
    proba = pipeline.predict_proba(synthetic.data)
    for gain_db in (-40, -20):
        softer = synthetic.data * np.float32(10 ** (gain_db / 20))
        np.testing.assert_allclose(pipeline.predict_proba(softer), proba, atol=0.02)


def test_effects_of_the_preset_can_be_switched_off(synthetic):
    pipeline = small_pipeline()
    off = ("babble_snr_db", "room_rt60", "noise_snr_db", "tilt_db", "channel")
    pipeline.set_params(**{f"frontend__augmenter__{name}": None for name in off})
    pipeline.fit(synthetic.data, synthetic.target, classifier__groups=synthetic.groups)
    assert pipeline.score(synthetic.data, synthetic.target) == 1.0


def test_a_report_of_it(synthetic):
    report = evaluate_speaker_independent(
        small_pipeline(), synthetic.data, synthetic.target, synthetic.groups, cv=2
    )
    assert "UAR" in str(report)


@pytest.mark.slow
@pytest.mark.recordings
def test_uar_on_unseen_speakers(ravdess_path):
    """Train on four speakers, test on four others, 8 emotions: chance is 0.125."""
    ravdess = load_ravdess(ravdess_path)
    train = np.isin(ravdess.groups, TRAIN_ACTORS)
    test = np.isin(ravdess.groups, TEST_ACTORS)
    pipeline = make_ser_pipeline(preset="functionals", augmentation=False, n_jobs=2, random_state=0)
    pipeline.fit(
        ravdess.data[train], ravdess.target[train], classifier__groups=ravdess.groups[train]
    )
    predicted = pipeline.predict(ravdess.data[test])
    # With four training speakers; for the narrow published network test_published_system.py
    # requires 0.25 on the same clips.
    assert balanced_accuracy_score(ravdess.target[test], predicted) > 0.4

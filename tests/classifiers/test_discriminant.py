"""The discriminant against scikit-learn's, and its use of views and speakers."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import shrunk_covariance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from sersk import DiscriminantClassifier, as_views


def make_clips(n_clips=60, n_features=40, n_classes=3, seed=0, distance=1.0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_clips) % n_classes
    means = rng.normal(size=(n_classes, n_features)) * distance
    X = rng.normal(size=(n_clips, n_features)) * rng.uniform(0.1, 30, n_features)
    return X + means[y] * X.std(axis=0), y, rng


@settings(max_examples=20, deadline=None)
@given(
    shrinkage=st.floats(0.05, 1.0),
    n_classes=st.integers(2, 5),
    n_features=st.integers(1, 80),
    seed=st.integers(0, 2**16),
)
def test_equals_scikit_learn(shrinkage, n_classes, n_features, seed):
    X, y, _ = make_clips(12 * n_classes, n_features, n_classes, seed)
    ours = DiscriminantClassifier(shrinkage=shrinkage, temperature=1.0, clip_value=None).fit(X, y)
    Z = StandardScaler().fit_transform(X)
    # with equal priors and class sizes the pooled, shrunk covariance equals scikit-learn's
    residuals = Z - np.stack([Z[y == label].mean(axis=0) for label in range(n_classes)])[y]
    covariance = shrunk_covariance(residuals.T @ residuals / len(Z), shrinkage)
    means = np.stack([Z[y == label].mean(axis=0) for label in range(n_classes)])
    coef = np.linalg.solve(covariance, means.T).T
    decision = Z @ coef.T - 0.5 * np.sum(coef * means, axis=1)
    expected = np.exp(decision - decision.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ours.predict_proba(X), expected, atol=1e-7)


def test_equals_linear_discriminant_analysis_where_nothing_is_shrunk():
    X, y, rng = make_clips(300, 10)
    ours = DiscriminantClassifier(shrinkage=1e-9, temperature=1.0, clip_value=None).fit(X, y)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", priors=np.ones(3) / 3).fit(X, y)
    new = X + rng.normal(size=X.shape)
    np.testing.assert_allclose(ours.predict_proba(new), theirs.predict_proba(new), atol=1e-6)


def test_views_that_are_copies_change_nothing():
    X, y, _ = make_clips()
    views = as_views(np.repeat(X[:, np.newaxis], 3, axis=1))
    one = DiscriminantClassifier(shrinkage=0.5).fit(X, y)
    three = DiscriminantClassifier(shrinkage=0.5).fit(views, y)
    np.testing.assert_allclose(three.predict_proba(X), one.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(three.predict_proba(views), one.predict_proba(X), atol=1e-6)
    assert three.n_features_in_ == X.shape[1]


def test_mean_and_scale_are_those_of_clean_clips():
    X, y, rng = make_clips()
    views = as_views(np.stack([X, X + 1000 * rng.normal(size=X.shape)], axis=1))
    classifier = DiscriminantClassifier(shrinkage=0.5, temperature=1.0).fit(views, y)
    np.testing.assert_allclose(classifier.mean_, X.mean(axis=0))
    np.testing.assert_allclose(classifier.scale_, X.std(axis=0))


def test_views_are_learned_from():
    # In clean clips the second feature separates the classes by chance; in the views it varies.
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 10)
    X = np.column_stack([y + rng.normal(0, 0.3, 20), y + rng.normal(0, 0.05, 20)])
    views = as_views(np.repeat(X[:, np.newaxis], 20, axis=1))
    views[:, 1:, 1] += rng.normal(0, 5, (20, 19))
    settings = {"shrinkage": 0.01, "temperature": 1.0, "clip_value": None}
    clean = DiscriminantClassifier(**settings).fit(X, y)
    varied = DiscriminantClassifier(**settings).fit(views, y)
    share = [np.abs(c.coef_[1] - c.coef_[0]) for c in (clean, varied)]
    assert share[0][1] > share[0][0]
    assert share[1][1] < share[1][0]


def test_integer_weights_equal_repeated_clips():
    X, y, rng = make_clips()
    weight = rng.integers(0, 3, len(X))
    settings = {"shrinkage": 0.4, "temperature": 1.0}
    weighted = DiscriminantClassifier(**settings).fit(X, y, sample_weight=weight)
    repeated = DiscriminantClassifier(**settings).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-9)


def speakers_that_differ(seed=0):
    """Give each speaker an offset that correlates with the emotion among few speakers."""
    rng = np.random.default_rng(seed)
    speakers = np.repeat(np.arange(8), 12)
    y = np.tile(np.arange(3), 32)
    voice = rng.normal(size=(8, 100)) * 3
    X = rng.normal(size=(96, 100)) + voice[speakers] + np.eye(3, 100)[y]
    return X, y, speakers


def test_shrinkage_is_chosen_on_held_out_speakers():
    X, y, speakers = speakers_that_differ()
    by_speaker = DiscriminantClassifier().fit(X, y, groups=speakers)
    by_clip = DiscriminantClassifier().fit(X, y)
    assert by_speaker.shrinkage_scores_ != by_clip.shrinkage_scores_
    best = max(by_speaker.shrinkage_scores_.values())
    assert by_speaker.shrinkage_scores_[by_speaker.shrinkage_] == best


def test_temperature_calibrates_unseen_speakers():
    X, y, speakers = speakers_that_differ()
    known = speakers < 6
    losses = []
    for temperature in ("auto", 1.0):
        classifier = DiscriminantClassifier(temperature=temperature)
        classifier.fit(X[known], y[known], groups=speakers[known])
        losses.append(log_loss(y[~known], classifier.predict_proba(X[~known])))
    assert losses[0] < losses[1]


def test_temperature_is_not_fitted_on_training_probabilities():
    """The temperature, fitted on held-out clips, is above one fitted on the training clips."""
    X, y, _ = make_clips(60, 200, distance=0.0)  # random features: nothing to learn
    classifier = DiscriminantClassifier().fit(X, y)
    assert classifier.predict_proba(X).max() < 0.9
    assert max(classifier.shrinkage_scores_.values()) < 0.6


@pytest.mark.parametrize("n_clips", [2, 3])
def test_tiny_corpora_are_fitted_with_defaults(n_clips):
    X, y = np.eye(n_clips), np.arange(n_clips)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = DiscriminantClassifier().fit(X, y, groups=y)
    assert classifier.shrinkage_scores_ == {}
    assert (classifier.shrinkage_, classifier.temperature_) == (0.8, 1.0)
    assert classifier.predict(X).tolist() == y.tolist()


def test_outliers_are_clipped():
    X, y, _ = make_clips()
    classifier = DiscriminantClassifier(shrinkage=0.5).fit(X, y)
    odd = X.copy()
    odd[:, 0] = 1e9
    bound = X.copy()
    bound[:, 0] = classifier.mean_[0] + 5 * classifier.scale_[0]
    np.testing.assert_allclose(classifier.predict_proba(odd), classifier.predict_proba(bound))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((6, 2, 3, 4)), "FunctionalsTransformer gives vectors"),
        (np.zeros(6), "Expected 2D array"),
    ],
)
def test_refuses_other_shapes(X, message):
    with pytest.raises(ValueError, match=message):
        DiscriminantClassifier().fit(X, [0, 1] * 3)


def test_refuses_one_class_and_other_features():
    X, y, _ = make_clips()
    with pytest.raises(ValueError, match="only one class"):
        DiscriminantClassifier().fit(X, np.zeros(len(X)))
    classifier = DiscriminantClassifier(shrinkage=0.5).fit(X, y)
    with pytest.raises(ValueError, match="expecting 40 features"):
        classifier.predict(as_views(np.zeros((2, 3, 39))))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        DiscriminantClassifier().fit(X, y, groups=[1, 2])

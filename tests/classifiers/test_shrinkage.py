"""Weights for all shrinkages from one space against a direct solution for each shrinkage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold

from sersk import DiscriminantClassifier, as_views
from sersk.classifiers.discriminant import SHRINKAGES


def make_views(n_clips, n_views, n_features, n_classes, seed):
    """Correlated features with outliers, speakers, and weights."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_clips) % n_classes
    speakers = np.arange(n_clips) // n_classes % 6
    mixing = rng.normal(size=(n_features, n_features)) / np.arange(1, n_features + 1)[:, None]
    X = rng.standard_t(3, size=(n_clips, n_views, n_features)) @ mixing
    X += (
        rng.normal(size=(n_classes, 1, n_features))[y]
        + rng.normal(size=(6, 1, n_features))[speakers]
    )
    X = X * rng.uniform(0.01, 100, n_features) + rng.normal(0, 100, n_features)
    return X, y, speakers, rng.uniform(0.5, 2, n_clips)


def fit_directly(X, y, weight, shrinkages, clip_value):
    """Form the covariance, and solve for each shrinkage; return functions of clean clips."""
    mean = np.average(X[:, 0], axis=0, weights=weight)
    scale = np.sqrt(np.average((X[:, 0] - mean) ** 2, axis=0, weights=weight))

    def standardize(values):
        return np.clip((values - mean) / scale, -clip_value, clip_value)

    Z = standardize(X)
    means = np.stack(
        [np.average(Z[y == k].mean(axis=1), axis=0, weights=weight[y == k]) for k in np.unique(y)]
    )
    residuals = Z - means[y][:, np.newaxis]
    covariance = np.einsum(
        "i,ivp,ivq->pq", weight / weight.sum() / X.shape[1], residuals, residuals
    )
    identity = np.eye(X.shape[2]) * np.trace(covariance) / X.shape[2]

    def decide(shrinkage, clean):
        coef = np.linalg.solve((1 - shrinkage) * covariance + shrinkage * identity, means.T)
        return standardize(clean) @ coef - 0.5 * np.sum(coef * means.T, axis=0)

    return decide


@settings(max_examples=15, deadline=None)
@given(
    n_clips=st.integers(24, 60),
    n_views=st.integers(1, 3),
    n_features=st.integers(1, 120),
    n_classes=st.integers(2, 4),
    clip_value=st.sampled_from([0.8, 2.0, np.inf]),
    seed=st.integers(0, 2**16),
)
def test_choice_and_probabilities_equal_direct_solutions(
    n_clips, n_views, n_features, n_classes, clip_value, seed
):
    X, y, speakers, weight = make_views(n_clips, n_views, n_features, n_classes, seed)
    classifier = DiscriminantClassifier(clip_value=None if np.isinf(clip_value) else clip_value)
    classifier.fit(as_views(X), y, sample_weight=weight, groups=speakers)
    decisions = {s: np.zeros((n_clips, n_classes)) for s in SHRINKAGES}
    for train, test in StratifiedGroupKFold(4).split(X[:, 0], y, speakers):
        decide = fit_directly(X[train], y[train], weight[train], SHRINKAGES, clip_value)
        for shrinkage in SHRINKAGES:
            decisions[shrinkage][test] = decide(shrinkage, X[test, 0])
    scores = {
        s: balanced_accuracy_score(y, d.argmax(axis=1), sample_weight=weight)
        for s, d in decisions.items()
    }
    assert classifier.shrinkage_scores_ == pytest.approx(scores)
    assert classifier.shrinkage_ == max(SHRINKAGES, key=lambda s: (round(scores[s], 9), s))
    decide = fit_directly(X, y, weight, SHRINKAGES, clip_value)
    expected = softmax(decide(classifier.shrinkage_, X[:, 0]) / classifier.temperature_, axis=1)
    np.testing.assert_allclose(classifier.predict_proba(X[:, 0]), expected, atol=1e-6)


@pytest.mark.parametrize("n_features", [5, 50, 300])
@pytest.mark.parametrize("shrinkage", [0.001, 0.1, 0.5, 1.0])
def test_equals_scikit_learn_where_features_have_equal_variance_within_classes(
    n_features, shrinkage
):
    # scikit-learn shrinks features standardised within each class, and scales them back: equal to
    # ours where that scale is that of all clips for every feature, as with these signs
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 64)
    half = rng.choice([-1.0, 1.0], size=(96, n_features))
    X = np.concatenate([half[i : i + 32] * sign for i in (0, 32, 64) for sign in (1, -1)])
    X += (np.array([-1.0, 0.0, 1.0])[y] * 0.3)[:, np.newaxis]
    ours = DiscriminantClassifier(shrinkage=shrinkage, temperature=1.0, clip_value=None).fit(X, y)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(X, y)
    new = rng.normal(size=(30, n_features))
    np.testing.assert_allclose(ours.predict_proba(new), theirs.predict_proba(new), atol=1e-6)


def test_features_of_a_file_on_disk_are_not_changed(tmp_path):
    X, y, speakers, _ = make_views(48, 2, 30, 3, 0)
    stored = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, X.shape)
    stored[:] = X
    stored.flush()
    read = np.lib.format.open_memmap(tmp_path / "X.npy", "r")
    from_disk = DiscriminantClassifier().fit(as_views(read), y, groups=speakers)
    in_memory = DiscriminantClassifier().fit(as_views(X.astype(np.float32)), y, groups=speakers)
    np.testing.assert_array_equal(from_disk.coef_, in_memory.coef_)


def test_a_class_that_no_held_out_speaker_has_needs_no_warning():
    X, y, _, _ = make_views(24, 1, 5, 3, 0)
    y = np.where(np.arange(24) < 4, 2, y % 2)
    speakers = np.arange(24) // 4  # the class 2 is that of the first speaker alone
    classifier = DiscriminantClassifier().fit(as_views(X), y, groups=speakers)
    assert all(0 < score <= 1 for score in classifier.shrinkage_scores_.values())


def test_float32_features_give_the_weights_of_the_same_features_in_float64():
    X, y, speakers, _ = make_views(96, 3, 150, 4, 1)
    single = X.astype(np.float32)
    quick = DiscriminantClassifier().fit(as_views(single), y, groups=speakers)
    exact = DiscriminantClassifier().fit(as_views(single.astype(float)), y, groups=speakers)
    assert quick.shrinkage_ == exact.shrinkage_
    assert quick.shrinkage_scores_ == pytest.approx(exact.shrinkage_scores_)
    assert quick.temperature_ == pytest.approx(exact.temperature_, rel=1e-4)
    atol = 1e-4 * np.abs(exact.coef_).max()
    np.testing.assert_allclose(quick.coef_, exact.coef_, rtol=0, atol=atol)
    np.testing.assert_allclose(
        quick.predict_proba(single[:, 0]), exact.predict_proba(single[:, 0]), atol=1e-4
    )


def test_little_shrinkage_is_as_accurate_with_float32_features():
    X, y, _, _ = make_views(90, 1, 40, 3, 2)
    single = X[:, 0].astype(np.float32)
    given = {"shrinkage": 1e-4, "temperature": 1.0}
    proba = DiscriminantClassifier(**given).fit(single, y).predict_proba(single)
    exact = DiscriminantClassifier(**given).fit(single.astype(float), y)
    np.testing.assert_allclose(proba, exact.predict_proba(single), atol=1e-7)


def test_classes_of_one_value_each_have_no_variance_in_float32():
    y = np.repeat([0, 1], 20)
    X = np.where(y[:, np.newaxis] == 1, 0.1, 0.7) * np.ones(30)
    classifier = DiscriminantClassifier().fit(X.astype(np.float32), y)
    assert classifier.predict(X.astype(np.float32)).tolist() == y.tolist()
    assert np.isfinite(classifier.coef_).all()

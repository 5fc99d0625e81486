"""VectorClassifier: a scikit-learn classifier on views of vectors."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC

from sersk import DiscriminantClassifier, VectorClassifier, as_views
from sersk.testing import check_classifier


def make_vectors(n_clips=60, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_clips) % n_classes
    X = rng.normal(size=(n_clips, 8)) * rng.uniform(0.1, 30, 8)
    X[:, 0] += y * X[:, 0].std()
    return X, np.array(["sad", "anger", "neutral"])[y], rng


CLASSIFIERS = [
    SVC(),
    SVC(decision_function_shape="ovo"),
    LogisticRegression(),
    RidgeClassifier(),
    KNeighborsClassifier(),
    AdaBoostClassifier(n_estimators=5),
    make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=1000)),
]


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=str)
def test_any_classifier_keeps_the_contract(estimator):
    check_classifier(VectorClassifier(estimator))


def test_without_views_it_is_the_classifier_on_standardised_vectors():
    X, y, _ = make_vectors()
    expected = make_pipeline(StandardScaler(), SVC()).fit(X, y)
    ours = VectorClassifier(SVC(), clip_value=None).fit(X, y)
    np.testing.assert_allclose(ours.decision_function(X), expected.decision_function(X), atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X), expected.predict(X))
    np.testing.assert_allclose(ours.mean_, X.mean(axis=0))
    np.testing.assert_allclose(ours.scale_, X.std(axis=0))


@pytest.mark.parametrize("estimator", [LogisticRegression(), make_pipeline(LogisticRegression())])
def test_views_share_the_weight_of_their_clip(estimator):
    X, y, rng = make_vectors()
    weight = rng.integers(0, 3, len(X)).astype(float)
    one = VectorClassifier(estimator).fit(X, y, sample_weight=weight)
    copies = as_views(np.repeat(X[:, None], 3, axis=1))
    three = VectorClassifier(estimator).fit(copies, y, sample_weight=weight)
    np.testing.assert_allclose(three.predict_proba(X), one.predict_proba(X), atol=1e-4)
    repeated = VectorClassifier(estimator).fit(
        np.repeat(X, weight.astype(int), axis=0), np.repeat(y, weight.astype(int))
    )
    np.testing.assert_allclose(repeated.predict_proba(X), one.predict_proba(X), atol=1e-4)


def test_views_are_trained_on_and_averaged_and_clean_clips_give_the_scale():
    X, y, rng = make_vectors()
    other = X + 100 * rng.normal(size=X.shape)
    views = as_views(np.stack([X, other], axis=1))
    fitted = VectorClassifier(LogisticRegression(), clip_value=None).fit(views, y)
    np.testing.assert_allclose(fitted.mean_, X.mean(axis=0))
    assert fitted.estimator_.n_features_in_ == 8
    each = [fitted.predict_proba(view) for view in (X, other)]
    np.testing.assert_allclose(fitted.predict_proba(views), np.mean(each, axis=0))
    labels = fitted.classes_[np.mean(each, axis=0).argmax(axis=1)]
    np.testing.assert_array_equal(fitted.predict(views), labels)


def test_outliers_are_clipped():
    X, y, _ = make_vectors()
    fitted = VectorClassifier(LogisticRegression()).fit(X, y)
    outlier, bound = X.copy(), X.copy()
    outlier[:, 0] = 1e9
    bound[:, 0] = fitted.mean_[0] + 5 * fitted.scale_[0]
    np.testing.assert_allclose(fitted.predict_proba(outlier), fitted.predict_proba(bound))


def test_weights_for_a_classifier_that_takes_none():
    X, y, _ = make_vectors()
    ours = VectorClassifier(KNeighborsClassifier())
    with pytest.raises(ValueError, match="KNeighborsClassifier takes no sample_weight"):
        ours.fit(X, y, sample_weight=np.linspace(1, 2, len(X)))
    kept = np.arange(len(X)) % 4 > 0
    left_out = ours.fit(X, y, sample_weight=kept * 2.0).predict(X)
    np.testing.assert_array_equal(left_out, ours.fit(X[kept], y[kept]).predict(X))


class ByGroup(ClassifierMixin, BaseEstimator):
    """Records the speakers of the views that it is trained on."""

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        self.groups_ = groups
        return self

    def predict(self, X):
        return self.classes_[np.zeros(len(X), int)]


def test_groups_reach_a_classifier_that_takes_them():
    X, y, _ = make_vectors()
    views = as_views(np.repeat(X[:, None], 2, axis=1))
    fitted = VectorClassifier(ByGroup()).fit(views, y, groups=np.arange(60))
    np.testing.assert_array_equal(fitted.estimator_.groups_, np.repeat(np.arange(60), 2))
    assert not hasattr(fitted, "predict_proba")
    assert not hasattr(fitted, "decision_function")
    assert set(fitted.predict(views)) == {"anger"}
    VectorClassifier(SVC()).fit(X, y, groups=np.arange(60))  # takes no groups


@pytest.mark.parametrize("classifier", [VectorClassifier(SVC()), DiscriminantClassifier()])
def test_weights_that_leave_no_clip_are_refused(classifier):
    X, y, _ = make_vectors()
    with pytest.raises(ValueError, match=r"at least one non-zero|every sample_weight is zero"):
        classifier.fit(X, y, sample_weight=np.zeros(len(X)))

"""Metadata reaches every step that takes it, with scikit-learn's routing on and off."""

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sersk._utils.routing import fit_with, takes, transform_with

X = np.random.default_rng(0).normal(size=(24, 3))
Y = np.arange(24) % 2
GROUPS = np.arange(24) // 4


class GroupsRecorder(ClassifierMixin, BaseEstimator):
    """Records the groups of each fit."""

    seen = []  # noqa: RUF012

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        self.seen.append(None if groups is None else len(groups))
        return self

    def predict(self, X):
        return self.classes_[np.zeros(len(X), int)]

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


class GroupShifter(TransformerMixin, BaseEstimator):
    """Adds each clip's group number to its features."""

    def fit(self, X, y=None, groups=None):
        assert groups is not None
        self.fitted_ = True
        return self

    def transform(self, X, groups=None):
        return X + (0 if groups is None else np.asarray(groups)[:, None])


@pytest.fixture(autouse=True, params=[False, True], ids=["off", "on"])
def routing(request):
    GroupsRecorder.seen = []
    with sklearn.config_context(enable_metadata_routing=request.param):
        yield request.param


def search(estimator, cv=None):
    return GridSearchCV(estimator, {}, cv=GroupKFold(2) if cv is None else cv, refit=True)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (GroupsRecorder(), [24]),
        (make_pipeline(StandardScaler(), GroupsRecorder()), [24]),
        (make_pipeline("passthrough", make_pipeline(StandardScaler(), GroupsRecorder())), [24]),
        (make_pipeline(make_pipeline(GroupShifter()), GroupsRecorder()), [24]),
        (search(GroupsRecorder()), [12, 12, 24]),
        (search(make_pipeline(StandardScaler(), GroupsRecorder())), [12, 12, 24]),
        (search(make_pipeline(StandardScaler(), GroupsRecorder()), KFold(2)), [12, 12, 24]),
        (make_pipeline(StandardScaler(), search(GroupsRecorder())), [12, 12, 24]),
        (CalibratedClassifierCV(GroupsRecorder(), cv=2, ensemble=False), [12, 12, 24]),
    ],
    ids=str,
)
def test_groups_reach_the_estimator(estimator, expected):
    assert takes(estimator, "fit", "groups")
    fit_with(estimator, X, Y, groups=GROUPS)
    assert GroupsRecorder.seen == expected


def test_metadata_that_no_step_takes_is_not_passed():
    assert not takes(SVC(), "fit", "groups")
    fit_with(make_pipeline(StandardScaler(), SVC()), X, Y, groups=GROUPS)
    fit_with(GroupsRecorder(), X, Y, groups=None)
    assert GroupsRecorder.seen == [None]


def test_estimators_without_metadata_routing():
    ensemble = AdaBoostClassifier(n_estimators=2)
    assert takes(ensemble, "fit", "sample_weight")
    assert not takes(ensemble, "fit", "groups")
    weight = np.where(np.arange(24) < 12, 1.0, 1e-9)
    pipeline = make_pipeline(StandardScaler(), ensemble)
    weighted = fit_with(pipeline, X, Y, sample_weight=weight, groups=GROUPS).predict_proba(X)
    assert not np.array_equal(weighted, fit_with(pipeline, X, Y).predict_proba(X))


def test_metadata_that_a_user_refuses_is_not_passed():
    with sklearn.config_context(enable_metadata_routing=True):
        forbidden = GroupsRecorder().set_fit_request(groups=False)
    assert not takes(forbidden, "fit", "groups")
    fit_with(make_pipeline(forbidden), X, Y, groups=GROUPS)
    assert GroupsRecorder.seen == [None]


@pytest.mark.parametrize(
    "step", [GroupShifter(), make_pipeline(StandardScaler(), GroupShifter())], ids=str
)
def test_transform_by_groups(step):
    fit_with(step, X, Y, groups=GROUPS)
    plain = X if isinstance(step, GroupShifter) else step[0].transform(X)
    assert takes(step, "transform", "groups")
    np.testing.assert_allclose(transform_with(step, X, groups=GROUPS), plain + GROUPS[:, None])
    np.testing.assert_allclose(transform_with(step, X, groups=None), plain)

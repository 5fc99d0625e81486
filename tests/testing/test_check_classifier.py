"""The checker of classifiers passes ours, and says what is wrong with others."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import SVC, SVR
from sklearn.utils.validation import validate_data

from sersk import DiscriminantClassifier, SpeechEmotionClassifier, VectorClassifier, has_views
from sersk.testing import check_classifier


def test_our_classifiers_pass():
    check_classifier(DiscriminantClassifier())
    check_classifier(DiscriminantClassifier(shrinkage=0.5, temperature=1.0))
    check_classifier(VectorClassifier(SVC()))


def dense(input_shape, n_classes):
    import keras

    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))


@pytest.mark.parametrize(("model", "shape"), [("cnn", (8, 9)), ("dense", (6,))])
def test_the_network_passes(model, shape):
    sizes = {"model__filters": (2,), "model__dense_units": ()} if model == "cnn" else {}
    check_classifier(
        SpeechEmotionClassifier(
            "cnn" if model == "cnn" else dense,
            epochs=1,
            run_eagerly=True,
            validation_split=0.25,
            random_state=0,
            **sizes,
        ),
        input_shape=shape,
    )


class Base(ClassifierMixin, BaseEstimator):
    """Keeps the contract; subclasses break it."""

    def fit(self, X, y):
        views = self._check(X, reset=True)
        self.classes_ = np.unique(y)
        self.means_ = np.stack([views[y == label].mean(axis=(0, 1)) for label in self.classes_])
        return self

    def predict_proba(self, X):
        scores = np.exp(self._check(X, reset=False).mean(axis=1) @ self.means_.T)
        return scores / scores.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _check(self, X, *, reset):
        return np.asarray(X) if has_views(X) else validate_data(self, X, reset=reset)[:, None]


class Renamed(Base):
    def __init__(self, size=1):
        self.units = size


class Guessing(Base):
    def _check(self, X, *, reset):
        return np.asarray(X) if np.ndim(X) == 3 else np.asarray(X)[:, None]


class Positions(Base):
    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


class Views(Base):
    def predict(self, X):
        views = np.asarray(X)
        return super().predict(views.reshape(-1, views.shape[-1]))


class Summing(Base):
    def predict_proba(self, X):
        scores = np.exp(self._check(X, reset=False).sum(axis=1) @ self.means_.T)
        return scores / scores.sum(axis=1, keepdims=True)


class Changing(Base):
    def fit(self, X, y):
        X += 1
        return super().fit(X, y)


class Weighing(Base):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


class Grouping(Base):
    def fit(self, X, y, groups=None):
        return super().fit(X, y)


class Nothing(Base):
    def fit(self, X, y):
        super().fit(X, y)


class Unpicklable(Base):
    def fit(self, X, y):
        self.rows_ = (row for row in X)
        return super().fit(X, y)


def test_a_correct_one_passes():
    check_classifier(Base())


@pytest.mark.parametrize(
    ("classifier", "message"),
    [
        (SVR(), "it is no classifier"),
        (SVC(), "fit on marked views fails .*sersk.VectorClassifier"),
        (Renamed(), "clone, get_params and set_params fail"),
        (Guessing(), r"in predict X of shape \(24, 3, 6\), not marked, is taken for views"),
        (Positions(), "predict gives .*one label for each clip, as it was in fit"),
        (Views(), "predict of 24 clips with 3 views each has shape"),
        (Summing(), "differs from that of the clip; right is: probabilities are averaged"),
        (Changing(), "fit changes X or y"),
        (Weighing(), "sample_weight of another length than X is taken"),
        (Grouping(), "groups of another length than X are taken"),
        (Nothing(), "fit returns None"),
        (Unpicklable(), "a pickle can't be written"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_wrong_is_said(classifier, message):
    with pytest.raises(AssertionError, match=message):
        check_classifier(classifier)

"""Training on one corpus and testing on another, without shared speakers or recordings."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils import Bunch

from sersk import cross_corpus, make_emotional_speech, make_ser_pipeline
from sersk import evaluate_speaker_independent as evaluate


@pytest.fixture
def corpora(speech):
    X, y, groups = speech
    return (X[:72], y[:72], groups[:72]), (X[72:], y[72:], groups[72:])


def test_the_same_as_fit_and_predict(corpora):
    train, test = corpora
    report = cross_corpus(LogisticRegression(), train=train, test=test, seeds=(0, 1))
    model = LogisticRegression().fit(*train[:2])
    expected = model.predict(test[0])
    assert report.predictions["y_pred"].tolist() == [*expected, *expected]
    assert report.predictions["clip"].tolist() == [*range(72, 144)] * 2
    assert report.predictions["speaker"].tolist() == [*test[2]] * 2
    assert report.uar == pytest.approx(balanced_accuracy_score(test[1], expected))
    np.testing.assert_array_equal(report.proba[:72], model.predict_proba(test[0]))
    assert report.leaks == []


def test_bunches_and_given_folds_give_the_same(corpora, speech):
    train, test = (Bunch(data=X, target=y, groups=g) for X, y, g in corpora)
    report = cross_corpus(LogisticRegression(), train=train, test=test)
    X, y, groups = speech
    fold = [(np.arange(72), np.arange(72, 144))]
    assert report.predictions.equals(
        evaluate(LogisticRegression(), X, y, groups, cv=fold).predictions
    )


def test_a_class_only_in_training_is_noted(corpora):
    (X, y, g), test = corpora
    y = np.where(np.arange(72) % 6 == 0, "fear", y)
    report = cross_corpus(LogisticRegression(), train=(X, y, g), test=test)
    assert report.classes.tolist() == ["anger", "calm", "fear", "sad"]
    assert report.notes == ["train alone has clips of 'fear'."]
    recalls = report.by_class["recall"].drop("fear")
    assert report.uar == pytest.approx(recalls.mean())


def test_a_shared_recording_is_named(corpora):
    train, (X, y, g) = corpora
    X = X.copy()
    X[3] = train[0][0]
    report = cross_corpus(LogisticRegression(), train=train, test=(X, y, g))
    found = {leak.kind: leak for leak in report.leaks}
    assert found["audio on both sides"].clips == (75,)
    assert found["same audio"].message == "clip 0 of train, clip 3 of test"


@pytest.mark.parametrize(
    ("train", "test", "match"),
    [
        (lambda X, y, g: (X[:0], y[:0], g[:0]), None, "train: X has 0 clips"),
        (None, lambda X, y, g: (X, y[1:], g), "test: lengths differ"),
        (None, lambda X, y, g: (X, y, None), "test: groups is None"),
        (lambda X, y, g: (X, ["sad"] * 72, g), None, "train have the label 'sad'"),
        (None, lambda X, y, g: (X, ["joy", *y[1:]], g), "train has no clip of 'joy'"),
        (None, lambda X, y, g: (X, y, ["S0", *g[1:]]), "share speakers: 'S0'"),
    ],
)
def test_refused_before_training(corpora, train, test, match):
    class Untrainable(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("training started")

    changed = [
        change(*corpus) if change else corpus
        for change, corpus in zip((train, test), corpora, strict=True)
    ]
    with pytest.raises(ValueError, match=match):
        cross_corpus(Untrainable(), train=changed[0], test=changed[1])


def test_an_argument_that_is_not_a_corpus(corpora):
    with pytest.raises(TypeError, match="test is of type list"):
        cross_corpus(LogisticRegression(), train=corpora[0], test=list(corpora[1]))


def test_the_whole_system_from_sound():
    corpus = make_emotional_speech(
        n_speakers=4, n_repetitions=1, emotions=("anger", "sad"), random_state=0
    )
    pipeline = make_ser_pipeline(
        duration=1.0, epochs=1, augmentation=False, model__filters=(2,), model__dense_units=(2,)
    )
    here = np.isin(corpus.groups, np.unique(corpus.groups)[:3])
    sides = [
        ([corpus.data[i] for i in np.flatnonzero(side)], corpus.target[side], corpus.groups[side])
        for side in (here, ~here)
    ]
    report = cross_corpus(pipeline, train=sides[0], test=sides[1])
    assert report.leaks == []
    assert report.proba.sum(axis=1) == pytest.approx(1)
    assert "UAR" in report.to_text()

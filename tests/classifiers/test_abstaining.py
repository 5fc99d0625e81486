"""`AbstainingClassifier`: its threshold against one found by hand, speakers, views, pipelines."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sersk import (
    AbstainingClassifier,
    DiscriminantClassifier,
    as_views,
    evaluate_speaker_independent,
    make_emotional_speech,
    make_ser_pipeline,
)


def make_clips(n=240, seed=0):
    rng = np.random.default_rng(seed)
    y = np.array(["anger", "happy", "sad"])[np.arange(n) % 3]
    X = rng.normal(size=(n, 5)) + np.eye(5)[np.arange(n) % 3] * 1.5
    return X, y, np.arange(n) // 3 % 8


def held_out(model, X, y, folds):
    """Return confidence and correctness of each clip, by models that were not fitted on it."""
    confidence, correct = np.zeros(len(y)), np.zeros(len(y), bool)
    for train, test in folds:
        proba = clone(model).fit(X[train], y[train]).predict_proba(X[test])
        confidence[test] = proba.max(axis=1)
        correct[test] = np.unique(y)[proba.argmax(axis=1)] == y[test]
    return confidence, correct


@pytest.mark.parametrize("coverage", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("by_speaker", [True, False])
def test_the_threshold_answers_the_given_share(coverage, by_speaker):
    X, y, speakers = make_clips()
    model = LogisticRegression()
    splitter = StratifiedGroupKFold(4) if by_speaker else StratifiedKFold(4)
    groups = speakers if by_speaker else None
    confidence, correct = held_out(model, X, y, splitter.split(X, y, groups))
    classifier = AbstainingClassifier(model, coverage=coverage).fit(X, y, groups=groups)
    ranked = np.sort(confidence)[::-1]
    assert classifier.threshold_ == pytest.approx(ranked[round(coverage * len(y)) - 1])
    answered = confidence >= classifier.threshold_
    assert classifier.coverage_ == answered.mean() == pytest.approx(coverage, abs=1 / len(y))
    assert classifier.error_rate_ == pytest.approx(1 - correct[answered].mean())
    assert classifier.error_rate_ < 1 - correct.mean()


def test_the_threshold_keeps_the_error_rate():
    X, y, _ = make_clips()
    confidence, correct = held_out(LogisticRegression(), X, y, StratifiedKFold(4).split(X, y))
    wanted = 0.6 * (1 - correct.mean())
    classifier = AbstainingClassifier(LogisticRegression(), error_rate=wanted).fit(X, y)
    assert classifier.error_rate_ <= wanted
    lower = confidence[confidence < classifier.threshold_]
    for threshold in lower:  # any lower threshold has more errors
        assert 1 - correct[confidence >= threshold].mean() > wanted
    alike = AbstainingClassifier(LogisticRegression(), error_rate=0)
    with pytest.raises(ValueError, match=r"no threshold reaches error_rate=0 .* the lowest is 0"):
        alike.fit(np.ones_like(X), y)


def test_answers():
    X, y, _ = make_clips()
    classifier = AbstainingClassifier(LogisticRegression(), coverage=0.5).fit(X, y)
    answers, plain = classifier.predict(X), LogisticRegression().fit(X, y)
    unsure = plain.predict_proba(X).max(axis=1) < classifier.threshold_
    assert 0.3 < unsure.mean() < 0.7
    assert (answers[unsure] == "uncertain").all()
    np.testing.assert_array_equal(answers[~unsure], plain.predict(X)[~unsure])
    np.testing.assert_array_equal(classifier.predict_proba(X), plain.predict_proba(X))
    assert classifier.classes_.tolist() == ["anger", "happy", "sad"]
    numbers = np.unique(y, return_inverse=True)[1]
    mixed = AbstainingClassifier(LogisticRegression(), coverage=0.5, label="?").fit(X, numbers)
    given = mixed.predict(X)
    assert set(given) == {0, 1, 2, "?"}
    all_of_them = AbstainingClassifier(LogisticRegression(), coverage=1.0).fit(X, numbers)
    np.testing.assert_array_equal(all_of_them.predict(X), plain.fit(X, numbers).predict(X))


def test_clean_views_choose_the_threshold():
    X, y, speakers = make_clips(90)
    views = as_views(np.stack([X, X + 100], axis=1))
    model = DiscriminantClassifier(shrinkage=0.5, temperature=1.0)
    classifier = AbstainingClassifier(model, coverage=0.6).fit(views, y, groups=speakers)
    confidence = np.zeros(90)
    for train, test in StratifiedGroupKFold(4).split(X, y, speakers):
        fitted = clone(model).fit(as_views(np.asarray(views)[train]), y[train])
        confidence[test] = fitted.predict_proba(X[test]).max(axis=1)
    expected = np.sort(confidence)[::-1][round(0.6 * 90) - 1]
    assert classifier.threshold_ == pytest.approx(expected)


def test_in_pipelines_and_searches():
    corpus = make_emotional_speech(
        3, 1, emotions=["anger", "sad"], duration=1.0, sample_rate=8000, random_state=0
    )
    inner = AbstainingClassifier(DiscriminantClassifier(), coverage=0.5)
    pipeline = make_ser_pipeline(
        inner, preset="functionals", sample_rate=8000, duration=1.0, augmentation=False
    )
    assert type(pipeline["classifier"]) is AbstainingClassifier
    report = evaluate_speaker_independent(
        pipeline, corpus.data, corpus.target, corpus.groups, cv=3, check_data=False
    )
    assert set(report.predictions["y_pred"]) <= {"anger", "sad", "uncertain"}
    assert report.classes.tolist() == ["anger", "sad"]
    around = AbstainingClassifier(
        make_ser_pipeline(preset="functionals", sample_rate=8000, duration=1.0, augmentation=False),
        coverage=0.5,
    ).fit(list(corpus.data), corpus.target, groups=corpus.groups)
    pipeline.fit(list(corpus.data), corpus.target, classifier__groups=corpus.groups)
    assert around.threshold_ == pytest.approx(pipeline["classifier"].threshold_)
    X, y, _ = make_clips(60)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), AbstainingClassifier(LogisticRegression())),
        {"abstainingclassifier__coverage": [0.5, 0.9], "abstainingclassifier__estimator__C": [1]},
        cv=2,
    ).fit(X, y)
    assert search.best_params_["abstainingclassifier__coverage"] == 0.9  # "uncertain" is wrong


def test_refusals():
    X, y, _ = make_clips(30)
    with pytest.raises(ValueError, match="label='sad' is one of the labels"):
        AbstainingClassifier(LogisticRegression(), label="sad").fit(X, y)
    with pytest.raises(ValueError, match="SVC has no predict_proba"):
        AbstainingClassifier(SVC()).fit(X, y)
    with pytest.raises(ValueError, match="no clip can be held out"):
        AbstainingClassifier(LogisticRegression()).fit(X, y, groups=np.zeros(30))
    with pytest.raises(ValueError, match="'coverage' parameter"):
        AbstainingClassifier(LogisticRegression(), coverage=1.1).fit(X, y)


def test_a_report_counts_the_clips_without_an_answer_as_errors_and_says_so():
    X, y, speakers = make_clips(120)
    model = AbstainingClassifier(DiscriminantClassifier(shrinkage=0.5), coverage=0.4)
    for seeds in (1, 2):
        report = evaluate_speaker_independent(
            make_pipeline(model), X, y, speakers, cv=2, seeds=range(seeds)
        )
        true, answers = report.predictions["y_true"], report.predictions["y_pred"]
        expected = [
            [np.sum((true == row) & (answers == column)) / seeds for column in report.classes]
            for row in report.classes
        ]
        np.testing.assert_allclose(report.confusion, expected)
        shares = report.confusion.diagonal() / np.unique(y, return_counts=True)[1]
        np.testing.assert_allclose(shares, report.by_class["recall"])
        n_abstained = np.sum(answers == "uncertain")
        assert f"abstained in {n_abstained} of {len(answers)} answers" in str(report)
        right = np.mean((answers == true)[answers != "uncertain"])
        assert f"Of the others, {100 * right:.1f} % are right." in str(report)
        # "uncertain" is no class of its own, in no figure and in no interval
        assert report.macro_f1 == pytest.approx(report.by_class["f1"].mean())
        low, high = report.intervals["macro_f1"]
        assert low < report.macro_f1 < high
        assert report.scores["coverage"] == 1 - n_abstained / len(answers)
        by_fold = (answers != "uncertain").groupby(
            [report.predictions["seed"], report.predictions["fold"]]
        )
        np.testing.assert_allclose(report.by_fold["coverage"], by_fold.mean())
    assert "abstained" not in str(
        evaluate_speaker_independent(make_pipeline(model.estimator), X, y, speakers, cv=2)
    )


def test_a_report_of_labels_that_are_numbers_is_that_of_words():
    X, y, speakers = make_clips(120)
    model = make_pipeline(AbstainingClassifier(DiscriminantClassifier(shrinkage=0.5), coverage=0.4))
    numbers = np.unique(y, return_inverse=True)[1]
    words, numeric = (
        evaluate_speaker_independent(model, X, labels, speakers, cv=2, check_data=False)
        for labels in (y, numbers)
    )
    assert numeric.scores == words.scores
    assert numeric.intervals == words.intervals
    np.testing.assert_array_equal(numeric.confusion, words.confusion)

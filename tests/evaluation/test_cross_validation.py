"""Evaluation by speaker: splits, errors before training, and metrics equal to scikit-learn's."""

import json
import time

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import calibration_curve
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    PredefinedSplit,
    cross_val_predict,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sersk import EvaluationReport, evaluate_speaker_independent

FOREST = RandomForestClassifier(5, max_depth=3)


class FitRecorder(ClassifierMixin, BaseEstimator):
    """Predicts the first class; records the arguments of each fit in a list that clones share."""

    def __init__(self, fits=None, random_state=None):
        self.fits = fits
        self.random_state = random_state

    def __sklearn_clone__(self):
        return FitRecorder(self.fits, self.random_state)

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        self.fits.append((np.asarray(X), groups, self.random_state))
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


class Untrainable(FitRecorder):
    def fit(self, X, y, groups=None):
        raise AssertionError("training started")


@pytest.fixture
def report(speech):
    return evaluate_speaker_independent(
        make_pipeline(StandardScaler(), FOREST), *speech, cv=4, seeds=(0, 1), check_data=False
    )


def test_every_metric_is_scikit_learns(report):
    true, predicted = report.predictions["y_true"], report.predictions["y_pred"]
    assert report.uar == pytest.approx(metrics.balanced_accuracy_score(true, predicted))
    assert report.accuracy == metrics.accuracy_score(true, predicted)
    assert report.macro_f1 == metrics.f1_score(true, predicted, average="macro")
    assert report.log_loss == metrics.log_loss(true, report.proba, labels=report.classes)
    # two seeds: the mean of their matrices, so that each clip counts once
    np.testing.assert_array_equal(2 * report.confusion, metrics.confusion_matrix(true, predicted))
    expected = metrics.classification_report(true, predicted, output_dict=True)
    for label in report.classes:
        row = report.by_class.loc[label]
        assert row["f1"] == expected[label]["f1-score"]
        for name in ("precision", "recall"):
            assert row[name] == expected[label][name]
        assert 2 * row["support"] == expected[label]["support"]
    for speaker, part in report.predictions.groupby("speaker"):
        row = report.by_speaker.loc[speaker]
        expected_uar = metrics.balanced_accuracy_score(part["y_true"], part["y_pred"])
        assert row["uar"] == pytest.approx(expected_uar)
        assert row["accuracy"] == metrics.accuracy_score(part["y_true"], part["y_pred"])
    for fit, part in report.predictions.groupby(["seed", "fold"]):
        row, proba = report.by_fold.loc[fit], report.proba[part.index]
        true, predicted = part["y_true"], part["y_pred"]
        assert row["uar"] == pytest.approx(metrics.balanced_accuracy_score(true, predicted))
        assert row["accuracy"] == metrics.accuracy_score(true, predicted)
        assert row["macro_f1"] == metrics.f1_score(true, predicted, average="macro")
        assert row["log_loss"] == metrics.log_loss(true, proba, labels=report.classes)
        assert row["ece"] == pytest.approx(calibration_error(true, proba, report.classes))
    low, high = report.intervals["uar"]
    assert low < report.uar < high


def calibration_error(true, proba, classes, n_bins=15):
    """Return the mean gap of scikit-learn's calibration curve, bins weighted by their clips."""
    confidence, right = proba.max(axis=1), classes[proba.argmax(axis=1)] == true
    share, mean = calibration_curve(right, confidence, n_bins=n_bins)
    # as in the curve, a value on an edge belongs to the bin below, unlike in np.histogram
    bins = np.searchsorted(np.linspace(0, 1, n_bins + 1)[1:-1], confidence)
    counts = np.bincount(bins, minlength=n_bins)
    return np.sum(counts[counts > 0] / len(true) * np.abs(share - mean))


def test_calibration_error_and_spread_are_scikit_learns_and_numpys(report):
    true = report.predictions["y_true"]
    assert report.ece == pytest.approx(calibration_error(true, report.proba, report.classes))
    told = report.to_dict()
    for name in ("uar", "accuracy", "macro_f1", "log_loss", "ece"):
        assert told["mean"][name] == pytest.approx(np.mean(report.by_fold[name]))
        assert told["std"][name] == pytest.approx(np.std(report.by_fold[name], ddof=1))
        if name == "uar":
            said = f"{told['mean'][name]:.3f} ± {np.std(report.by_fold[name], ddof=1):.3f}"
            assert said in report.to_text()
            assert said in report.to_markdown()
            assert said in report.to_html()


def test_predictions_are_those_of_cross_val_predict(speech):
    X, y, groups = speech
    model = make_pipeline(StandardScaler(), LogisticRegression())
    report = evaluate_speaker_independent(model, X, y, groups, cv=GroupKFold(4))
    kept = report.predictions.sort_values("clip")
    assert kept["clip"].tolist() == list(range(len(y)))
    for method, found in [
        ("predict", kept["y_pred"].to_numpy()),
        ("predict_proba", report.proba[kept.index]),
    ]:
        expected = cross_val_predict(model, X, y, cv=GroupKFold(4), groups=groups, method=method)
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(kept["y_true"], y)
    np.testing.assert_array_equal(kept["speaker"], groups)


@pytest.mark.parametrize(
    ("cv", "n_folds"),
    [
        (3, 3),
        ("leave-one-speaker-out", 8),
        (LeaveOneGroupOut(), 8),
        (GroupShuffleSplit(2, random_state=0), 2),
        (PredefinedSplit(np.repeat([0, 0, 1, 1, 2, 2, -1, -1], 18)), 3),
        ([(np.arange(72), np.arange(72, 144)), (np.arange(72, 144), np.arange(72))], 2),
        ([(np.arange(144) < 72, np.arange(144) >= 72)], 1),
    ],
    ids=lambda value: str(value)[:24],
)
def test_no_speaker_on_both_sides(speech, cv, n_folds):
    _, y, groups = speech
    fits = []
    report = evaluate_speaker_independent(
        FitRecorder(fits), np.arange(144)[:, None], y, groups, cv=cv
    )
    assert len(fits) == len(report.by_fold) == n_folds
    for number, (clips, given, _) in enumerate(fits, start=1):
        tested = report.predictions[report.predictions["fold"] == number]
        np.testing.assert_array_equal(given, groups[clips.ravel()])  # for early stopping
        assert not set(given) & set(tested["speaker"])


@pytest.mark.parametrize("routing", [False, True])
def test_speakers_reach_the_last_step_of_nested_pipelines(speech, routing):
    X, y, groups = speech
    fits = []
    inner = make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), FitRecorder(fits)))
    search = GridSearchCV(inner, {}, cv=GroupKFold(2), refit=True)
    with sklearn.config_context(enable_metadata_routing=routing):
        evaluate_speaker_independent(search, X, y, groups, cv=2)
    assert len(fits) == 2 * 3
    assert all(len(given) == len(clips) for clips, given, _ in fits)


def test_seeds_set_every_random_state(speech):
    fits = []
    pipeline = make_pipeline(StandardScaler(), FitRecorder(fits, random_state=7))
    report = evaluate_speaker_independent(pipeline, *speech, cv=2, seeds=(3, 5))
    assert [seed for _, _, seed in fits] == [3, 3, 5, 5]
    assert sorted(set(report.predictions["seed"])) == [3, 5]
    assert pipeline[-1].random_state == 7


def test_same_seed_same_report(speech, report):
    X, y, groups = speech
    pipeline = make_pipeline(StandardScaler(), clone(FOREST))
    arguments = {"cv": 4, "check_data": False}
    with joblib.parallel_config(backend="threading"):  # processes take seconds to start
        again = evaluate_speaker_independent(
            pipeline, X, y, groups, seeds=(0, 1), n_jobs=2, **arguments
        )
    assert again == report
    assert again.to_json() == report.to_json()
    assert again.to_html() == report.to_html()
    assert again.to_text() == report.to_text()
    assert again.to_markdown() == report.to_markdown()
    assert evaluate_speaker_independent(pipeline, X, y, groups, seeds=2, **arguments) != report
    assert report != "a report"


def test_lists_series_and_frames_give_the_same(speech):
    X, y, groups = speech
    model = LogisticRegression()
    expected = evaluate_speaker_independent(model, X, y, groups, cv=2, check_data=False)
    for given in (
        (pd.DataFrame(X).to_numpy().tolist(), y.tolist(), groups.tolist()),
        (pd.DataFrame(X).to_numpy(), pd.Series(y), pd.Series(groups)),
    ):
        found = evaluate_speaker_independent(model, *given, cv=2, check_data=False)
        assert found.to_dict() == expected.to_dict()


def test_integer_labels_stay_integers(speech):
    X, y, groups = speech
    codes = np.unique(y, return_inverse=True)[1]
    report = evaluate_speaker_independent(LogisticRegression(), X, codes, groups, cv=2)
    assert json.loads(report.to_json())["classes"] == [0, 1, 2]


def test_without_probabilities(speech):
    report = evaluate_speaker_independent(RidgeClassifier(), *speech, cv=2)
    assert report.proba is None
    assert report.log_loss is None
    assert report.ece is None
    assert "log_loss" not in report.to_dict()["scores"]
    assert "ECE" not in report.to_text()


def test_chance(speech):
    report = evaluate_speaker_independent(
        DummyClassifier(strategy="uniform"), *speech, seeds=range(9)
    )
    assert report.uar == pytest.approx(1 / 3, abs=0.05)


def test_learning_curve(speech):
    report = evaluate_speaker_independent(
        LogisticRegression(), *speech, cv=4, seeds=(0, 1), learning_curve=(0.5, 0.2)
    )
    curve = report.learning_curve
    assert curve.groupby("share")["n_speakers"].unique().map(list).to_dict() == {
        0.2: [1],
        0.5: [3],
        1.0: [6],
    }
    whole = curve[curve["share"] == 1].set_index(["seed", "fold"])["test_uar"]
    pd.testing.assert_series_equal(whole, report.by_fold["uar"], check_names=False)
    assert (curve["train_uar"] > 0.5).all()
    half = curve[curve["share"] == 0.5]["test_uar"]
    row = next(x for x in report.to_text().splitlines() if x.startswith("50 % of training speak"))
    assert row.endswith(f"{half.mean():.3f} ± {np.std(half, ddof=1):.3f}")


def test_leaks_are_in_the_report(speech):
    X, y, groups = speech
    X[20], X[100] = X[0], X[1]  # 1 speaks as speaker 0, with another emotion; 5 as 0
    report = evaluate_speaker_independent(LogisticRegression(), X, y, groups, cv=2)
    kinds = {leak.kind for leak in report.leaks}
    assert kinds >= {"same audio", "two speakers", "two labels"}
    for text in (report.to_text(), report.to_markdown(), report.to_json()):
        assert "clip 20 of X" in text


def test_timings_are_reported_on_request(speech):
    class Slow(DummyClassifier):
        def fit(self, X, y):
            time.sleep(0.02)
            return super().fit(X, y)

    report = evaluate_speaker_independent(Slow(), *speech, cv=2, check_data=False)
    assert (report.timings["fit_time"] >= 0.02).all()
    assert "fit_time" not in report.to_json()
    content = json.loads(report.to_json(timings=True))
    told = content.pop("timings")
    assert content == json.loads(report.to_json())  # only the timings differ
    assert [row["fit_time"] for row in told] == report.timings["fit_time"].tolist()
    assert "Timings" not in report.to_text()
    assert "Timings" in report.to_text(timings=True)
    assert "Timings" in report.to_markdown(timings=True)


def test_a_fold_that_tests_fewer_classes_is_noted(speech):
    X, y, groups = speech
    keep = ~((groups == "S3") & (y == "sad"))
    report = evaluate_speaker_independent(
        LogisticRegression(), X[keep], y[keep], groups[keep], cv="leave-one-speaker-out"
    )
    assert "1 of 8 folds tests fewer than the 3 classes (fold 4)" in report.notes[0]
    assert report.notes[0] in report.to_text()


def test_text_and_markdown_explain_the_numbers(report):
    text, markdown = report.to_text(), report.to_markdown()
    for told in (" ".join(text.split()), markdown):
        assert f"{report.uar:.3f}" in told
        assert "144 clips of 8 speakers" in told
        assert "4 folds, 2 seeds" in told
        assert "Chance is a UAR of 0.333" in told
        assert "not checked for leaks" in told
    assert str(report) == text
    tables = [line for line in markdown.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


def test_save(report, tmp_path):
    assert json.loads(report.save(tmp_path / "r.json").read_text()) == report.to_dict()
    assert report.save(str(tmp_path / "r.md")).read_text().startswith("# Speaker")
    with pytest.raises(ValueError, match=r"ends in '\.pdf'"):
        report.save(tmp_path / "r.pdf")


@pytest.mark.parametrize(
    ("change", "kwargs", "match"),
    [
        (lambda X, y, g: (X[:0], y[:0], g[:0]), {}, "X has 0 clips"),
        (lambda X, y, g: (X, y[:-1], g), {}, "lengths differ: X 144, y 143, groups 144"),
        (lambda X, y, g: (X, y, g[:-2]), {}, "groups 142"),
        (lambda X, y, g: (X, y, None), {}, "groups is None"),
        (lambda X, y, g: (X, None, g), {}, "y is None"),
        (lambda X, y, g: (X, y, ["A"] * 144), {}, "all clips are of one speaker, 'A'"),
        (lambda X, y, g: (X, ["sad"] * 144, g), {}, "all clips have the label 'sad'"),
        (lambda X, y, g: (X, [None, *y[1:]], g), {}, "y is missing for 1 clip \\("),
        (lambda X, y, g: (X, y, [*g[1:], np.nan]), {}, "groups is missing for 1 clip \\("),
        (lambda X, y, g: (X, np.array([0, *y[1:]], object), g), {}, "y mixes strings with"),
        (lambda X, y, g: (X, np.linspace(0, 1, 144), g), {}, "Unknown label type: continuous"),
        (
            lambda X, y, g: (X, np.where((g == "S2") & (y == "sad"), "fear", y), g),
            {},
            "only speaker 'S2' has clips of 'fear'",
        ),
        (
            lambda X, y, g: (X, np.where(g < "S2", "fear", y), g),
            {"cv": [(np.arange(36, 144), np.arange(36))]},
            "training part of fold 1 has no clip of 'fear'",
        ),
        (lambda *d: d, {"cv": 9}, "cv=9 folds of 8 speakers"),
        (lambda *d: d, {"cv": "kfold"}, "cv='kfold'"),
        (lambda *d: d, {"cv": []}, "no folds"),
        (lambda *d: d, {"cv": [([0, 1], [])]}, "fold 1 has no test clips"),
        (lambda *d: d, {"cv": [([0, 1], [144])]}, "from 0 to 143"),
        (lambda *d: d, {"cv": [3]}, "no pair"),
        (
            lambda *d: d,
            {"cv": [(np.arange(80), np.arange(80, 144))]},
            "fold 1 has speakers both in training and in test: 'S4'",
        ),
        (lambda *d: d, {"seeds": ()}, "seeds="),
        (lambda *d: d, {"seeds": (1, 1)}, "seeds="),
        (lambda *d: d, {"seeds": (-1,)}, "seeds="),
        (lambda *d: d, {"learning_curve": (0.5, 1.5)}, "learning_curve has 1.5"),
    ],
)
def test_refused_before_training(speech, change, kwargs, match):
    with pytest.raises(ValueError, match=match):
        evaluate_speaker_independent(Untrainable([]), *change(*speech), **kwargs)


def test_no_classifier(speech):
    with pytest.raises(TypeError, match="is no classifier"):
        evaluate_speaker_independent(LogisticRegression, *speech)


def test_report_of_bad_predictions(report):
    with pytest.raises(ValueError, match=r"lacks the columns \['speaker'\]"):
        EvaluationReport(report.predictions.drop(columns="speaker"))
    with pytest.raises(ValueError, match="has 0 rows"):
        EvaluationReport(report.predictions[:0])
    with pytest.raises(ValueError, match="proba has shape"):
        EvaluationReport(report.predictions, report.proba[:, :2])

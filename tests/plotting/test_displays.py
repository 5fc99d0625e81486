"""Displays of scores show the right numbers, from reports, predictions and estimators."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from numpy.testing import assert_allclose
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from sersk import (
    ConfusionDisplay,
    LearningCurveDisplay,
    ReliabilityDisplay,
    SpeakersDisplay,
    evaluate_speaker_independent,
    expected_calibration_error,
)
from sersk.plotting import ScoredPredictions


@pytest.fixture
def fitted(speech):
    X, y, groups = speech
    train = groups < "S5"
    return LogisticRegression().fit(X[train], y[train]), X[~train], y[~train], groups[~train]


@pytest.fixture
def report(speech):
    return evaluate_speaker_independent(
        LogisticRegression(), *speech, cv=2, seeds=(0, 1), learning_curve=(0.5,)
    )


def axes():
    return Figure().subplots()


def shares(display):
    return np.array([float(text.get_text()) for text in display.text_.flat])


def test_confusion(fitted):
    classifier, X, y, _ = fitted
    display = ConfusionDisplay.from_estimator(classifier, X, y, ax=axes())
    expected = confusion_matrix(y, classifier.predict(X), normalize="true")
    assert_allclose(shares(display), expected.ravel(), atol=0.005)
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == [
        f"{name} ({(y == name).sum()})" for name in ("anger", "calm", "sad")
    ]
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == ["anger", "calm", "sad"]


def test_confusion_in_another_order_and_with_an_absent_class():
    display = ConfusionDisplay.from_predictions(
        ["a", "b"], ["b", "b"], classes=["b", "a", "c"], ax=axes()
    )
    assert shares(display).reshape(3, 3).tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_text_contrasts_with_its_cell(report):
    display = ConfusionDisplay.from_report(report, ax=axes())
    image = display.ax_.images[0]
    for text in display.text_.flat:
        ground = np.array(image.cmap(image.norm(float(text.get_text())))[:3])
        ink = {"white": 1.0, "black": 0.0}[text.get_color()]
        assert abs(ink - ground @ [0.3, 0.59, 0.11]) > 0.45


def test_speakers(fitted):
    classifier, X, y, groups = fitted
    display = SpeakersDisplay.from_estimator(classifier, X, y, groups, ax=axes())
    predicted = classifier.predict(X)
    shown = dict(
        zip(
            (text.get_text() for text in display.ax_.get_yticklabels()),
            display.points_.get_xdata(),
            strict=True,
        )
    )
    expected = {
        speaker: balanced_accuracy_score(y[groups == speaker], predicted[groups == speaker])
        for speaker in np.unique(groups)
    }
    assert shown == pytest.approx(expected)
    assert (np.diff(display.points_.get_xdata()) >= 0).all()
    assert display.uar == pytest.approx(balanced_accuracy_score(y, predicted))
    assert display.speakers["low"].le(display.speakers["uar"]).all()
    assert display.speakers["high"].ge(display.speakers["uar"]).all()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert f"all: {display.uar:.3f}" in labels
    assert "chance: 0.333" in labels
    assert "all, 95 % over speakers (bootstrap)" in labels
    assert "speaker, 95 % over clips (Wilson)" in labels
    assert display.ax_.get_xlabel() == "UAR (0 to 1)"


def test_speakers_of_a_report_count_a_clip_once_whatever_the_seeds(report, speech):
    display = SpeakersDisplay.from_report(report, ax=axes())
    first = report.predictions[report.predictions["seed"] == 0]
    again = SpeakersDisplay.from_predictions(
        first["y_true"], first["y_pred"], first["speaker"], ax=axes()
    )
    # the model is the same for both seeds, so the second seed adds no information
    pd.testing.assert_frame_equal(display.speakers, again.speakers)
    assert display.interval == report.intervals["uar"]


def test_one_speaker_and_very_many():
    one = SpeakersDisplay.from_predictions(["a", "b"], ["a", "a"], ["S", "S"], ax=axes())
    assert not [p for p in one.ax_.patches if p.get_width() > 0]
    many = np.repeat(np.arange(80), 2)
    display = SpeakersDisplay.from_predictions(["a", "b"] * 80, ["a", "a"] * 80, many)
    assert len(display.points_.get_xdata()) == 80
    assert display.ax_.get_ylabel() == "80 speakers, sorted by UAR"
    assert display.figure_.get_size_inches()[1] < 16


def test_reliability(fitted):
    classifier, X, y, _ = fitted
    display = ReliabilityDisplay.from_estimator(classifier, X, y, n_bins=10, ax=axes())
    proba = classifier.predict_proba(X)
    right = classifier.predict(X) == y
    share, mean = calibration_curve(right, proba.max(axis=1), n_bins=10)
    assert_allclose(display.points_.get_xydata(), np.stack([mean, share], axis=1))
    heights = [bar.get_height() for bar in display.bars_]
    assert_allclose(heights, np.histogram(proba.max(axis=1), np.linspace(0, 1, 11))[0] / len(y))
    expected = expected_calibration_error(y, proba, n_bins=10)
    assert display.ece_ == pytest.approx(expected)
    assert f"{expected:.3f}" in display.ax_.get_title()
    assert display.ax_.get_ylabel() == "fraction correct"


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), n_bins=st.integers(1, 20))
def test_error_of_the_diagram_is_the_metric(seed, n, n_bins):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet([1, 1, 1], size=n)
    y = rng.choice(["a", "b", "c"], size=n)
    display = ReliabilityDisplay.from_predictions(
        y, proba, classes=["a", "b", "c"], n_bins=n_bins, ax=axes()
    )
    expected = expected_calibration_error(y, proba, classes=["a", "b", "c"], n_bins=n_bins)
    assert display.ece_ == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "display", [ConfusionDisplay, SpeakersDisplay, ReliabilityDisplay, LearningCurveDisplay]
)
def test_axes_given_are_used_otherwise_one_figure_is_made(display, report):
    ax = axes()
    assert display.from_report(report, ax=ax).ax_ is ax
    assert plt.get_fignums() == []
    made = display.from_report(report).figure_
    assert plt.get_fignums() == [made.number]
    with pytest.raises(TypeError, match="ax is of type str"):
        display.from_report(report, ax="left")


def test_any_result_with_the_attributes_of_the_protocol_is_drawn(report):
    names = ScoredPredictions.__annotations__
    own = SimpleNamespace(**{name: getattr(report, name) for name in names})
    assert_allclose(
        shares(ConfusionDisplay.from_report(own, ax=axes())),
        shares(ConfusionDisplay.from_report(report, ax=axes())),
    )
    assert ReliabilityDisplay.from_report(own, ax=axes()).ece_ == pytest.approx(report.ece)
    assert SpeakersDisplay.from_report(own, ax=axes()).uar == report.uar
    assert LearningCurveDisplay.from_report(own, ax=axes()).curve is report.learning_curve


def test_learning_curve(report):
    display = LearningCurveDisplay.from_report(report, ax=axes())
    mean = report.learning_curve.groupby("share")[["train_uar", "test_uar"]].mean()
    assert_allclose(display.lines_["train"].get_ydata(), mean["train_uar"])
    assert_allclose(display.lines_["test"].get_ydata(), mean["test_uar"])
    assert_allclose(display.lines_["test"].get_xdata(), [2, 4])
    assert display.ax_.get_xlabel() == "speakers in training"
    # the band is the sample standard deviation over fits
    half = report.learning_curve.query("share == 0.5")["test_uar"]
    corners = display.ax_.collections[1].get_paths()[0].vertices
    at_half = corners[np.isclose(corners[:, 0], 2), 1]
    spread = np.std(half, ddof=1)
    assert_allclose([at_half.min(), at_half.max()], [half.mean() - spread, half.mean() + spread])


def test_learning_curve_of_one_fit_has_no_band():
    curve = pd.DataFrame(
        {
            "share": [0.5, 1.0],
            "seed": 0,
            "fold": 1,
            "n_speakers": [1, 2],
            "train_uar": [1.0, 0.9],
            "test_uar": [0.4, 0.5],
        }
    )
    display = LearningCurveDisplay(curve).plot(axes())
    assert len(display.ax_.collections) == 0
    assert display.lines_["test"].get_ydata().tolist() == [0.4, 0.5]


def test_rows_of_a_confusion_matrix_are_clips_whatever_the_seeds(report, speech):
    display = ConfusionDisplay.from_report(report, ax=axes())
    assert display.ax_.get_ylabel() == "true class (number of clips)"
    names = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert names == [f"{name} ({(speech[1] == name).sum()})" for name in ("anger", "calm", "sad")]


def test_seeds_do_not_narrow_the_intervals_of_a_reliability_diagram(report):
    both = ReliabilityDisplay.from_report(report, ax=axes())
    first = (report.predictions["seed"] == 0).to_numpy()
    once = ReliabilityDisplay.from_predictions(
        report.predictions["y_true"][first], report.proba[first], classes=report.classes, ax=axes()
    )
    # the model is the same for both seeds
    bars = [display.ax_.collections[0].get_segments() for display in (both, once)]
    assert_allclose(bars[0], bars[1])


def test_errors(fitted, speech):
    _, X, y, groups = fitted
    ridge = RidgeClassifier().fit(X, y)
    with pytest.raises(ValueError, match="RidgeClassifier has no predict_proba"):
        ReliabilityDisplay.from_estimator(ridge, X, y)
    with pytest.raises(ValueError, match="confidence has shape"):
        ReliabilityDisplay(np.zeros(3), np.zeros(2)).plot()
    with pytest.raises(ValueError, match="n_bins=0"):
        ReliabilityDisplay(np.zeros(2), np.zeros(2), n_bins=0).plot()
    with pytest.raises(ValueError, match=r"\(2, 2\); for 3 classes"):
        ConfusionDisplay(np.eye(2), ["a", "b", "c"]).plot()
    with pytest.raises(ValueError, match=r"lacks the columns \['low', 'high'\]"):
        SpeakersDisplay(pd.DataFrame({"uar": [0.5]}), uar=0.5, interval=(0, 1), n_classes=2).plot()
    with pytest.raises(ValueError, match=r"lacks the columns \['share', 'seed'"):
        LearningCurveDisplay(pd.DataFrame({"test_uar": [0.5]})).plot()
    with pytest.raises(ValueError, match="inconsistent numbers"):
        SpeakersDisplay.from_predictions(y, y, groups[1:])
    assert plt.get_fignums() == []

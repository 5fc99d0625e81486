"""Metrics against scikit-learn's, published definitions and a simulation."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from sersk.metrics import (
    bootstrap_by_speaker,
    expected_calibration_error,
    unweighted_average_recall,
)
from sersk.metrics.scores import confusion_by_speaker, scores_of_confusions

LABELS = st.sampled_from(["anger", "calm", "sad"])
PAIRS = st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=40)


def balanced_accuracy(y_true, y_pred, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return balanced_accuracy_score(y_true, y_pred, **kwargs)


@given(PAIRS)
def test_uar_is_balanced_accuracy(pairs):
    y_true, y_pred = zip(*pairs, strict=True)
    assert unweighted_average_recall(y_true, y_pred) == pytest.approx(
        balanced_accuracy(y_true, y_pred), abs=1e-12
    )


@settings(deadline=None)
@given(PAIRS, st.integers(0, 2**32 - 1))
def test_resampling_speakers_is_weighting_their_clips(pairs, seed):
    y_true, y_pred = map(np.array, zip(*pairs, strict=True))
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 4, len(y_true))
    speakers, position = np.unique(groups, return_inverse=True)
    times = rng.multinomial(len(speakers), np.full(len(speakers), 1 / len(speakers)), size=3)
    scores = scores_of_confusions(
        np.tensordot(times, confusion_by_speaker(y_true, y_pred, groups), axes=1)
    )
    for row, drawn in enumerate(times):
        again = np.repeat(np.arange(len(y_true)), drawn[position])
        true, predicted = y_true[again], y_pred[again]
        expected = {
            "uar": balanced_accuracy(true, predicted),
            "accuracy": accuracy_score(true, predicted),
            "macro_f1": f1_score(
                true, predicted, labels=np.unique(true), average="macro", zero_division=0.0
            ),
        }
        for name, value in expected.items():
            assert scores[name][row] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("n_speakers", [6, 16])
def test_interval_covers_the_truth_at_its_stated_rate(n_speakers):
    # The recall of each class differs between speakers. The true value is the mean over all
    # possible speakers: 0.6 for one class, 0.8 for the other, thus a UAR of 0.7.
    rng = np.random.default_rng(n_speakers)
    n_rounds, n_clips, skills = 500, 10, np.array([[6, 4], [8, 2]])
    y_true = np.tile(np.repeat([0, 1], n_clips), n_speakers)
    groups = np.repeat(np.arange(n_speakers), 2 * n_clips)
    covered = {90: 0, 95: 0}
    for i in range(n_rounds):
        skill = np.stack([rng.beta(*ab, size=n_speakers) for ab in skills], axis=1)
        right = rng.random(len(y_true)) < np.repeat(skill.ravel(), n_clips)
        y_pred = np.where(right, y_true, 1 - y_true)
        for level in covered:
            low, high = bootstrap_by_speaker(
                y_true,
                y_pred,
                groups,
                n_resamples=400,
                confidence_level=level / 100,
                random_state=i,
            )["uar"]
            covered[level] += low <= 0.7 <= high
    for level, count in covered.items():
        stated = level / 100
        # three standard errors of the simulation, plus the error of quantiles of 400 draws
        margin = 3 * np.sqrt(stated * (1 - stated) / n_rounds) + 0.005
        assert abs(count / n_rounds - stated) < margin, (level, count)


def test_interval_by_clips_would_be_too_narrow():
    rng = np.random.default_rng(0)
    y_true = np.zeros(800, int)
    groups = np.repeat(np.arange(8), 100)
    y_pred = (rng.random(800) < np.repeat(rng.random(8), 100)).astype(int)
    speakers = np.diff(bootstrap_by_speaker(y_true, y_pred, groups)["accuracy"])
    clips = np.diff(bootstrap_by_speaker(y_true, y_pred, np.arange(800))["accuracy"])
    assert speakers > 3 * clips


def test_interval_depends_on_the_seed_alone():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.choice(["a", "b"], (2, 60))
    groups = np.arange(60) // 10
    first = bootstrap_by_speaker(y_true, y_pred, groups, random_state=1)
    assert first == bootstrap_by_speaker(y_true, y_pred, groups, random_state=1)
    assert first != bootstrap_by_speaker(y_true, y_pred, groups, random_state=2)


def test_one_speaker_has_no_interval():
    assert np.isnan(bootstrap_by_speaker(["a", "b"], ["a", "b"], [0, 0])["uar"]).all()


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(2, 5))
def test_calibration_error_is_the_weighted_gap_of_scikit_learns_curve(seed, n_bins, n_classes):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(n_classes), 200)
    y_true = rng.integers(0, n_classes, 200)
    confidence, correct = proba.max(axis=1), proba.argmax(axis=1) == y_true
    share, mean = calibration_curve(correct, confidence, n_bins=n_bins)
    edges = np.linspace(0, 1, n_bins + 1)
    counts = np.histogram(confidence, edges)[0]
    expected = np.sum(counts[counts > 0] / 200 * np.abs(share - mean))
    found = expected_calibration_error(y_true, proba, classes=range(n_classes), n_bins=n_bins)
    assert found == pytest.approx(expected, abs=1e-12)


def test_calibration_error_of_certain_predictions():
    eye = np.eye(3)
    assert expected_calibration_error(["a", "b", "c"], eye) == 0.0
    assert expected_calibration_error(["b", "c", "a"], eye) == 1.0


@pytest.mark.parametrize(
    ("y_true", "proba", "kwargs", "match"),
    [
        (["a", "b"], [[1.0, 0.0]], {}, r"shape \(1, 2\)"),
        (["a", "x"], [[1.0, 0.0]] * 2, {"classes": ["a", "b"]}, r"\['x'\], which are not among"),
        (["a", "b"], [[2.0, -1.0]] * 2, {}, "not between 0 and 1"),
        (["a", "b"], [[np.nan, 1.0]] * 2, {}, "not between 0 and 1"),
        (["a", "b"], [[1.0, 0.0]] * 2, {"n_bins": 0}, "n_bins"),
    ],
)
def test_calibration_error_of_bad_input(y_true, proba, kwargs, match):
    with pytest.raises(ValueError, match=match):
        expected_calibration_error(y_true, proba, **kwargs)


def test_bootstrap_of_bad_input():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        bootstrap_by_speaker(["a"], ["a"], [0, 1])
    with pytest.raises(ValueError, match="0 clips"):
        bootstrap_by_speaker([], [], [])

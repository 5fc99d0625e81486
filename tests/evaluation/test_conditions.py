"""Conditions: the same clips in noise, by telephone, in a room, each fold by its own model."""

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from sersk import (
    evaluate_conditions,
    evaluate_speaker_independent,
    make_emotional_speech,
    make_ser_pipeline,
)
from sersk.evaluation import EvaluationReport
from sersk.evaluation.conditions import tell_unheard
from sersk.signal import CONDITIONS, add_noise, hear, pass_channel

RATE = 8_000
CORPUS = make_emotional_speech(
    4, 1, emotions=("anger", "sad"), duration=1.0, sample_rate=RATE, random_state=0
)
SOME = ("pink noise 10 dB", "babble 10 dB", "GSM")


@pytest.fixture(scope="module")
def pipeline():
    return make_ser_pipeline(
        preset="functionals", sample_rate=RATE, duration=1.0, augmentation=False, random_state=0
    )


@pytest.fixture(scope="module")
def report(pipeline):
    return evaluate_speaker_independent(
        pipeline,
        CORPUS.data,
        CORPUS.target,
        CORPUS.groups,
        cv=2,
        conditions=SOME,
        check_data=False,
        n_resamples=20,
    )


def test_clips_are_heard_as_the_functions_say():
    clips, groups = CORPUS.data[:4], CORPUS.groups[:4]
    heard = hear(clips, groups, "pink noise 10 dB", RATE, seed=3)
    for row, (clip, found) in enumerate(zip(clips, heard, strict=True)):
        expected = add_noise(clip, 10.0, np.random.default_rng([3, row]), exponent=1.0)
        np.testing.assert_array_equal(found, expected)
    received = hear(clips[:1], groups[:1], "GSM", RATE)
    np.testing.assert_array_equal(received[0], pass_channel(clips[0], RATE, "gsm"))
    clip = np.tile(clips[0], 2)
    loud = np.flatnonzero(np.abs(clip) > 0.05 * np.abs(clip).max())
    cut = hear([clip], groups[:1], "cut at either end", RATE)[0]
    np.testing.assert_array_equal(cut, clip[loud[0] + 1600 : loud[-1] - 1599])


def test_babble_is_made_of_other_speakers_only():
    rng = np.random.default_rng(0)
    clips = rng.normal(size=(6, 4000)).astype(np.float32)
    groups = np.array(["A", "A", "B", "B", "C", "C"])
    before = hear(clips, groups, "babble 10 dB", RATE)
    clips[1] = rng.normal(size=4000)  # the other clip of the speaker of clip 0
    after = hear(clips, groups, "babble 10 dB", RATE)
    np.testing.assert_array_equal(before[0], after[0])
    with pytest.raises(ValueError, match="at least 2 speakers"):
        hear(clips[:2], groups[:2], "babble 10 dB", RATE)


def test_each_fold_is_tested_with_its_own_model_and_speakers(pipeline, report):
    predictions = report.predictions
    for _, fold in predictions.groupby("fold"):
        test = fold["clip"].to_numpy()
        train = np.setdiff1d(np.arange(len(CORPUS.data)), test)
        assert not set(CORPUS.groups[test]) & set(CORPUS.groups[train])
        model = clone(pipeline).fit(CORPUS.data[train], CORPUS.target[train])
        for condition in SOME:
            heard = hear(list(CORPUS.data[test]), CORPUS.groups[test], condition, RATE)
            expected = model.predict([np.asarray(x, np.float32) for x in heard])
            assert fold[f"y_pred, {condition}"].tolist() == expected.tolist()


def test_the_table_is_that_of_the_predictions(report):
    table, rows = report.by_condition, report.predictions
    assert table.index.tolist() == ["clean", *SOME]
    assert table.loc["clean", "uar"] == report.uar
    for condition in SOME:
        labels = rows[f"y_pred, {condition}"]
        expected = balanced_accuracy_score(rows["y_true"], labels)
        assert table.loc[condition, "uar"] == pytest.approx(expected)
        assert table.loc[condition, "changed"] == np.mean(labels != rows["y_pred"])
        assert table.loc[condition, "n_clips"] == len(rows)
    told = json.loads(report.to_json())["by_condition"]
    assert [row["condition"] for row in told] == table.index.tolist()
    for text in (report.to_text(), report.to_markdown(), report.to_html()):
        assert "In other places" in text
        assert "babble 10 dB" in text
    assert report.by_class.equals(EvaluationReport(rows).by_class)


def test_without_another_test_speaker_there_is_no_babble(pipeline):
    report = evaluate_speaker_independent(
        pipeline,
        CORPUS.data,
        CORPUS.target,
        CORPUS.groups,
        cv="leave-one-speaker-out",
        conditions=["babble 10 dB"],
        check_data=False,
        n_resamples=20,
    )
    row = report.by_condition.loc["babble 10 dB"]
    assert np.isnan(row["uar"])
    assert row["n_clips"] == 0
    assert json.loads(report.to_json())["by_condition"][1]["uar"] is None
    [note] = [note for note in report.notes if "babble" in note]
    assert "needs two of them: it was tested in no fold. Use folds of several speakers" in note
    assert note in " ".join(report.to_text().split())


def test_a_note_says_in_how_many_folds_there_was_babble(report):
    assert not any("babble" in note for note in report.notes)
    groups = np.array(["A", "A", "B", "C"])
    tests = [np.array([0, 1]), np.array([2, 3])]
    [note] = tell_unheard(SOME, tests, groups)
    assert note.startswith("'babble 10 dB' mixes")
    assert "tested in 1 of 2 folds" in note
    assert tell_unheard(["GSM"], tests, groups) == []


def test_a_fitted_model(pipeline, report):
    test = np.isin(CORPUS.groups, np.unique(CORPUS.groups)[:2])
    model = clone(pipeline).fit(CORPUS.data[~test], CORPUS.target[~test])
    X, y, groups = CORPUS.data[test], CORPUS.target[test], CORPUS.groups[test]
    table = evaluate_conditions(model, X, y, groups, conditions=["GSM"])
    assert table.index.tolist() == ["clean", "GSM"]
    expected = balanced_accuracy_score(y, model.predict(hear(list(X), groups, "GSM", RATE)))
    assert table.loc["GSM", "uar"] == pytest.approx(expected)
    # what the loader skips is skipped once
    model.set_params(frontend__loader__offset=0.3)
    table = evaluate_conditions(model, X, y, groups, conditions=["gain -20 dB"])
    assert table["changed"].tolist() == [0, 0]  # one level for all, by the preset


def test_refusals(pipeline):
    X, y, groups = CORPUS.data, CORPUS.target, CORPUS.groups
    with pytest.raises(ValueError, match="no such condition: 'underwater'; there are 'clean', "):
        evaluate_speaker_independent(pipeline, X, y, groups, cv=2, conditions=["underwater"])
    with pytest.raises(TypeError, match="needs a pipeline that begins with a FrontEnd"):
        evaluate_conditions(LogisticRegression(), X, y, groups)
    assert CONDITIONS[0] == "clean"

"""Answers of the page, without a server: predictions of the model, and messages for bad files."""

import re
from pathlib import Path

import numpy as np
import pytest

from sersk import predict_timeline
from sersk.audio.reading import SoundBlocks
from sersk.demo.answering import Limits, NoAnswerError, answer
from sersk.demo.page import respond
from sersk.demo.rendering import render_answer, render_model, render_problem


def test_a_short_recording_is_the_model_s_prediction(model, recordings):
    given = answer(model, recordings["short"])
    expected = model.predict_proba([str(recordings["short"])])[0]
    got = [given.probabilities[name] for name in model.classes_]
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    assert given.label == model.predict([str(recordings["short"])])[0]
    assert list(given.probabilities.values()) == sorted(given.probabilities.values(), reverse=True)
    assert given.duration == 2.0


def test_a_long_recording_is_the_mean_over_windows_with_speech(model, recordings):
    given = answer(model, recordings["long"])
    timeline = predict_timeline(model, recordings["long"], hop=1.0)
    np.testing.assert_array_equal(given.timeline.probabilities, timeline.probabilities)
    assert 1 < given.n_windows == timeline.speech.sum() < len(timeline)
    for name, column in zip(model.classes_, timeline.probabilities[timeline.speech].T, strict=True):
        assert given.probabilities[name] == pytest.approx(column.mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("text", "not audio"),
        ("empty", "empty"),
        ("cut", "truncated"),
        ("silent", "silent"),
        ("hiss", "No speech"),
        ("too long", "longer than 120 s"),
        ("slow", "sample rate is 1 Hz"),
    ],
)
def test_a_file_that_cannot_be_predicted_gets_a_message(model, recordings, name, message):
    with pytest.raises(NoAnswerError, match=message):
        answer(model, recordings[name])


def test_limits(model, recordings):
    for limits, message in [
        (Limits(n_bytes=1000), "larger than"),
        (Limits(duration=1.5), "longer than 1.5 s"),
        (Limits(time=0), "took longer than 0 s"),
    ]:
        with pytest.raises(NoAnswerError, match=message):
            answer(model, recordings["short"], limits)


def test_an_unknown_length_is_limited_while_reading(model, recordings, monkeypatch):
    class Unsized(SoundBlocks):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.duration = None

    monkeypatch.setattr("sersk.demo.answering.SoundBlocks", Unsized)
    with pytest.raises(NoAnswerError, match="longer than 120 s"):
        answer(model, recordings["too long"])


@pytest.mark.parametrize("name", ["short", "long", "text", "empty", "too long"])
def test_uploads_are_deleted_whether_valid_or_not(model, recordings, tmp_path, name):
    uploads = tmp_path / "uploads"
    path = uploads / "a1b2" / "sound.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(recordings[name].read_bytes())
    html = respond(model, str(path), Limits(), uploads)
    assert ("data-label" in html) == (name in ("short", "long"))
    assert ('role="alert"' in html) != ("data-label" in html)
    assert list(uploads.iterdir()) == []


def test_only_uploads_are_deleted(model, recordings, tmp_path):
    (tmp_path / "uploads").mkdir()
    respond(model, str(recordings["short"]), Limits(), tmp_path / "uploads")
    assert recordings["short"].exists()
    assert respond(model, None, Limits(), tmp_path / "uploads") == ""


def test_an_error_in_the_model_gives_a_message(recordings, tmp_path, model, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("sersk.demo.page.answer", fail)
    html = respond(model, str(recordings["short"]), Limits(), tmp_path)
    assert "ZeroDivisionError" in html
    assert "secret" not in html
    assert not recordings["short"].exists()


def test_an_answer_as_html_loads_nothing_and_runs_nothing(model, recordings):
    html = render_answer(answer(model, recordings["long"]), "<script>alert(1)</script>.wav")
    assert "<script" not in html
    assert set(re.findall(r'src="(\w+:)', html)) == {"data:"}
    assert html.count("<img alt=") == 2  # mel spectrogram and timeline
    assert html.count('class="bar"') == 2
    short = render_answer(answer(model, recordings["short"]), "a.wav")
    assert short.count("<img alt=") == 1
    assert "<b>" not in render_problem("<b>")


def test_the_model_is_described_with_its_score(model):
    html = render_model(model, "a<b>.joblib")
    assert "none measured" in html
    assert "a&lt;b&gt;.joblib" in html


@pytest.mark.recordings
def test_real_recordings_are_predicted(model, ravdess_path):
    files = sorted(Path(ravdess_path).rglob("*-05-02-01-01-*"))[:2]
    for file in files:
        given = answer(model, file)
        assert sum(given.probabilities.values()) == pytest.approx(1, abs=1e-5)

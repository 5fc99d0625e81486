"""Answers of the page, without a server: predictions of the model, and messages for bad files."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from sersk import predict_timeline
from sersk.audio.reading import SoundBlocks
from sersk.demo.answering import Limits, NoAnswerError, answer
from sersk.demo.rendering import (
    render_answer,
    render_empty,
    render_model,
    render_problem,
    tell_heard,
)
from sersk.demo.responding import respond


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
        ("click", "nothing to recognise an emotion in: this recording has only 0.125 ms of sound"),
        ("current", "nothing to recognise an emotion in: this recording is constant"),
        ("too long", "longer than 120 s"),
        ("slow", "sample rate is 1 Hz"),
    ],
)
def test_a_file_that_cannot_be_predicted_gets_a_message(model, recordings, name, message):
    with pytest.raises(NoAnswerError, match=message):
        answer(model, recordings[name])


def test_a_recording_of_a_telephone_is_refused_without_the_server_s_paths(
    model, tmp_path, monkeypatch
):
    monkeypatch.setattr("sersk.audio.engines.find_engine", lambda: None)
    path = tmp_path / "my voice.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(500))
    with pytest.raises(NoAnswerError, match="not audio that can be decoded") as caught:
        answer(model, path)
    assert "ffmpeg" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("suffix", "container", "codec", "rate"),
    [
        (".webm", "webm", "libopus", 48_000),
        (".mp4", "fragmented", "aac", 48_000),
        (".m4a", "ipod", "aac", 16_000),
        (".amr", "amr", "libopencore_amrnb", 8_000),
    ],
)
def test_what_telephones_and_browsers_record_is_answered(
    model, speech, encode, tmp_path, suffix, container, codec, rate
):
    samples = np.round(speech.data[0] * 32_767).astype(np.int16)
    path = tmp_path / f"upload{suffix}"
    path.write_bytes(encode(np.repeat(samples, rate // 8_000), rate, container, codec))
    given = answer(model, path)
    assert given.label in model.classes_
    assert len(given.samples) == pytest.approx(16_000, abs=800)
    with pytest.raises(NoAnswerError, match=r"longer than 1\.5 s"):
        answer(model, path, Limits(duration=1.5))
    path.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(NoAnswerError, match=r"can't be used|nothing to recognise|No speech"):
        answer(model, path)


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
def test_a_reply_is_an_answer_or_a_refusal(model, recordings, name):
    status, html = respond(model, recordings[name], Limits())
    assert status == (200 if name in ("short", "long") else 422)
    assert ("data-label" in html) == (status == 200)
    assert ('role="alert"' in html) != ("data-label" in html)


def test_an_error_in_the_model_gives_a_message(recordings, model, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("sersk.demo.responding.answer", fail)
    status, html = respond(model, recordings["short"], Limits())
    assert status == 500
    assert "ZeroDivisionError" in html
    assert "secret" not in html


def test_it_says_how_much_of_a_recording_was_heard(model, recordings):
    short, long = (answer(model, recordings[name]) for name in ("short", "long"))
    assert tell_heard(short) == "Heard all 2.0 s as one window."
    # the windows with speech cover less than the whole, which has 3 s of silence
    covered = np.zeros(round(10 * long.duration), dtype=bool)
    for begin, end in zip(long.timeline.start, long.timeline.end, strict=True):
        if long.timeline.speech[np.searchsorted(long.timeline.start, begin)]:
            covered[round(10 * begin) : round(10 * end)] = True
    assert long.heard == pytest.approx(covered.sum() / 10)
    assert 0 < long.heard < long.duration == 13.0
    assert tell_heard(long) == (
        f"Heard {long.heard:.1f} of 13.0 s: the mean over {long.n_windows} windows of 2 s with "
        "speech."
    )


def test_an_answer_as_html_loads_nothing_and_runs_nothing(model, recordings):
    html = render_answer(answer(model, recordings["long"]))
    assert "<script" not in html
    assert set(re.findall(r'(?:src|href)="(\w+:)', html)) == {"data:"}
    assert html.count("<img alt=") == 1  # mel spectrogram
    assert html.count("<svg") == 2  # timeline and waveform
    assert html.count('class="bar"') == 2
    assert "no speech" in html
    short = render_answer(answer(model, recordings["short"]))
    assert "<svg" not in short
    assert "data:audio" not in short
    assert "data:audio/flac" in render_answer(answer(model, recordings["short"]), sound=True)
    assert "<b>" not in render_problem("<b>")


def test_labels_are_shown_as_text(model, recordings):
    given = answer(model, recordings["long"])
    hostile = {"<script>": 0.6, '"><img src=x>': 0.4}
    timeline = dataclasses.replace(given.timeline, classes=np.array([*hostile]))
    told = dataclasses.replace(given, label="<script>", probabilities=hostile, timeline=timeline)
    html = render_answer(told) + render_empty([*hostile])
    assert "<script" not in html
    assert "<img src" not in html
    assert html.count("&lt;script&gt;") >= 4


def test_a_close_second_is_named(model, recordings):
    given = answer(model, recordings["short"])
    close = dataclasses.replace(given, label="sad", probabilities={"sad": 0.51, "anger": 0.49})
    clear = dataclasses.replace(given, label="sad", probabilities={"sad": 0.7, "anger": 0.3})
    assert "Nearly a tie with anger" in render_answer(close)
    assert "tie" not in render_answer(clear)


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

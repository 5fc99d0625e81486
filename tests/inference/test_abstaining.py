"""A model that abstains does so everywhere: in timelines, streams, figures and on the web page."""

import matplotlib
import numpy as np
import pytest
from sklearn.base import clone

from sersk import (
    AbstainingClassifier,
    DiscriminantClassifier,
    EmotionStream,
    make_emotional_speech,
    make_ser_pipeline,
    predict_timeline,
)
from sersk.demo.answering import Answer
from sersk.demo.rendering import render_answer
from sersk.plotting import TimelineDisplay

RATE = 16_000
CORPUS = make_emotional_speech(
    3, 2, emotions=("anger", "happy", "sad"), duration=1.0, sample_rate=RATE, random_state=0
)
SPEECH = np.concatenate([*CORPUS.data[:4], np.zeros(2 * RATE), *CORPUS.data[6:8]])


def cut(timeline):
    bounds = np.stack([timeline.start, timeline.end], axis=1)[timeline.speech]
    return [SPEECH[a:b] for a, b in np.round(bounds * RATE).astype(int)]


@pytest.fixture(scope="module")
def model():
    cautious = AbstainingClassifier(DiscriminantClassifier(), label="do not know")
    pipeline = make_ser_pipeline(
        cautious, preset="functionals", sample_rate=RATE, duration=1.0, augmentation=False
    ).fit(list(CORPUS.data), CORPUS.target)
    windows = predict_timeline(pipeline, SPEECH, hop=0.5)
    highest = windows.probabilities[windows.speech].max(axis=1)
    pipeline[-1].threshold_ = float(np.median(highest))
    return pipeline


@pytest.fixture(scope="module")
def timeline(model):
    return predict_timeline(model, SPEECH, hop=0.5)


def test_labels_of_windows_are_those_of_predict(model, timeline):
    expected = model.predict(cut(timeline)).tolist()
    assert 0 < expected.count("do not know") < len(expected)
    assert timeline.labels[timeline.speech].tolist() == expected
    assert timeline.labels[~timeline.speech].tolist() == [None] * np.sum(~timeline.speech)
    assert timeline.to_frame()["label"].dropna().tolist() == expected
    assert f"do not know {expected.count('do not know'):5d} windows" in repr(timeline)
    np.testing.assert_allclose(
        timeline.probabilities[timeline.speech], model.predict_proba(cut(timeline)), atol=1e-5
    )


def test_an_abstaining_classifier_around_a_pipeline_is_the_same(model, timeline):
    inner = clone(model).set_params(classifier=DiscriminantClassifier())
    around = AbstainingClassifier(inner, coverage=1.0, label="do not know")
    around.fit(list(CORPUS.data), CORPUS.target)
    around.threshold_ = model[-1].threshold_
    found = predict_timeline(around, SPEECH, hop=0.5)
    assert found.labels.tolist() == timeline.labels.tolist()


@pytest.mark.parametrize("adaptive", [False, True])
def test_a_stream_abstains_by_its_smoothed_probabilities(model, adaptive):
    stream = EmotionStream(model, hop=0.5, smoothing=0.7, adaptive=adaptive)
    results = [result for result in stream.push(SPEECH) if result.speech]
    for result in results:
        best = result.probabilities.argmax()
        is_sure = result.probabilities[best] >= model[-1].threshold_
        assert result.label == (model.classes_[best] if is_sure else "do not know")
    if not adaptive:
        assert "do not know" in [result.label for result in results]


def test_the_figure_marks_these_windows(timeline):
    matplotlib.use("agg")
    display = TimelineDisplay.from_timeline(timeline)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert f"do not know:\nbelow {timeline.threshold:.2f}" in legend
    over = next(p for p in display.ax_.patches if p.get_label().startswith("do not know"))
    values, edges, _ = over.get_data()
    unsure = timeline.labels == "do not know"
    np.testing.assert_array_equal(np.isfinite(values), unsure)
    middles = (timeline.start + timeline.end)[unsure] / 2
    np.testing.assert_allclose((edges[:-1] + edges[1:])[unsure] / 2, middles, atol=0.26)
    matplotlib.pyplot.close(display.figure_)


def test_the_page_says_so(timeline):
    mean = timeline.probabilities[timeline.speech].mean(axis=0)
    order = np.argsort(-mean)
    ranked = {timeline.classes[i]: float(mean[i]) for i in order}
    page = render_answer(Answer("do not know", ranked, SPEECH, RATE, timeline))
    assert 'data-label="do not know"' in page
    assert f"does not answer below {timeline.threshold:.0%}. Most probable: " in page
    assert f"do not know, below {timeline.threshold:.0%}" in page  # in the key of the figure
    assert page.count("s: do not know (") == np.sum(timeline.labels == "do not know")

"""The HTML page: the numbers of the report, its plots, and no external resources."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from sersk import (
    ConfusionDisplay,
    LearningCurveDisplay,
    ReliabilityDisplay,
    SpeakersDisplay,
    evaluate_speaker_independent,
)


class Page(HTMLParser):
    """Collects the tags, and checks that each is closed."""

    VOID = frozenset({"meta", "img"})

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def report(speech):
    X, y, groups = speech
    y = np.where(y == "sad", "<sad> & low", y)
    return evaluate_speaker_independent(
        LogisticRegression(), X, y, groups, cv=2, learning_curve=(0.5,)
    )


def test_page(report, tmp_path):
    html = report.to_html()
    page = Page(html)
    assert page.open == []
    assert page.tags.count("img") == 4
    assert "&lt;sad&gt; &amp; low" in html
    assert f"{report.uar:.3f}" in html
    assert report.save(tmp_path / "report.html").read_text(encoding="utf-8") == html + "\n"
    assert "<html" not in report._repr_html_()


def test_nothing_is_loaded_from_elsewhere(report):
    html = report.to_html()
    links = [value for name, value in Page(html).attributes if name in {"src", "href", "data"}]
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert not re.search(r"<script|<link|@import|url\(|https?://", html)
    for link in links:
        assert base64.b64decode(link.partition(",")[2]).startswith(b"\x89PNG")


def test_the_same_to_the_byte(report, speech):
    assert report.to_html() == report.to_html()
    assert "Timings" not in report.to_html()
    assert "Timings" in report.to_html(timings=True)


def test_confusion_shows_shares(report):
    ax = ConfusionDisplay.from_report(report, ax=Figure().subplots()).ax_
    expected = report.confusion / report.confusion.sum(axis=1, keepdims=True)
    shown = [float(text.get_text()) for text in ax.texts]
    np.testing.assert_allclose(shown, expected.ravel(), atol=0.005)


def test_speakers_are_all_shown(report):
    ax = SpeakersDisplay.from_report(report, ax=Figure().subplots()).ax_
    shown = {
        label.get_text(): uar
        for label, uar in zip(ax.get_yticklabels(), ax.lines[0].get_xdata(), strict=True)
    }
    assert shown == report.by_speaker["uar"].to_dict()


def test_learning_curve_shows_the_means(report):
    ax = LearningCurveDisplay.from_report(report, ax=Figure().subplots()).ax_
    shown = ax.lines[1].get_ydata()
    expected = report.learning_curve.groupby("share")["test_uar"].mean()
    np.testing.assert_allclose(shown, expected)


def test_without_probabilities_and_curve(speech):
    report = evaluate_speaker_independent(RidgeClassifier(), *speech, cv=2)
    assert Page(report.to_html()).tags.count("img") == 2
    with pytest.raises(ValueError, match="no probabilities"):
        ReliabilityDisplay.from_report(report)
    with pytest.raises(ValueError, match="no learning curve"):
        LearningCurveDisplay.from_report(report)

"""The HTML page: the numbers of the report, its plots, and no external resources."""

import base64
import importlib.util
import re
import shutil
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

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


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
    assert page.tags.count("img") == 5
    assert "&lt;sad&gt; &amp; low" in html
    assert f"{report.uar:.3f}" in html
    assert report.save(tmp_path / "report.html").read_text(encoding="utf-8") == html + "\n"
    inside = report._repr_html_()
    assert "<html" not in inside
    assert "prefers-color-scheme" in html
    assert "prefers-color-scheme" not in inside  # a notebook keeps its own colours


def test_nothing_is_loaded_from_elsewhere(report):
    html = report.to_html()
    links = [value for name, value in Page(html).attributes if name in {"src", "href", "data"}]
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert not re.search(r"<script|<link|@import|url\(|https?://", html)
    for link in links:
        assert base64.b64decode(link.partition(",")[2]).startswith(b"\x89PNG")


@pytest.mark.skipif(
    CHROMIUM is None or importlib.util.find_spec("playwright") is None,
    reason="needs Chromium and Playwright",
)
def test_in_a_browser_on_a_phone_in_the_dark_and_on_paper(report, tmp_path):
    from playwright.sync_api import sync_playwright

    report.about["command"] = "sersk evaluate " + "/a/very/long/folder" * 10
    address = report.save(tmp_path / "report.html").as_uri()
    width = "document.documentElement.scrollWidth"
    boxes = "[...document.querySelectorAll('.table')].map(x => [x.scrollWidth, x.clientWidth])"
    ground = "getComputedStyle(document.body).backgroundColor"
    inverted = "getComputedStyle(document.querySelector('img')).filter"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="light")
        page.goto(address)
        assert page.evaluate(width) == 390  # the page does not scroll sideways
        inside = page.evaluate(boxes)
        assert any(content > box for content, box in inside)  # wide tables do, in their own box
        assert all(box < 390 for _, box in inside)
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        assert page.evaluate(inverted) == "none"
        page.emulate_media(color_scheme="dark")
        red, green, blue = map(int, re.findall(r"\d+", page.evaluate(ground)))
        assert max(red, green, blue) < 50
        assert "invert" in page.evaluate(inverted)
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        assert page.evaluate(inverted) == "none"
        page.emulate_media(media="screen", color_scheme="light")
        page.set_viewport_size({"width": 1200, "height": 800})
        assert page.evaluate(width) == 1200
        assert all(content == box for content, box in page.evaluate(boxes))
        browser.close()


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

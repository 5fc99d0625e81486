"""Risk and coverage, by counting; in the report and its figure."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sersk import EvaluationReport, RiskCoverageDisplay
from sersk.metrics import risk_coverage


@given(st.integers(1, 40), st.integers(0, 999), st.sampled_from([1, 2]))
def test_each_threshold_by_counting(n, seed, digits):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(3), n).round(digits)
    y = np.array(["a", "b", "c"])[rng.integers(0, 3, n)]
    coverage, risk, threshold = risk_coverage(y, proba, classes=["a", "b", "c"])
    confidence, answers = proba.max(axis=1), np.array(["a", "b", "c"])[proba.argmax(axis=1)]
    assert threshold.tolist() == sorted(set(confidence), reverse=True)
    for c, r, t in zip(coverage, risk, threshold, strict=True):
        answered = confidence >= t
        assert c == pytest.approx(answered.mean())
        assert r == pytest.approx((answers != y)[answered].mean())


def test_the_report_has_scores_of_confident_answers():
    rng = np.random.default_rng(0)
    n = 100
    y = np.array(["anger", "sad"])[np.arange(n) % 2]
    right = rng.uniform(size=n) < np.linspace(1, 0.2, n)
    top = np.linspace(0.99, 0.51, n)
    is_sad = np.where(right, y == "sad", y != "sad")
    proba = np.where(is_sad[:, None], np.stack([1 - top, top], 1), np.stack([top, 1 - top], 1))
    frame = {"seed": 0, "fold": 1, "clip": range(n), "speaker": np.arange(n) // 10, "y_true": y}
    predictions = pd.DataFrame({**frame, "y_pred": np.where(is_sad, "sad", "anger")})
    report = EvaluationReport(predictions, proba)
    rows = report.to_dict()["by_confidence"]
    assert [row["coverage"] for row in rows] == [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
    assert rows[0]["accuracy"] == pytest.approx(report.accuracy)
    assert rows[0]["uar"] == pytest.approx(report.uar)
    assert rows[-1]["accuracy"] == pytest.approx(right[:50].mean())
    assert rows[-1]["threshold"] == pytest.approx(top[49])
    for text in (report.to_text(), report.to_markdown(), report.to_html()):
        assert "Answers by confidence" in text
        assert "the most confident 50 %" in text
    assert "Risk and coverage" in report.to_html()
    assert EvaluationReport(predictions).to_dict()["by_confidence"] is None
    display = RiskCoverageDisplay.from_report(report)
    np.testing.assert_allclose(
        display.line_.get_xydata().T, risk_coverage(y, proba, classes=["anger", "sad"])[:2]
    )
    plt.close(display.figure_)
    with pytest.raises(ValueError, match="the report has no probabilities"):
        RiskCoverageDisplay.from_report(EvaluationReport(predictions))

"""Probabilities for figures of confidence, or an error that says what has none."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from sersk.plotting.protocols import ScoredPredictions


def of_report(report: ScoredPredictions, who: str) -> NDArray[Any]:
    """Return the probabilities of a report, or raise in the name of `who`."""
    if report.proba is None:
        raise ValueError(
            f"{who}: the report has no probabilities; evaluate a classifier that has predict_proba."
        )
    return report.proba


def of_estimator(estimator: Any, X: Any, who: str) -> NDArray[Any]:
    """Return the probabilities that a classifier gives clips, or raise in the name of `who`."""
    if not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"{who}: {type(estimator).__name__} has no predict_proba; confidence needs "
            "probabilities."
        )
    return estimator.predict_proba(X)

"""Scores of predictions: unweighted average recall, calibration, coverage, intervals."""

from sersk.metrics.calibration import expected_calibration_error, top_confidence
from sersk.metrics.coverage import risk_coverage
from sersk.metrics.intervals import bootstrap_by_speaker, uar_interval, wilson_interval
from sersk.metrics.scores import unweighted_average_recall

__all__ = [
    "bootstrap_by_speaker",
    "expected_calibration_error",
    "risk_coverage",
    "top_confidence",
    "uar_interval",
    "unweighted_average_recall",
    "wilson_interval",
]

"""Scores of predictions: unweighted average recall, calibration, and their intervals."""

from sersk.metrics.intervals import uar_interval
from sersk.metrics.scores import (
    bootstrap_by_speaker,
    expected_calibration_error,
    unweighted_average_recall,
)

__all__ = [
    "bootstrap_by_speaker",
    "expected_calibration_error",
    "uar_interval",
    "unweighted_average_recall",
]

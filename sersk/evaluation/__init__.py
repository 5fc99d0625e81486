"""Honest scores: speakers never heard in training, their spread, and what is wrong with the data.

What is measured lives in `metrics`, who is tested on whom in `cross_validation`.
"""

from sersk.evaluation.leakage import Leak, check_leaks
from sersk.evaluation.metrics import (
    bootstrap_by_speaker,
    expected_calibration_error,
    unweighted_average_recall,
)

__all__ = [
    "Leak",
    "bootstrap_by_speaker",
    "check_leaks",
    "expected_calibration_error",
    "unweighted_average_recall",
]

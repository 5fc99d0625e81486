"""Honest scores: speakers never heard in training, their spread, and what is wrong with the data.

What is measured lives in `metrics`, who is tested on whom in `cross_validation` and `corpora`.
"""

from sersk.evaluation.corpora import cross_corpus
from sersk.evaluation.cross_validation import EvaluationInterrupted, evaluate_speaker_independent
from sersk.evaluation.leakage import Leak, check_leaks
from sersk.evaluation.metrics import (
    bootstrap_by_speaker,
    expected_calibration_error,
    unweighted_average_recall,
)
from sersk.evaluation.report import EvaluationReport

__all__ = [
    "EvaluationInterrupted",
    "EvaluationReport",
    "Leak",
    "bootstrap_by_speaker",
    "check_leaks",
    "cross_corpus",
    "evaluate_speaker_independent",
    "expected_calibration_error",
    "unweighted_average_recall",
]

"""Honest scores: speakers never heard in training, their spread, and what is wrong with the data.

What is measured lives in `metrics`, who is tested on whom in `cross_validation` and `corpora`.
"""

from sersk.evaluation.confusion import ConfusionDisplay
from sersk.evaluation.corpora import cross_corpus
from sersk.evaluation.cross_validation import EvaluationInterrupted, evaluate_speaker_independent
from sersk.evaluation.intervals import uar_interval
from sersk.evaluation.leakage import Leak, check_leaks
from sersk.evaluation.metrics import (
    bootstrap_by_speaker,
    expected_calibration_error,
    unweighted_average_recall,
)
from sersk.evaluation.plots import (
    plot_calibration,
    plot_confusion,
    plot_learning_curve,
    plot_speakers,
)
from sersk.evaluation.reliability import ReliabilityDisplay
from sersk.evaluation.report import EvaluationReport
from sersk.evaluation.speakers import SpeakersDisplay

__all__ = [
    "ConfusionDisplay",
    "EvaluationInterrupted",
    "EvaluationReport",
    "Leak",
    "ReliabilityDisplay",
    "SpeakersDisplay",
    "bootstrap_by_speaker",
    "check_leaks",
    "cross_corpus",
    "evaluate_speaker_independent",
    "expected_calibration_error",
    "plot_calibration",
    "plot_confusion",
    "plot_learning_curve",
    "plot_speakers",
    "uar_interval",
    "unweighted_average_recall",
]

"""Speaker-independent evaluation: scores on unseen speakers, their spread, and leaks in the data.

Metrics are in `sersk.metrics`; which speakers are trained on and tested is decided in
`cross_validation` and `corpora`.
"""

from sersk.evaluation.conditions import evaluate_conditions
from sersk.evaluation.corpora import cross_corpus
from sersk.evaluation.cross_validation import EvaluationInterrupted, evaluate_speaker_independent
from sersk.evaluation.findings import Leak
from sersk.evaluation.fitted import evaluate_model
from sersk.evaluation.leakage import check_leaks
from sersk.evaluation.report import EvaluationReport

__all__ = [
    "EvaluationInterrupted",
    "EvaluationReport",
    "Leak",
    "check_leaks",
    "cross_corpus",
    "evaluate_conditions",
    "evaluate_model",
    "evaluate_speaker_independent",
]

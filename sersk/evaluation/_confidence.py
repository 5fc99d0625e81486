"""Scores of the most confident answers only: what abstaining from the others would be worth."""

from __future__ import annotations

from typing import Any

import numpy as np

from sersk.metrics import top_confidence, unweighted_average_recall
from sersk.plotting import ScoredPredictions

_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


def by_confidence(report: ScoredPredictions) -> list[dict[str, Any]]:
    """Return the scores of shares of the answers, the most confident ones.

    Parameters
    ----------
    report : EvaluationReport
        With probabilities.

    Returns
    -------
    rows : list of dict
        ``coverage`` (the share), ``accuracy``, ``uar`` (over the classes of the clips that are
        answered) and ``threshold`` (the least probability of a label that is answered).
    """
    true = report.predictions["y_true"].to_numpy()
    classes = np.asarray(report.classes)
    confidence, correct = top_confidence(true, report.proba, classes)  # type: ignore[arg-type]
    answers = classes[np.asarray(report.proba).argmax(axis=1)]
    order = np.argsort(-confidence, kind="stable")
    rows = []
    for share in _SHARES:
        kept = order[: max(1, round(share * len(order)))]
        rows.append(
            {
                "coverage": share,
                "accuracy": float(np.mean(correct[kept])),
                "uar": unweighted_average_recall(true[kept], answers[kept]),
                "threshold": float(confidence[kept[-1]]),
            }
        )
    return rows

"""Scores of predictions: of all together, by class, by speaker, by fold.

Each score is scikit-learn's, or from `sersk.metrics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)

from sersk.metrics import (
    bootstrap_by_speaker,
    expected_calibration_error,
    unweighted_average_recall,
)


@dataclass(frozen=True)
class Scorer:
    """Computes scores of predictions, each with probabilities where there are any."""

    predictions: pd.DataFrame
    proba: NDArray[Any] | None
    classes: NDArray[Any]
    n_bins: int

    @property
    def true(self) -> NDArray[Any]:
        """Return the true labels."""
        return self.predictions["y_true"].to_numpy()

    @property
    def predicted(self) -> NDArray[Any]:
        """Return the predicted labels."""
        return self.predictions["y_pred"].to_numpy()

    def scores(self, rows: Any = slice(None)) -> dict[str, float]:
        """Return the scores of some rows of the predictions, by default of all."""
        true, predicted = self.true[rows], self.predicted[rows]
        scores = {
            "uar": unweighted_average_recall(true, predicted),
            "accuracy": float(accuracy_score(true, predicted)),
            "macro_f1": float(f1_score(true, predicted, average="macro", zero_division=0.0)),
        }
        if self.proba is not None:
            proba, classes = self.proba[rows], self.classes
            scores["log_loss"] = float(log_loss(true, proba, labels=classes))
            scores["ece"] = expected_calibration_error(
                true, proba, classes=classes, n_bins=self.n_bins
            )
        return scores

    def confusion(self) -> NDArray[Any]:
        """Return the counts of shape (n_classes, n_classes); rows are the true classes."""
        return confusion_matrix(self.true, self.predicted, labels=self.classes)

    def intervals(self, n_resamples: int, level: float) -> dict[str, tuple[float, float]]:
        """Return intervals by bootstrap over speakers."""
        return bootstrap_by_speaker(
            self.true,
            self.predicted,
            self.predictions["speaker"].to_numpy(),
            n_resamples=n_resamples,
            confidence_level=level,
        )

    def by_class(self) -> pd.DataFrame:
        """Return precision, recall, F1 and support of each class."""
        columns = precision_recall_fscore_support(
            self.true, self.predicted, labels=self.classes, zero_division=0.0
        )
        names = ("precision", "recall", "f1", "support")
        return pd.DataFrame(
            dict(zip(names, columns, strict=True)), index=pd.Index(self.classes, name="class")
        )

    def by_speaker(self) -> pd.DataFrame:
        """Return UAR, accuracy and number of predictions of each speaker."""
        true, predicted = self.true, self.predicted
        rows = {
            speaker: {
                "uar": unweighted_average_recall(true[rows], predicted[rows]),
                "accuracy": float(accuracy_score(true[rows], predicted[rows])),
                "n_predictions": len(rows),
            }
            for speaker, rows in self.predictions.groupby("speaker").indices.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("speaker")

    def by_fold(self) -> pd.DataFrame:
        """Return all scores of each seed and fold."""
        groups: dict[Any, Any] = self.predictions.groupby(["seed", "fold"]).indices
        rows = [{**self.scores(rows), "n_predictions": len(rows)} for rows in groups.values()]
        index = pd.MultiIndex.from_tuples(list(groups), names=["seed", "fold"])
        return pd.DataFrame(rows, index=index)

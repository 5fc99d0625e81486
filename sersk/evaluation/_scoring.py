"""Scores of predictions: of all together, by class, by speaker, by fold.

Each score is scikit-learn's, or from `sersk.metrics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
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

    @cached_property
    def true(self) -> NDArray[np.intp]:
        """Return the true labels, as positions in the classes."""
        return self._codes(self.predictions["y_true"])

    @cached_property
    def predicted(self) -> NDArray[np.intp]:
        """Return the predicted labels likewise; those of no class, as "uncertain", follow them."""
        return self._codes(self.predictions["y_pred"])

    @cached_property
    def _positions(self) -> dict[Any, int]:
        labels = [*self.classes.tolist(), *self.predictions["y_true"], *self.predictions["y_pred"]]
        return {label: i for i, label in enumerate(dict.fromkeys(labels))}

    def _codes(self, labels: pd.Series) -> NDArray[np.intp]:
        # Positions, because answers may be of another type than labels, which are numbers perhaps.
        return np.array([self._positions[label] for label in labels], dtype=np.intp)

    @cached_property
    def _answered(self) -> NDArray[np.bool_]:
        return self.predicted < len(self.classes)

    def scores(self, rows: Any = slice(None)) -> dict[str, float]:
        """Return the scores of some rows of the predictions, by default of all."""
        true, predicted = self.true[rows], self.predicted[rows]
        scores = {
            "uar": unweighted_average_recall(true, predicted),
            "accuracy": float(accuracy_score(true, predicted)),
            # over the classes that are true, as the UAR: "uncertain" is no class
            "macro_f1": float(
                f1_score(true, predicted, labels=np.unique(true), average="macro", zero_division=0)
            ),
        }
        if not self._answered.all():
            scores["coverage"] = float(np.mean(self._answered[rows]))
        if self.proba is not None:
            proba, classes = self.proba[rows], np.arange(len(self.classes))
            scores["log_loss"] = float(log_loss(true, proba, labels=classes))
            scores["ece"] = expected_calibration_error(
                true, proba, classes=classes, n_bins=self.n_bins
            )
        return scores

    def support(self) -> pd.Series:
        """Return the number of clips of each class, however often each was predicted."""
        n_clips = self.predictions.groupby("y_true")["clip"].nunique()
        return n_clips.reindex(self.classes, fill_value=0)

    def confusion(self) -> NDArray[Any]:
        """Return the clips of shape (n_classes, n_classes); rows are the true classes.

        Where clips are predicted several times, as with several seeds, rows are scaled so that
        each adds up to its number of clips. A row lacks the clips on which a model abstained.
        """
        codes = np.arange(len(self.classes))
        counts = confusion_matrix(self.true, self.predicted, labels=codes)
        support = self.support().to_numpy()
        n_predictions = np.bincount(self.true, minlength=len(codes))[: len(codes)]
        if np.array_equal(support, n_predictions):
            return counts
        return counts * (support / np.maximum(n_predictions, 1))[:, np.newaxis]

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
        """Return precision, recall, F1 and number of clips of each class."""
        columns = precision_recall_fscore_support(
            self.true, self.predicted, labels=np.arange(len(self.classes)), zero_division=0.0
        )
        names = ("precision", "recall", "f1")
        shares = dict(zip(names, columns[:3], strict=True))
        index = pd.Index(self.classes, name="class")
        return pd.DataFrame({**shares, "support": self.support().to_numpy()}, index=index)

    def by_speaker(self) -> pd.DataFrame:
        """Return UAR, accuracy and number of clips of each speaker."""
        true, predicted, clip = self.true, self.predicted, self.predictions["clip"]
        rows = {
            speaker: {
                "uar": unweighted_average_recall(true[rows], predicted[rows]),
                "accuracy": float(accuracy_score(true[rows], predicted[rows])),
                "n_clips": clip.iloc[rows].nunique(),
            }
            for speaker, rows in self.predictions.groupby("speaker").indices.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("speaker")

    def by_fold(self) -> pd.DataFrame:
        """Return all scores of each seed and fold."""
        groups: dict[Any, Any] = self.predictions.groupby(["seed", "fold"]).indices
        clip = self.predictions["clip"]
        rows = [
            {**self.scores(rows), "n_clips": clip.iloc[rows].nunique()} for rows in groups.values()
        ]
        index = pd.MultiIndex.from_tuples(list(groups), names=["seed", "fold"])
        return pd.DataFrame(rows, index=index)

"""Cross-validation by speaker, fold by fold, and how its scores are told."""

from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sersk.cli._terminal import say

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from sklearn.utils import Bunch


@dataclass
class Scores:
    """Scores of each fold, and the labels and predictions of all clips."""

    uar: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    y_true: list[str] = field(default_factory=list)
    y_pred: list[str] = field(default_factory=list)

    def recall(self) -> dict[str, float]:
        """Return the recall of each class over all clips, each predicted when unseen."""
        from sklearn.metrics import recall_score

        classes = sorted(set(self.y_true))
        recalls = recall_score(
            self.y_true, self.y_pred, labels=classes, average=None, zero_division=0.0
        )
        return dict(zip(classes, map(float, recalls), strict=True))

    def summary(self) -> str:
        """Return mean and spread of the scores, beside chance."""
        n_classes = len(set(self.y_true))
        return (
            f"UAR       {np.mean(self.uar):.3f} +- {np.std(self.uar):.3f} over {len(self.uar)} "
            f"folds (chance {1 / n_classes:.3f})\n"
            f"accuracy  {np.mean(self.accuracy):.3f} +- {np.std(self.accuracy):.3f}"
        )


def fit(pipeline: "Pipeline", X: Any, y: Any, groups: Any) -> "Pipeline":
    """Fit with speakers, where known, routed to the classifier's validation part."""
    from sys import stderr

    routed = {} if groups is None else {"classifier__groups": groups}
    with redirect_stdout(stderr):  # Keras prints its progress to stdout, where results go
        return pipeline.fit(X, y, **routed)


def cross_validate_by_speaker(
    pipeline: "Pipeline",
    corpus: "Bunch",
    n_folds: int,
    seed: int,
    tell: Callable[[str], None],
    quiet: bool = False,
) -> Scores:
    """Train on all speakers but those of one fold, predict theirs, for each fold in turn."""
    from sklearn.base import clone
    from sklearn.metrics import accuracy_score, recall_score
    from sklearn.model_selection import StratifiedGroupKFold

    scores = Scores()
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    folds = list(splitter.split(corpus.data, corpus.target, corpus.groups))
    if not all(len(test) for _, test in folds):
        raise ValueError(
            f"{n_folds} folds by speaker leave one without clips, because some speakers have most "
            "of them. Pass fewer --folds."
        )
    for number, (train, test) in enumerate(folds, start=1):
        n_speakers = len(set(corpus.groups[train]))
        if not quiet:
            say(f"Fold {number}: training on {len(train)} clips of {n_speakers} speakers ...")
        fitted = fit(
            clone(pipeline), corpus.data[train], corpus.target[train], corpus.groups[train]
        )
        y_true, y_pred = corpus.target[test], fitted.predict(corpus.data[test])
        # balanced_accuracy_score, but silent where no clip of a predicted class is in the fold
        uar = recall_score(
            y_true, y_pred, labels=np.unique(y_true), average="macro", zero_division=0.0
        )
        scores.uar.append(float(uar))
        scores.accuracy.append(float(accuracy_score(y_true, y_pred)))
        scores.y_true += y_true.tolist()
        scores.y_pred += y_pred.tolist()
        if len(set(y_pred)) == 1:
            say(
                f"Note: fold {number} predicts {y_pred[0]!r} for every clip. With few clips "
                "the cause is often too few training steps: raise --epochs, or try --set "
                "classifier__model__momentum=0.9 and --set classifier__batch_size=8."
            )
        tell(
            f"fold {number}  UAR {scores.uar[-1]:.3f}  accuracy {scores.accuracy[-1]:.3f}  "
            f"({len(test)} clips of {len(set(corpus.groups[test]))} unseen speakers)"
        )
    return scores

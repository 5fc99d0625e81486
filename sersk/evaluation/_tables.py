"""The tables of a report, which all formats share."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd

from sersk.evaluation._counting import count
from sersk.evaluation.findings import Leak
from sersk.plotting import ScoredPredictions

Row = tuple[str, ...]

_NAMES = {
    "uar": "UAR",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "coverage": "coverage",
    "log_loss": "log loss",
    "ece": "ECE",
}


class WritableReport(ScoredPredictions, Protocol):
    """The attributes that the writers read from a report."""

    title: str
    about: dict[str, Any]
    notes: list[str]
    leaks: list[Leak] | None
    by_class: pd.DataFrame
    by_speaker: pd.DataFrame
    by_fold: pd.DataFrame
    by_condition: pd.DataFrame | None
    timings: pd.DataFrame | None

    def to_dict(self, *, timings: bool = False) -> dict[str, Any]:
        """Return the report as plain dicts, lists, numbers and strings."""


def sections(report: WritableReport, timings: bool) -> list[tuple[str, Row, list[Row]]]:
    """Return the tables of a report, each with its heading, its columns and its rows."""
    found = [
        ("Scores", *_scores(report)),
        ("Classes", *_classes(report)),
        (f"Confusion (rows: true, columns: predicted; {_cells(report)})", *_confusion(report)),
        ("Speakers", *_speakers(report)),
        ("Folds", *_folds(report)),
    ]
    if report.by_condition is not None:
        found.append(("In other places", *_conditions(report)))
    if report.proba is not None:
        found.append(("Answers by confidence", *_coverage(report)))
    if report.learning_curve is not None:
        found.append(("Learning curve", *_learning_curve(report)))
    if timings and report.timings is not None:
        found.append(("Timings (s)", *_timings(report)))
    return found


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _amount(n: float) -> str:
    """Write a number of clips or speakers; means over seeds or folds have one decimal."""
    return f"{round(n, 1):g}" if n < 1e5 else f"{n:.0f}"


def _spread(mean: float, std: float | None) -> str:
    """Write a mean with the sample standard deviation, which a single value has not."""
    return f"{mean:.3f}" if std is None or np.isnan(std) else f"{mean:.3f} ± {std:.3f}"


def _scores(report: WritableReport) -> tuple[Row, list[Row]]:
    content = report.to_dict()
    rows: list[Row] = []
    for name, value in content["scores"].items():
        bounds = report.intervals.get(name)
        interval = "" if bounds is None else f"{_number(bounds[0])} to {_number(bounds[1])}"
        spread = _spread(content["mean"][name], content["std"][name])
        rows.append((_NAMES[name], _number(value), interval, spread))
    level = f"{100 * report.confidence_level:g} % interval (bootstrap over speakers)"
    return ("", "all", level, f"mean ± SD over {count(len(report.by_fold), 'fit')}"), rows


def _classes(report: WritableReport) -> tuple[Row, list[Row]]:
    rows: list[Row] = [
        (str(name), *map(_number, (row.precision, row.recall, row.f1)), str(int(row.support)))
        for name, row in report.by_class.iterrows()
    ]
    return ("", "precision", "recall", "F1", "support (clips)"), rows


def _cells(report: WritableReport) -> str:
    n_seeds, n_clips = report.predictions["seed"].nunique(), report.by_class["support"].sum()
    if len(report.predictions) == n_clips:
        return "clips"
    return f"clips, mean over {count(n_seeds, 'seed')}" if n_seeds > 1 else "clips, mean over folds"


def _confusion(report: WritableReport) -> tuple[Row, list[Row]]:
    names = [str(name) for name in report.classes]
    rows: list[Row] = [
        (name, *(_amount(n) for n in row))
        for name, row in zip(names, report.confusion, strict=True)
    ]
    return ("", *names), rows


def _speakers(report: WritableReport) -> tuple[Row, list[Row]]:
    rows: list[Row] = [
        (str(name), _number(row.uar), _number(row.accuracy), str(int(row.n_clips)))
        for name, row in report.by_speaker.iterrows()
    ]
    return ("", "UAR", "accuracy", "clips"), rows


def _folds(report: WritableReport) -> tuple[Row, list[Row]]:
    names = [name for name in _NAMES if name in report.by_fold]
    rows: list[Row] = []
    for row in report.by_fold.reset_index().to_dict("records"):
        fit = f"seed {row['seed']}, fold {row['fold']}"
        rows.append((fit, *(_number(row[name]) for name in names)))
    return ("", *(_NAMES[name] for name in names)), rows


def _conditions(report: WritableReport) -> tuple[Row, list[Row]]:
    table: Any = report.by_condition
    rows: list[Row] = [
        (str(row.Index), _number(row.uar), _number(row.changed), str(row.n_clips))
        for row in table.itertuples()
    ]
    return ("", "UAR", "labels other than clean", "predictions"), rows


def _coverage(report: WritableReport) -> tuple[Row, list[Row]]:
    rows: list[Row] = [
        (
            f"the most confident {100 * row['coverage']:.0f} %",
            _number(row["accuracy"]),
            _number(row["uar"]),
            _number(row["threshold"]),
        )
        for row in report.to_dict()["by_confidence"]
    ]
    return ("", "accuracy", "UAR", "least probability"), rows


def _learning_curve(report: WritableReport) -> tuple[Row, list[Row]]:
    curve: Any = report.learning_curve
    rows: list[Row] = [
        (
            f"{100 * share:.3g} % of training speakers",
            _amount(part["n_speakers"].mean()),
            _amount(part["n_clips"].mean()),
            _number(part["train_uar"].mean()),
            _spread(part["test_uar"].mean(), part["test_uar"].std(ddof=1)),
        )
        for share, part in curve.groupby("share")
    ]
    return ("", "speakers", "clips", "UAR in training", "UAR of unseen (mean ± SD)"), rows


def _timings(report: WritableReport) -> tuple[Row, list[Row]]:
    timings: Any = report.timings
    rows: list[Row] = [
        (f"seed {row.seed}, fold {row.fold}", f"{row.fit_time:.2f}", f"{row.predict_time:.2f}")
        for row in timings.itertuples()
    ]
    return ("", "fit", "predict"), rows

"""Reports as text and Markdown, and the tables that all formats share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import pandas as pd

from sersk.evaluation.findings import Leak
from sersk.plotting import ScoredPredictions

Row = tuple[str, ...]

_NAMES = {
    "uar": "UAR",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "log_loss": "log loss",
    "ece": "ECE",
}


class WritableReport(ScoredPredictions, Protocol):
    """The attributes that the writers read from a report."""

    title: str
    notes: list[str]
    leaks: list[Leak] | None
    by_class: pd.DataFrame
    by_speaker: pd.DataFrame
    by_fold: pd.DataFrame
    timings: pd.DataFrame | None

    def to_dict(self, *, timings: bool = False) -> dict[str, Any]:
        """Return the report as plain dicts, lists, numbers and strings."""


def sections(report: WritableReport, timings: bool) -> list[tuple[str, Row, list[Row]]]:
    """Return the tables of a report, each with its heading, its columns and its rows."""
    found = [
        ("Scores", *_scores(report)),
        ("Classes", *_classes(report)),
        ("Confusion (rows: true, columns: predicted)", *_confusion(report)),
        ("Speakers", *_speakers(report)),
        ("Folds", *_folds(report)),
    ]
    if report.learning_curve is not None:
        found.append(("Learning curve", *_learning_curve(report)))
    if timings and report.timings is not None:
        found.append(("Timings (s)", *_timings(report)))
    return found


def introduction(report: WritableReport) -> str:
    """Return a summary of clips, speakers, fits and chance."""
    content = report.to_dict()
    n_seeds, n_fits = len(content["seeds"]), len(report.by_fold)
    return (
        f"{content['n_clips']} clips of {content['n_speakers']} speakers, each predicted by a "
        f"model that was not trained on the speaker. {n_fits} fits: {n_fits // n_seeds} folds, "
        f"{n_seeds} seeds. Chance is a UAR of {content['chance_uar']:.3f}."
    )


def remarks(report: WritableReport) -> list[str]:
    """Return notes and the results of the leak check, one line each."""
    if report.leaks is None:
        data = ["The data was not checked for leaks."]
    else:
        data = [str(leak) for leak in report.leaks] or ["The leak check of the data found nothing."]
    return [*report.notes, *data]


def to_text(report: WritableReport, timings: bool) -> str:
    """Return the report for a terminal."""
    parts = [report.title, "=" * len(report.title), introduction(report)]
    for heading, columns, rows in sections(report, timings):
        parts += ["", heading, "-" * len(heading), *_aligned([columns, *rows])]
    return "\n".join([*parts, "", "Data", "----", *remarks(report)])


def to_markdown(report: WritableReport, timings: bool) -> str:
    """Return the report as Markdown."""
    parts = [f"# {_escaped(report.title)}", "", introduction(report)]
    for heading, columns, rows in sections(report, timings):
        rule = ("---", *["---:"] * (len(columns) - 1))
        parts += ["", f"## {heading}", "", *map(_markdown_row, [columns, rule, *rows])]
    return "\n".join([*parts, "", "## Data", "", *(f"- {_escaped(x)}" for x in remarks(report))])


def _markdown_row(cells: Row) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _aligned(rows: list[Row]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = (
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _scores(report: WritableReport) -> tuple[Row, list[Row]]:
    content = report.to_dict()
    rows: list[Row] = []
    for name, value in content["scores"].items():
        bounds = report.intervals.get(name)
        interval = "" if bounds is None else f"{_number(bounds[0])} to {_number(bounds[1])}"
        spread = f"{content['mean'][name]:.3f} +- {content['std'][name]:.3f}"
        rows.append((_NAMES[name], _number(value), interval, spread))
    level = f"{100 * report.confidence_level:g}% over speakers"
    return ("", "all", level, "mean over fits"), rows


def _classes(report: WritableReport) -> tuple[Row, list[Row]]:
    rows: list[Row] = [
        (str(name), *map(_number, (row.precision, row.recall, row.f1)), str(int(row.support)))
        for name, row in report.by_class.iterrows()
    ]
    return ("", "precision", "recall", "F1", "support"), rows


def _confusion(report: WritableReport) -> tuple[Row, list[Row]]:
    names = [str(name) for name in report.classes]
    rows: list[Row] = [
        (name, *map(str, row)) for name, row in zip(names, report.confusion, strict=True)
    ]
    return ("", *names), rows


def _speakers(report: WritableReport) -> tuple[Row, list[Row]]:
    rows: list[Row] = [
        (str(name), _number(row.uar), _number(row.accuracy), str(int(row.n_predictions)))
        for name, row in report.by_speaker.iterrows()
    ]
    return ("", "UAR", "accuracy", "predictions"), rows


def _folds(report: WritableReport) -> tuple[Row, list[Row]]:
    names = [name for name in _NAMES if name in report.by_fold]
    rows: list[Row] = []
    for row in report.by_fold.reset_index().to_dict("records"):
        fit = f"seed {row['seed']}, fold {row['fold']}"
        rows.append((fit, *(_number(row[name]) for name in names)))
    return ("", *(_NAMES[name] for name in names)), rows


def _learning_curve(report: WritableReport) -> tuple[Row, list[Row]]:
    curve: Any = report.learning_curve
    rows: list[Row] = [
        (
            f"{100 * share:.3g}% of training speakers",
            _number(part["n_speakers"].mean()),
            _number(part["n_clips"].mean()),
            _number(part["train_uar"].mean()),
            f"{part['test_uar'].mean():.3f} +- {part['test_uar'].std(ddof=0):.3f}",
        )
        for share, part in curve.groupby("share")
    ]
    return ("", "speakers", "clips", "UAR in training", "UAR of unseen"), rows


def _timings(report: WritableReport) -> tuple[Row, list[Row]]:
    timings: Any = report.timings
    rows: list[Row] = [
        (f"seed {row.seed}, fold {row.fold}", f"{row.fit_time:.2f}", f"{row.predict_time:.2f}")
        for row in timings.itertuples()
    ]
    return ("", "fit", "predict"), rows

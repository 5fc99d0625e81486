"""The content of a report as plain dicts, lists, numbers and strings."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd

from sersk.evaluation._confidence import by_confidence
from sersk.evaluation._reading import caution, describe_interval
from sersk.evaluation._tables import WritableReport


class ScoredReport(WritableReport, Protocol):
    """The attributes from which the content is made."""

    scores: dict[str, float]
    n_resamples: int


def to_content(report: ScoredReport, timings: bool) -> dict[str, Any]:
    """Return what `EvaluationReport.to_dict` returns.

    Parameters
    ----------
    report : EvaluationReport
        The report.
    timings : bool
        Whether to include the time of fits and predictions.

    Returns
    -------
    content : dict
        Undefined values are None.
    """
    spread = report.by_fold.drop(columns="n_clips")
    curve, leaks = report.learning_curve, report.leaks
    content: dict[str, Any] = {
        "title": report.title,
        "about": report.about,
        "n_clips": int(report.predictions["clip"].nunique()),
        "n_speakers": len(report.by_speaker),
        "n_predictions": len(report.predictions),
        "seeds": sorted(report.predictions["seed"].unique().tolist()),
        "classes": report.classes.tolist(),
        "chance_uar": 1 / report.predictions["y_true"].nunique(),
        "scores": dict(report.scores),
        "intervals": {
            "confidence_level": report.confidence_level,
            "method": describe_interval(report.n_resamples),
            "caution": caution(len(report.by_speaker)),
            **{name: list(bounds) for name, bounds in report.intervals.items()},
        },
        # over folds and seeds: the sample standard deviation, as papers state it
        "mean": spread.mean().to_dict(),
        "std": spread.std(ddof=1).to_dict(),
        "by_class": _records(report.by_class),
        "by_speaker": _records(report.by_speaker),
        "by_fold": _records(report.by_fold),
        "by_condition": None if report.by_condition is None else _records(report.by_condition),
        "confusion": report.confusion.tolist(),
        "by_confidence": None if report.proba is None else by_confidence(report),
        "learning_curve": None if curve is None else _records(curve, False),
        "leaks": (
            None
            if leaks is None
            else [
                {"kind": leak.kind, "clips": list(leak.clips), "message": leak.message}
                for leak in leaks
            ]
        ),
        "notes": report.notes,
    }
    if timings and report.timings is not None:
        content["timings"] = _records(report.timings, False)
    return _plain(content)


def _records(frame: pd.DataFrame, index: bool = True) -> list[dict[Any, Any]]:
    return (frame.reset_index() if index else frame).to_dict("records")


def _plain(value: Any) -> Any:
    """Return the same with Python's own numbers, and None for NaN, which JSON does not know."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value

"""The sentences of a report: what was evaluated, and how to read the numbers."""

from __future__ import annotations

from typing import Any

from sersk.evaluation._counting import count
from sersk.evaluation._tables import WritableReport

# With four speakers Student's t widens an interval 1.6 times, and its width itself varies by 40 %
# from one set of speakers to the next.
_FEW_SPEAKERS = 5

# The facts of `about` with a form of their own; a user's own ones are written as they are.
_FORMS = ("corpora", "folds", "pipeline", "versions")
_NOT_NAMED = "those not named have their default; each random_state is the seed of the fit"


def introduction(report: WritableReport) -> str:
    """Return a summary of clips, speakers, fits and chance."""
    content = report.to_dict()
    n_folds = report.by_fold.index.get_level_values("fold").nunique()
    folds, seeds = count(n_folds, "fold"), count(len(content["seeds"]), "seed")
    return (
        f"{count(content['n_clips'], 'clip')} of {count(content['n_speakers'], 'speaker')}, each "
        "predicted by a model that was not trained on the speaker. "
        f"{count(len(report.by_fold), 'fit')}: {folds}, {seeds}. "
        f"Chance is a UAR of {content['chance_uar']:.3f}."
    )


def about_rows(report: WritableReport) -> list[tuple[str, list[str]]]:
    """Return what the report is a report of: names, each with its lines."""
    about = report.about
    rows = [(name, [str(value)]) for name, value in about.items() if name not in _FORMS]
    for facts in about.get("corpora", ()):
        name = f"{facts['use']} corpus" if facts["use"] else "corpus"
        rows.append((name, [_corpus(facts)]))
    if "folds" in about:
        rows.append(("folds", [about["folds"]]))
    if "pipeline" in about:
        rows.append(("pipeline", [_step(step) for step in about["pipeline"]]))
        rows.append(("parameters", [_NOT_NAMED]))
    if "versions" in about:
        listed = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
        rows.append(("versions", [listed]))
    return rows


def reading(report: WritableReport) -> list[str]:
    """Return how to read mean, deviation and interval, one sentence or more each."""
    n_fits, interval = len(report.by_fold), report.to_dict()["intervals"]
    sentences = [
        f"± is the sample standard deviation (divided by n - 1) over the {n_fits} fits."
        if n_fits > 1
        else "One fit has no spread over fits."
    ]
    predictions = report.predictions
    given = predictions["y_pred"].isin(report.classes)
    if n_abstained := int((~given).sum()):
        right = (predictions["y_pred"] == predictions["y_true"])[given]
        rest = f" Of the others, {100 * right.mean():.1f} % are right." if len(right) else ""
        sentences.append(
            f"The model abstained in {n_abstained:,} of {len(predictions):,} answers.{rest} To "
            "abstain is an error in UAR, accuracy and F1, and no class of its own: it is in no "
            "column of the confusion matrix. Coverage is the share of clips that it answered."
        )
    return sentences + [interval[key] for key in ("method", "caution") if interval[key]]


def describe_interval(n_resamples: int) -> str:
    """Return how the intervals are computed."""
    return (
        f"Intervals: percentile bootstrap over speakers ({count(n_resamples, 'resample')} of the "
        "test speakers), widened for few speakers by Student's t (Hesterberg, 2015). They cover "
        "the choice of test speakers, not that of training speakers or seeds."
    )


def caution(n_speakers: int) -> str | None:
    """Return a warning of an interval over few speakers, or None if there are enough."""
    if n_speakers >= _FEW_SPEAKERS:
        return None
    if n_speakers == 1:
        return "One speaker was tested: there is no interval over speakers."
    return (
        f"Only {n_speakers} speakers were tested: so few say little about other speakers, and the "
        "interval over them is itself uncertain. Do not read it as a margin of error."
    )


def remarks(report: WritableReport) -> list[str]:
    """Return notes and the results of the leak check, one line each."""
    if report.leaks is None:
        data = ["The data was not checked for leaks."]
    else:
        data = [str(leak) for leak in report.leaks] or ["The leak check of the data found nothing."]
    return [*report.notes, *data]


def _corpus(facts: dict[str, Any]) -> str:
    name, title = facts["name"] or "", (facts["title"] or "").rstrip(".")
    # "RAVDESS: Ryerson Audio-Visual ..." says the name "ravdess" too
    parts = (title,) if title.lower().startswith(name.lower()) else (name, title)
    known = " - ".join(filter(None, parts)) or "no name given"
    emotions = ", ".join(f"{label} {n:,}" for label, n in facts["emotions"].items())
    return (
        f"{known}: {count(facts['n_clips'], 'clip')}, {count(facts['n_speakers'], 'speaker')}, "
        f"{count(len(facts['emotions']), 'emotion')} ({emotions})"
    )


def _step(facts: dict[str, Any]) -> str:
    inside = ", ".join(f"{key}={value}" for key, value in facts["parameters"].items())
    return f"{facts['step']}: {facts['class']}({inside})".removeprefix(": ")

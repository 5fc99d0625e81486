"""Fits, evaluations and short summaries of scores for the commands."""

from typing import TYPE_CHECKING, Any

from sersk._utils.progress import note

if TYPE_CHECKING:
    from pathlib import Path

    from sklearn.pipeline import Pipeline
    from sklearn.utils import Bunch

    from sersk.evaluation import EvaluationReport


def fit(
    pipeline: "Pipeline", X: Any, y: Any, groups: Any, checkpoint: "Path | None" = None
) -> "Pipeline":
    """Fit; known speakers are routed to the steps that request them."""
    from sersk._utils.routing import fit_with

    split = getattr(pipeline.steps[-1][1], "validation_split", 0)
    if isinstance(split, float) and split and groups is not None and len(set(groups)) == 1:
        note(
            "Note: all clips are of one speaker, so early stopping uses held-out clips of this "
            "speaker instead of held-out speakers."
        )
        groups = None
    try:
        kept = {} if checkpoint is None else {"checkpoint": checkpoint}
        return fit_with(pipeline, X, y, groups=groups, **kept)
    except ValueError as error:
        if not str(error).startswith("validation_split="):
            raise
        option = "--set classifier__validation_split=0 ("
        raise ValueError(str(error).replace("validation_split=0 (", option)) from error


def check_speakers(corpus: "Bunch", folds: int) -> str | None:
    """Return why a corpus can't be evaluated by speaker, or None if it can."""
    from pathlib import Path

    if corpus.groups is None:
        example = "/".join(Path(corpus.data[0]).parts[-2:])
        return (
            "the speakers are unknown, so the models could be tested on speakers that they were "
            "trained on. Pass --speaker REGEX, a regular expression that finds the speaker in a "
            f"path such as {example!r}."
        )
    n_speakers = len(set(corpus.groups))
    if folds > n_speakers:
        return f"--folds {folds} needs at least {folds} speakers, but there are {n_speakers}."
    return None


def evaluate_corpus(
    pipeline: "Pipeline",
    corpus: "Bunch",
    cv: Any,
    seeds: range,
    quiet: bool,
    conditions: bool = False,
) -> "EvaluationReport":
    """Cross-validate by speaker; print advice if a model predicts one emotion only."""
    from sersk.evaluation import evaluate_speaker_independent

    report = evaluate_speaker_independent(
        pipeline,
        corpus.data,
        corpus.target,
        corpus.groups,
        cv=cv,
        seeds=seeds,
        conditions=conditions,
        corpus=corpus,
        verbose=not quiet,
    )
    stuck = report.predictions.groupby(["seed", "fold"])["y_pred"].nunique() == 1
    if stuck.any():
        network = hasattr(getattr(pipeline, "steps", [("", pipeline)])[-1][1], "epochs")
        advice = (
            "With few clips the cause is often too few training steps: raise --epochs, or try "
            "--set classifier__batch_size=8."
            if network
            else "There may be too few clips or speakers to learn from."
        )
        note(
            f"Note: {stuck.sum()} of {len(stuck)} models predict one emotion for every clip. "
            f"{advice}"
        )
    return report


def summarize(report: "EvaluationReport") -> str:
    """Return mean and sample standard deviation of the scores over the fits, and chance."""
    content = report.to_dict()
    n_fits, n_seeds = len(report.by_fold), len(content["seeds"])
    # one fit has no standard deviation
    uar, accuracy = (
        f"{content['mean'][name]:.3f}"
        + (f" ± {content['std'][name]:.3f}" if content["std"][name] is not None else "")
        for name in ("uar", "accuracy")
    )
    fits = "1 fit" if n_fits == 1 else f"{n_fits} {'folds' if n_seeds == 1 else 'fits'}"
    return f"UAR       {uar} over {fits} (chance {content['chance_uar']:.3f})\naccuracy  {accuracy}"

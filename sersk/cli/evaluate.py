"""`sersk evaluate`: how well unseen speakers' emotions are recognised, by cross-validation."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from sersk.cli import _options as options
from sersk.cli._terminal import WRONG_USE, command, fail

if TYPE_CHECKING:
    from sklearn.utils import Bunch

    from sersk.cli._scores import Scores


@command
def evaluate(
    folder: options.Folder,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    corpus: options.Corpus = "auto",
    speaker: options.Speaker = None,
    emotions: options.Emotions = None,
    labels: options.Labels = "standard",
    network: options.Network = "cnn",
    epochs: options.Epochs = 30,
    filters: options.Filters = None,
    augmentation: options.Augmentation = True,
    duration: options.Duration = 4.0,
    sample_rate: options.SampleRate = 22050,
    jobs: options.Jobs = -1,
    seed: options.Seed = 0,
    settings: options.Settings = None,
    verbose: options.Verbosity = None,
    debug: options.Debug = False,
) -> None:
    """Cross-validate by speaker: every clip is predicted by a model that never heard its voice.

    UAR is the unweighted average recall, the mean of the recalls of the emotions.
    """
    found = options.load_corpus(folder, corpus, speaker, emotions, labels)
    if found.groups is None:
        raise fail(
            "the speakers are not known, so no honest score is possible: a model would be tested "
            "on voices that it was trained on. Pass --speaker REGEX, which finds the speaker in "
            f"a path such as {_example(found)!r}.",
            WRONG_USE,
        )
    n_speakers = len(set(found.groups))
    if folds > n_speakers:
        raise fail(
            f"--folds {folds} needs as many speakers, but there are {n_speakers}.", WRONG_USE
        )
    pipeline = options.make_pipeline(
        network,
        epochs,
        filters,
        augmentation,
        duration,
        sample_rate,
        jobs,
        seed,
        settings,
        2 if verbose else 0,
    )
    from sersk.cli._scores import cross_validate_by_speaker

    tell = _nothing if as_json else typer.echo
    scores = cross_validate_by_speaker(pipeline, found, folds, seed, tell, quiet=verbose is False)
    if as_json:
        typer.echo(json.dumps(_as_dict(scores, found)))
        return
    typer.echo(scores.summary())
    for emotion, recall in scores.recall().items():
        typer.echo(f"  recall of {emotion:10s} {recall:.3f}")


def _nothing(message: str) -> None:
    pass


def _example(found: "Bunch") -> str:
    from pathlib import Path

    return "/".join(Path(found.data[0]).parts[-2:])


def _as_dict(scores: "Scores", found: "Bunch") -> dict[str, object]:
    import numpy as np

    return {
        "n_clips": len(found.data),
        "n_speakers": len(set(found.groups)),
        "classes": found.target_names,
        "chance": 1 / len(found.target_names),
        "uar": float(np.mean(scores.uar)),
        "uar_std": float(np.std(scores.uar)),
        "accuracy": float(np.mean(scores.accuracy)),
        "accuracy_std": float(np.std(scores.accuracy)),
        "folds": [
            {"uar": uar, "accuracy": accuracy}
            for uar, accuracy in zip(scores.uar, scores.accuracy, strict=True)
        ],
        "recall": scores.recall(),
    }

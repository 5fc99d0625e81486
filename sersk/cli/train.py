"""`sersk train`: a folder of recordings in, a model file out."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli import _options as options
from sersk.cli._printing import print_csv, print_result
from sersk.cli._terminal import WRONG_USE, command, fail


@command
def train(
    folder: options.Folder,
    output: Annotated[Path, typer.Option("--output", "-o", help="The model file to write.")] = Path(
        "model.joblib"
    ),
    evaluate: Annotated[
        bool,
        typer.Option(
            "--evaluate",
            help="Cross-validate by speaker first; the honest score is kept in the model file.",
        ),
    ] = False,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds of --evaluate.")] = 4,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what `sersk info MODEL --json` prints.")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the learning curve, a row an epoch.")
    ] = False,
    corpus: options.Corpus = "auto",
    speaker: options.Speaker = None,
    emotions: options.Emotions = None,
    labels: options.Labels = "standard",
    preset: options.Preset = "published",
    network: options.Network = None,
    epochs: options.Epochs = None,
    filters: options.Filters = None,
    augmentation: options.Augmentation = True,
    duration: options.Duration = None,
    sample_rate: options.SampleRate = 22050,
    jobs: options.Jobs = -1,
    seed: options.Seed = 0,
    settings: options.Settings = None,
    verbose: options.Verbosity = None,
    debug: options.Debug = False,
) -> None:
    """Train a model on a folder of recordings, and save it.

    The file appears when training is done; interrupted, none is left behind.
    """
    from sersk._utils.files import check_writable
    from sersk.cli._evaluation import check_speakers, evaluate_corpus, fit
    from sersk.cli._models import save_model
    from sersk.persistence import tell_score

    start = time.monotonic()
    check_writable(output)
    found = options.load_corpus(folder, corpus, speaker, emotions, labels)
    if evaluate and (reason := check_speakers(found, folds)):
        raise fail(reason, WRONG_USE)
    pipeline = options.make_pipeline(
        preset,
        network,
        epochs,
        filters,
        augmentation,
        duration,
        sample_rate,
        jobs,
        seed,
        settings,
        verbose,
    )
    classifier: Any = pipeline.named_steps["classifier"]
    if found.groups is None and getattr(classifier, "validation_split", True):
        note(
            "Note: the speakers are not known (--speaker), so what training chooses (when to "
            "stop, how much to shrink) it judges by other clips of the voices it trains on."
        )
    report = None
    if evaluate:
        report = evaluate_corpus(
            pipeline, found, folds, range(seed, seed + 1), quiet=verbose is False
        )
    fit(pipeline, found.data, found.target, found.groups)
    facts = save_model(pipeline, output, found, report)
    classifier = pipeline.named_steps["classifier"]
    # of a network; a discriminant is found in one step
    history: dict[str, list[float]] = getattr(classifier, "history_", {})
    if as_json:
        print_result(json.dumps(facts, indent=2))
    elif as_csv:
        rows = zip(*history.values(), strict=True) if history else ()
        numbered = ([i, *map(float, row)] for i, row in enumerate(rows, start=1))
        print_csv(["epoch", *history], list(numbered))
    else:
        how = (
            f"{len(classifier.validation_indices_)} of the clips were set apart for early "
            f"stopping; {len(history['loss'])} epochs, "
            if history
            else f"shrinkage {classifier.shrinkage_:g}, "
        )
        print_result(
            f"Learned from {options.describe_corpus(found)};\n"
            f"{how}{time.monotonic() - start:.0f} s in all.\n"
            f"Score: {tell_score(facts['score'])}\n"
            f"Model: {output}"
        )
    honest = "" if evaluate else "sersk evaluate, for an honest score; "
    note(f"Next: {honest}sersk predict, to use the model.")

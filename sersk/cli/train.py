"""`sersk train`: a folder of recordings in, a model file out."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli._options import CorpusOptions, Debug, describe_corpus
from sersk.cli._pipeline import PipelineOptions
from sersk.cli._printing import print_csv, print_result
from sersk.cli._terminal import WRONG_USE, command, fail


@command
def train(
    *,
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
    clips: CorpusOptions,
    system: PipelineOptions,
    debug: Debug = False,
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
    found = clips.load()
    if evaluate and (reason := check_speakers(found, folds)):
        raise fail(reason, WRONG_USE)
    pipeline = system.make()
    classifier: Any = pipeline.named_steps["classifier"]
    if found.groups is None and getattr(classifier, "validation_split", True):
        note(
            "Note: the speakers are not known (--speaker), so what training chooses (when to "
            "stop, how much to shrink) it judges by other clips of the voices it trains on."
        )
    report = None
    if evaluate:
        report = evaluate_corpus(
            pipeline, found, folds, range(system.seed, system.seed + 1), quiet=system.quiet
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
            f"Learned from {describe_corpus(found)};\n"
            f"{how}{time.monotonic() - start:.0f} s in all.\n"
            f"Score: {tell_score(facts['score'])}\n"
            f"Model: {output}"
        )
    honest = "" if evaluate else "sersk evaluate, for an honest score; "
    note(f"Next: {honest}sersk predict, to use the model.")

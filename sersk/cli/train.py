"""`sersk train`: a folder of recordings in, a model file out."""

import json
import shlex
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli._options import CorpusOptions, Debug, describe_corpus
from sersk.cli._pipeline import PipelineOptions
from sersk.cli._printing import print_csv, print_result
from sersk.cli._terminal import WRONG_USE, command, fail, wrong_use


@command
def train(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The model file to write.")] = Path(
        "model.sersk"
    ),
    evaluate: Annotated[
        bool,
        typer.Option(
            "--evaluate",
            help="Cross-validate by speaker first, and keep the speaker-independent UAR "
            "(unweighted average recall) in the model file.",
        ),
    ] = False,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds of --evaluate.")] = 4,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep the state of a network's training in this folder after each epoch. The same "
            "command resumes there if it was interrupted or killed, with the same result.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what `sersk info MODEL --json` prints.")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the learning curve, one row for each epoch.")
    ] = False,
    clips: CorpusOptions,
    system: PipelineOptions,
    debug: Debug = False,
) -> None:
    """Train a model on a folder of recordings, and save it.

    The file is written when training is done. If training is interrupted, no file is written.
    Sound files of formats that are not read are named, and the exit code is then 3.
    """
    from sersk._utils.describing import describe_score
    from sersk._utils.files import check_writable
    from sersk.cli._evaluation import check_speakers, evaluate_corpus, fit
    from sersk.cli._models import save_model
    from sersk.persistence import check_ending, describe_model, tell_score

    start = time.monotonic()
    with wrong_use():
        check_ending(output)
    check_writable(output)
    found = clips.load()
    if evaluate and (reason := check_speakers(found, folds)):
        raise fail(reason, WRONG_USE)
    pipeline = system.make()
    classifier: Any = pipeline.named_steps["classifier"]
    if found.groups is None and getattr(classifier, "validation_split", True):
        note(
            "Note: the speakers are unknown (--speaker), so model selection (early stopping, "
            "shrinkage) uses held-out clips of the training speakers instead of held-out speakers."
        )
    if checkpoint is not None and not hasattr(classifier, "epochs"):
        raise fail(
            "--checkpoint: only networks are trained in epochs. Leave it out, or pass --preset "
            "published.",
            WRONG_USE,
        )
    report = None
    if evaluate:
        report = evaluate_corpus(
            pipeline, found, folds, range(system.seed, system.seed + 1), quiet=system.quiet
        )
    fit(pipeline, found.data, found.target, found.groups, checkpoint)
    failure: OSError | None = None
    try:
        facts = save_model(pipeline, output, found, report)
    except OSError as error:  # what was measured is printed all the same
        failure = error
        facts = describe_model(pipeline) | {"score": describe_score(report)}
    classifier = pipeline.named_steps["classifier"]
    # only networks are trained in epochs
    history: dict[str, list[float]] = getattr(classifier, "history_", {})
    if as_json:
        print_result(json.dumps(facts, indent=2))
    elif as_csv:
        rows = zip(*history.values(), strict=True) if history else ()
        numbered = ([i, *map(float, row)] for i, row in enumerate(rows, start=1))
        print_csv(["epoch", *history], list(numbered))
    else:
        how = (
            f"{len(classifier.validation_indices_)} clips were held out for early stopping; "
            f"{len(history['loss'])} epochs, "
            if history
            else f"shrinkage {classifier.shrinkage_:g}, "
        )
        print_result(
            f"Trained on {describe_corpus(found)};\n"
            f"{how}{time.monotonic() - start:.0f} s in all.\n"
            f"Score: {tell_score(facts['score'])}\n"
            f"Model: {output if failure is None else 'not saved there, see the error'}"
        )
    if failure is not None:
        raise failure
    first = "" if evaluate else "sersk evaluate measures how well unseen speakers are recognised; "
    note(f"Next: {first}sersk predict {shlex.quote(str(output))} CLIP.wav uses the model.")
    clips.end()

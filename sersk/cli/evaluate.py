"""`sersk evaluate`: how well unseen speakers' emotions are recognised, by cross-validation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sersk.cli import _options as options
from sersk.cli._terminal import WRONG_USE, command, fail

if TYPE_CHECKING:
    from sklearn.utils import Bunch


@command
def evaluate(
    folder: options.Folder,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = 4,
    seeds: Annotated[int, typer.Option(min=1, help="Repeat all folds with so many seeds.")] = 1,
    leave_one_speaker_out: Annotated[
        bool, typer.Option("--leave-one-speaker-out", help="A fold for each speaker.")
    ] = False,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            "-r",
            metavar="FILE",
            help="Also write the report to a file: .html with plots, .md, .txt or .json. Can be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
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

    UAR is the unweighted average recall, the mean of the recalls of the emotions. Intervals are
    by bootstrap over speakers. The data itself is checked for leaks.
    """
    from sersk.cli._models import check_writable
    from sersk.evaluation.report import check_suffix

    for file in report or []:
        check_suffix(file)
        check_writable(file)
    found = options.load_corpus(folder, corpus, speaker, emotions, labels)
    if found.groups is None:
        raise fail(
            "the speakers are not known, so no honest score is possible: a model would be tested "
            "on voices that it was trained on. Pass --speaker REGEX, which finds the speaker in "
            f"a path such as {_example(found)!r}.",
            WRONG_USE,
        )
    n_speakers = len(set(found.groups))
    if folds > n_speakers and not leave_one_speaker_out:
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
    from sersk.cli._evaluation import evaluate_corpus, summarize

    cv = "leave-one-speaker-out" if leave_one_speaker_out else folds
    result = evaluate_corpus(pipeline, found, cv, range(seed, seed + seeds), quiet=verbose is False)
    for file in report or []:
        result.save(file, timings=True)
    typer.echo(result.to_json() if as_json else f"{result.to_text()}\n\n{summarize(result)}")


def _example(found: "Bunch") -> str:
    from pathlib import Path

    return "/".join(Path(found.data[0]).parts[-2:])

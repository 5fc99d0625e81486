"""`sersk evaluate`: cross-validation by speaker."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sersk._utils.progress import end_display, note
from sersk.cli._delivering import deliver
from sersk.cli._options import CorpusOptions, Debug
from sersk.cli._pipeline import PipelineOptions
from sersk.cli._printing import print_csv, print_result
from sersk.cli._terminal import INTERRUPTED, WRONG_USE, command, fail, wrong_use

if TYPE_CHECKING:
    from sklearn.utils import Bunch

    from sersk.evaluation import EvaluationReport


@command
def evaluate(
    context: typer.Context,
    *,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = 4,
    seeds: Annotated[
        int, typer.Option(min=1, help="Number of seeds; all folds are repeated with each.")
    ] = 1,
    leave_one_speaker_out: Annotated[
        bool, typer.Option("--leave-one-speaker-out", help="One fold for each speaker.")
    ] = False,
    conditions: Annotated[
        bool,
        typer.Option(
            "--conditions",
            help="Also test each model on its test clips at other levels, in noise, in babble of "
            "other test speakers, by telephone, in a room and cut off. Takes several times as "
            "long.",
        ),
    ] = False,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            "-r",
            metavar="FILE",
            help="Also write the report to a file: .html with plots, .md, .txt or .json. Can be "
            "given several times.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print all predictions, one row for each clip and seed.")
    ] = False,
    clips: CorpusOptions,
    system: PipelineOptions,
    debug: Debug = False,
) -> None:
    """Cross-validate by speaker: every clip is predicted by a model that did not see its speaker.

    UAR is the unweighted average recall, the mean of the recalls of the emotions. Intervals come
    from a bootstrap over speakers. The corpus is checked for leaks. If the command is interrupted,
    or a fit fails, it reports the folds that were done, and says so. Sound files of formats that
    are not read are named, and the exit code is then 3.
    """
    from sersk._utils.files import check_writable
    from sersk.cli._evaluation import check_speakers, evaluate_corpus, summarize
    from sersk.evaluation import EvaluationInterrupted, EvaluationReport
    from sersk.evaluation.report import check_suffix

    for file in report or []:
        with wrong_use():
            check_suffix(file)
        check_writable(file)
    found = clips.load()
    if reason := check_speakers(found, 2 if leave_one_speaker_out else folds):
        raise fail(reason, WRONG_USE)
    pipeline = system.make()
    cv = "leave-one-speaker-out" if leave_one_speaker_out else folds
    interrupted, failure = False, None
    try:
        result = evaluate_corpus(
            pipeline,
            found,
            cv,
            range(system.seed, system.seed + seeds),
            quiet=system.quiet,
            conditions=conditions,
        )
    except EvaluationInterrupted as interruption:
        end_display()
        result, interrupted = interruption.report, True
    except Exception as error:  # of one fit: the scores of the fits before it are kept
        kept = getattr(error, "report", None)
        if not isinstance(kept, EvaluationReport):
            raise
        end_display()
        result, failure = kept, error
    if said := context.obj:
        result.about["command"] = said

    def show() -> None:
        if as_json:
            print_result(result.to_json())
        elif as_csv:
            _print_predictions(result, found)
        else:
            print_result(f"{result.to_text()}\n\n{summarize(result)}")

    def save(file: Path) -> None:
        result.save(file, timings=True)

    deliver(show, *(("The report", save, file) for file in report or []))
    if failure is not None:
        raise failure
    if interrupted:
        note("Interrupted: the report covers the folds that were done.")
        raise typer.Exit(INTERRUPTED)
    clips.end()


def _print_predictions(report: "EvaluationReport", found: "Bunch") -> None:
    """Print the predictions, from which every score can be computed again."""
    from sersk.evaluation.conditions import name_column

    columns = ["seed", "fold", "path", "speaker", "label", "predicted"]
    rows = [
        [row.seed, row.fold, found.data[row.clip], row.speaker, row.y_true, row.y_pred]
        for row in report.predictions.itertuples()
    ]
    for condition in () if report.by_condition is None else report.by_condition.index[1:]:
        columns.append(f"predicted, {condition}")
        heard = report.predictions[name_column(condition)]
        rows = [
            [*row, "" if label is None else label] for row, label in zip(rows, heard, strict=True)
        ]
    if report.proba is not None:
        columns += [str(name) for name in report.classes]
        rows = [
            [*row, *(f"{p:.6g}" for p in proba)]
            for row, proba in zip(rows, report.proba, strict=True)
        ]
    print_csv(columns, rows)

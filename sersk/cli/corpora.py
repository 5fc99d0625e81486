"""`sersk corpora`: which corpora are known, and what is in a folder of recordings."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli import _options as options
from sersk.cli._printing import print_csv, print_result, print_table
from sersk.cli._terminal import IN_PART, command

if TYPE_CHECKING:
    from sersk.datasets.survey import Survey


@command
def corpora(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="A folder of recordings to look into; without one, list the known corpora.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Also read every file: name those that are broken, and find copies, one sound "
            "with two labels or speakers, and near duplicates.",
        ),
    ] = False,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
    corpus: options.Corpus = "auto",
    speaker: options.Speaker = None,
    jobs: options.Jobs = -1,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """List the corpora that are known, or tell what a folder holds and what is wrong with it.

    With FOLDER: clips by emotion and speaker, and every file that training would refuse, named.
    The exit code is 3 where something is wrong with some files.
    """
    if folder is None:
        _list_known(as_json, as_csv)
        return
    from sersk.datasets.survey import survey_folder

    survey = survey_folder(folder, corpus=corpus, speaker=speaker)
    problems: list[tuple[str, str]] = [*survey.problems]
    if check and len(survey.frame):
        problems += _find_leaks(survey, jobs, quiet)
    if as_json:
        print_result(json.dumps(_summarize(survey, problems), indent=2))
    elif as_csv:
        columns = ["path", "label", "speaker", "problem"]
        print_csv(columns, _rows(survey, folder, problems))
    else:
        _print_summary(survey, problems)
    if problems:
        raise typer.Exit(IN_PART)


def _list_known(as_json: bool, as_csv: bool) -> None:
    from sersk.datasets import find_corpora

    known = [
        {
            "name": name,
            "title": corpus.title,
            "clips": corpus.n_clips,
            "speakers": corpus.n_speakers,
            "language": corpus.language,
            "classes": corpus.emotions,
            "licence": corpus.licence,
            "get": f"sersk.fetch_{name}()" if corpus.can_be_fetched else f"ask at {corpus.source}",
            "source": corpus.source,
        }
        for name, corpus in find_corpora().items()
    ]
    if as_json:
        print_result(json.dumps(known, indent=2))
        return
    columns = list(known[0])
    rows = [
        [", ".join(value) if isinstance(value, list) else value for value in one.values()]
        for one in known
    ]
    if as_csv:
        print_csv(columns, rows)
        return
    print_table(columns[:-1], [row[:-1] for row in rows])
    note(
        "Fetched corpora go to the folder SERSK_DATA_HOME, or ~/sersk_data. Mind each licence; "
        "what to cite is in a loaded corpus's DESCR. Any folder with a sub-folder an emotion "
        "will do as well: sersk corpora FOLDER."
    )


def _find_leaks(survey: "Survey", jobs: int, quiet: bool) -> list[tuple[str, str]]:
    """Return what is wrong inside the files, by the kind of it."""
    from sersk.evaluation import check_leaks

    frame = survey.frame
    speakers = None if frame["speaker"].isna().any() else frame["speaker"].to_numpy(str)
    leaks = check_leaks(
        frame["path"].tolist(),
        frame["emotion"].to_numpy(str),
        speakers,
        n_jobs=jobs,
        verbose=not quiet,
    )
    return [(leak.kind, leak.message) for leak in leaks]


def _count(survey: "Survey", column: str) -> dict[str, int]:
    counts = Counter(survey.frame[column].dropna().tolist())
    return dict(sorted(counts.items()))


def _summarize(survey: "Survey", problems: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "corpus": survey.corpus,
        "n_clips": len(survey.frame),
        "by_label": _count(survey, "emotion"),
        "by_speaker": _count(survey, "speaker"),
        "problems": [{"what": what, "reason": reason} for what, reason in problems],
    }


def _rows(survey: "Survey", folder: Path, problems: list[tuple[str, str]]) -> list[list[Any]]:
    """Return a row a clip with its problem, and rows of problems that are of no clip alone."""
    wrong: dict[str, str] = {}
    for what, reason in problems:
        wrong[what] = f"{wrong[what]}; {reason}" if what in wrong else reason
    rows = []
    for clip in survey.frame.to_dict("records"):
        inside = Path(clip["path"]).relative_to(folder.expanduser()).as_posix()
        who = clip["speaker"] if isinstance(clip["speaker"], str) else ""
        rows.append([clip["path"], clip["emotion"], who, wrong.pop(inside, "")])
    return rows + [[what, "", "", reason] for what, reason in wrong.items()]


def _print_summary(survey: "Survey", problems: list[tuple[str, str]]) -> None:
    by_speaker, by_emotion = _count(survey, "speaker"), _count(survey, "emotion")
    names = "a sub-folder an emotion" if survey.corpus == "folder" else survey.corpus
    who = f"{len(by_speaker)} speakers" if by_speaker else "speakers unknown (pass --speaker)"
    print_result(f"{len(survey.frame)} clips, {len(by_emotion)} emotions, {who}; read as: {names}")
    if len(survey.frame):
        _print_counts(survey, by_emotion, by_speaker)
    if problems:
        print_result(f"\n{len(problems)} problems:")
        for what, reason in problems:
            print_result(f"  {what}: {reason}")
    else:
        print_result("\nNothing wrong was found.")


def _print_counts(survey: "Survey", by_emotion: dict[str, int], by_speaker: dict[str, int]) -> None:
    frame = survey.frame
    counts = Counter(zip(frame["speaker"].fillna("all"), frame["emotion"], strict=True))
    speakers = [*by_speaker] or ["all"]
    rows: list[list[Any]] = [
        [
            speaker,
            *(counts[speaker, emotion] for emotion in by_emotion),
            by_speaker.get(speaker, len(frame)),
        ]
        for speaker in speakers
    ]
    if by_speaker:
        rows.append(["all", *by_emotion.values(), len(frame)])
    columns = ["speaker", *by_emotion, "all"]
    print_table(columns, rows, numbers=len(columns) - 1)

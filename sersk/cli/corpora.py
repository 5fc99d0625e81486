"""`sersk corpora`: the known corpora, and the contents of a folder of recordings."""

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
            help="A folder of recordings to describe, or a table of them (.csv, .tsv); without "
            "one, list the known corpora.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Also read every file, to find broken files, copies, recordings with two labels "
            "or two speakers, and near duplicates.",
        ),
    ] = False,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
    corpus: options.Corpus = "auto",
    speaker: options.Speaker = None,
    path: options.PathColumn = None,
    label: options.LabelColumn = None,
    root: options.Root = None,
    jobs: options.Jobs = -1,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """List the known corpora, or describe a folder or a table and the problems in it.

    With FOLDER: the number of clips by emotion and speaker, and the name of every file, or row of
    a table, that training would refuse. The exit code is 3 if there are problems.
    """
    if folder is None:
        given = {"--check": check, "--speaker": speaker, "--path": path, "--label": label}
        if asked := [name for name, value in (given | {"--root": root}).items() if value]:
            raise typer.BadParameter(f"{asked[0]} is for a folder or a table; name one.")
        _list_known(as_json, as_csv)
        return
    from sersk.datasets.survey import survey_folder
    from sersk.datasets.survey_table import survey_table

    choice = options.table_columns(folder, corpus, speaker, path, label, root)
    if choice is None:
        survey = survey_folder(folder, corpus=corpus, speaker=speaker)
    else:
        survey = survey_table(folder, **choice)
    problems: list[tuple[str, str]] = [*survey.problems]
    if check and len(survey.frame):
        problems += _find_leaks(survey, jobs, quiet)
    if as_json:
        print_result(json.dumps(_summarize(survey, problems), indent=2))
    elif as_csv:
        columns = ["path", "label", "speaker", "problem"]
        print_csv(columns, _rows(survey, folder, problems))
    else:
        _print_summary(survey, problems, check)
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
        "Corpora are fetched to the folder SERSK_DATA_HOME, or ~/sersk_data. Mind each licence; "
        "the DESCR of a loaded corpus says what to cite. Any folder with one sub-folder for each "
        "emotion can be used too: sersk corpora FOLDER."
    )


def _find_leaks(survey: "Survey", jobs: int, quiet: bool) -> list[tuple[str, str]]:
    """Return the kind and the message of each problem inside the files."""
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
    """Return a row for each clip with its problems, then a row for each other problem."""
    wrong: dict[str, str] = {}
    for what, reason in problems:
        wrong[what] = f"{wrong[what]}; {reason}" if what in wrong else reason
    rows = []
    is_table = survey.corpus == "table"
    for clip in survey.frame.to_dict("records"):
        inside = "" if is_table else _name_inside(clip["path"], folder)
        who = clip["speaker"] if isinstance(clip["speaker"], str) else ""
        rows.append([clip["path"], clip["emotion"], who, wrong.pop(inside, "")])
    return rows + [[what, "", "", reason] for what, reason in wrong.items()]


def _name_inside(path: str, folder: Path) -> str:
    return Path(path).relative_to(folder.expanduser()).as_posix()


def _print_summary(survey: "Survey", problems: list[tuple[str, str]], check: bool) -> None:
    by_speaker, by_emotion = _count(survey, "speaker"), _count(survey, "emotion")
    forms = {"folder": "one sub-folder for each emotion", "table": "a table"}
    names = forms.get(survey.corpus, survey.corpus)
    who = f"{len(by_speaker)} speakers" if by_speaker else "speakers unknown (pass --speaker)"
    print_result(f"{len(survey.frame)} clips, {len(by_emotion)} emotions, {who}; read as: {names}")
    if len(survey.frame):
        _print_counts(survey, by_emotion, by_speaker)
    if problems:
        print_result(f"\n{len(problems)} problems:")
        for what, reason in problems:
            print_result(f"  {what}: {reason}" if what else f"  {reason}")
    else:
        unread = "" if check else " The files were not read; --check reads them."
        print_result(f"\nNo problems were found.{unread}")


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

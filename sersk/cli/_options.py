"""The options that several commands share: the corpus, the model file, forms of output."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.progress import note
from sersk._utils.suggest import suggest
from sersk.cli._tables import table_columns
from sersk.cli._terminal import IN_PART, WRONG_USE, fail
from sersk.datasets import VOCABULARY, find_corpora

if TYPE_CHECKING:
    from sklearn.utils import Bunch


def split_words(value: str) -> list[str]:
    """Return the words that commas separate."""
    return [word.strip() for word in value.split(",") if word.strip()]


LABEL_NAMES = ("standard", "original")


def get_corpus_names() -> tuple[str, ...]:
    """Return the values of ``--corpus``: two words of its own, and every known corpus."""
    return ("auto", "folder", *find_corpora())


def one_of(choices: Sequence[str] | Callable[[], Sequence[str]]) -> dict[str, Any]:
    """Return the arguments of an option that takes these values, and completes them in a shell."""

    def known() -> Sequence[str]:
        return choices() if callable(choices) else choices

    def check(value: str | None) -> str | None:
        if value is not None and value not in known():
            listed = ", ".join(known())
            raise typer.BadParameter(
                f"{value!r} is none of {listed}{suggest(value, known()) or '.'}"
            )
        return value

    def complete(incomplete: str) -> list[str]:
        return [choice for choice in known() if choice.startswith(incomplete)]

    return {"callback": check, "autocompletion": complete}


def _check_seconds(value: float | None) -> float | None:
    if value is not None and not 0 < value < float("inf"):
        raise typer.BadParameter(f"{value:g} is no length of time; it is a number of s, above 0.")
    return value


# Arguments of an option that takes a length of time.
SECONDS: dict[str, Any] = {"callback": _check_seconds, "metavar": "SECONDS"}


def _check_jobs(value: int) -> int:
    if value == 0:
        raise typer.BadParameter("0 does nothing; pass 1 or more, or -1.")
    return value


def _none_of(word: str, choices: Sequence[str]) -> str:
    return f"{word!r} is none of {', '.join(choices)}{suggest(word, choices) or '.'}"


def _complete_emotions(incomplete: str) -> list[str]:
    """Complete the last word of a list that is separated by commas."""
    before, comma, last = incomplete.rpartition(",")
    return [
        f"{before}{comma}{name}"
        for name in VOCABULARY
        if name.startswith(last) and name not in before.split(",")
    ]


Folder = Annotated[
    Path,
    typer.Argument(
        help="The folder of the corpus, or a table with a row for each clip (.csv, .tsv).",
        show_default=False,
    ),
]
Corpus = Annotated[
    str,
    typer.Option(
        **one_of(get_corpus_names),
        metavar="NAME",
        help=f"How labels are read: from the file names of {', '.join(find_corpora())}; "
        "folder, from one sub-folder for each emotion; auto, the corpus that all file names fit, "
        "else folder.",
    ),
]
Speaker = Annotated[
    str | None,
    typer.Option(
        metavar="REGEX|A,B,...",
        help=r"Regular expression that finds the speaker in a file's path below FOLDER; of "
        r"'actor(\d+)_' the speaker is the group. For --corpus folder. Of a table, the column (or "
        "columns) of the speaker or any other group.",
        show_default=False,
    ),
]
PathColumn = Annotated[
    str | None,
    typer.Option(
        "--path", metavar="COLUMN", help="Of a table, the column of the paths.", show_default="path"
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        "--label",
        metavar="COLUMN",
        help="Of a table, the column of the emotions.",
        show_default="label",
    ),
]
Root = Annotated[
    Path | None,
    typer.Option(
        help="Of a table, the folder that relative paths begin at.",
        show_default="the table's folder",
    ),
]
Emotions = Annotated[
    str | None,
    typer.Option(
        autocompletion=_complete_emotions,
        metavar="A,B,...",
        help="Emotions to keep; all by default.",
        show_default=False,
    ),
]
Labels = Annotated[
    str,
    typer.Option(
        **one_of(LABEL_NAMES),
        metavar="standard|original",
        help="Names of the emotions: standard, one vocabulary for all corpora; original, the "
        "corpus's own.",
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        callback=_check_jobs,
        help="Chunks of clips that are worked on at a time; -1: one for each processor.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(min=0, help="Seed of all random numbers; the same seed gives the same result."),
]
Words = Annotated[
    list[str],
    typer.Argument(
        metavar="[MODEL] FILE",
        help="The recording; before it, a model file that sersk train wrote (.sersk). Without "
        "MODEL, the model that comes with sersk answers.",
        show_default=False,
    ),
]
Model = Annotated[
    Path,
    typer.Argument(
        help="A model file that sersk train wrote (.sersk).",
        show_default=False,
    ),
]
AllowPickle = Annotated[
    bool,
    typer.Option(
        "--allow-pickle",
        help="Read the model also if it is a pickle (.joblib). Only for files that you trust: a "
        "pickle can run any code.",
    ),
]
Trust = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A class or function outside of sersk that a .sersk file may build, such as "
        "my_package.MyFeatures; may be repeated. Its module is imported.",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV with a row of column names.")]
Debug = Annotated[
    bool, typer.Option("--debug", help="Show Python's traceback and TensorFlow's messages.")
]


def _check_emotions(words: list[str]) -> None:
    for word in words:
        if word not in VOCABULARY:
            raise fail(f"--emotions: {_none_of(word, VOCABULARY)}", WRONG_USE)


@dataclass
class CorpusOptions:
    """The corpus that a command works on, and which of its clips."""

    folder: Folder
    corpus: Corpus = "auto"
    speaker: Speaker = None
    emotions: Emotions = None
    labels: Labels = "standard"
    path: PathColumn = None
    label: LabelColumn = None
    root: Root = None

    def __post_init__(self) -> None:
        self._lacks_files = False

    def load(self) -> "Bunch":
        """Load the corpus, and print what it is and which files are not read."""
        from sersk.audio.loading import AudioFileWarning

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", AudioFileWarning)
            try:
                name, found = self._load()
            finally:
                for warning in caught:
                    self._lacks_files |= issubclass(warning.category, AudioFileWarning)
                    note(f"Warning: {warning.message}")
        note(f"{describe_corpus(found)} ({name})")
        return found

    def _load(self) -> "tuple[str, Bunch]":
        from sersk.datasets import get_corpus, load_audio_folder, load_table
        from sersk.datasets.survey import recognize_corpus

        columns = table_columns(
            self.folder, self.corpus, self.speaker, self.path, self.label, self.root
        )
        choice: dict[str, Any] = {"labels": self.labels}
        if self.emotions is not None:
            choice["emotions"] = split_words(self.emotions)
            if not choice["emotions"]:
                raise fail("--emotions is empty; name some, such as anger,sad.", WRONG_USE)
        if self.labels == "standard":
            _check_emotions(choice.get("emotions", []))
        if columns is not None:
            return "table", load_table(self.folder, **columns, **choice)
        name = recognize_corpus(self.folder) if self.corpus == "auto" else self.corpus
        if name == "folder":
            found = load_audio_folder(self.folder, speaker=self.speaker, **choice)
        elif self.speaker is not None:
            raise typer.BadParameter(
                f"the file names are those of the corpus {name} and contain the speakers. Leave "
                "--speaker out, or pass --corpus folder to read sub-folders as emotions."
            )
        else:
            found = get_corpus(name).load(self.folder, **choice)
        return name, found

    def end(self) -> None:
        """End the command with the exit code for a corpus of which some files are not read."""
        if self._lacks_files:
            raise typer.Exit(IN_PART)


def describe_corpus(corpus: "Bunch") -> str:
    """Return how many clips, speakers and classes there are."""
    n_speakers = "unknown" if corpus.groups is None else len(set(corpus.groups))
    names = corpus.target_names
    return (
        f"{len(corpus.data)} clips, {n_speakers} speakers, {len(names)} emotions: "
        f"{', '.join(names)}"
    )

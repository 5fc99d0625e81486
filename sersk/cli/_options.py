"""The options that several commands share, and what their values mean."""

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk.cli._terminal import import_tensorflow_quietly, say

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from sklearn.utils import Bunch


def split_words(value: str) -> list[str]:
    """Return the words between commas."""
    return [word.strip() for word in value.split(",") if word.strip()]


def split_sizes(value: str) -> tuple[int, ...]:
    """Return the whole numbers between commas."""
    words = split_words(value)
    if not words or not all(word.isdecimal() and int(word) > 0 for word in words):
        raise typer.BadParameter(f"{value!r} is no list of whole numbers such as 16,32.")
    return tuple(int(word) for word in words)


def _check_network(value: str) -> str:
    from sersk.networks import NETWORKS

    return _check_choice(value, list(NETWORKS))


def _check_corpus(value: str) -> str:
    from sersk.datasets import CORPORA

    return _check_choice(value, ["auto", "folder", *CORPORA])


def _check_choice(value: str, choices: list[str]) -> str:
    if value not in choices:
        raise typer.BadParameter(f"{value!r} is none of {', '.join(choices)}.")
    return value


Folder = Annotated[Path, typer.Argument(help="The folder of the corpus.", show_default=False)]
Corpus = Annotated[
    str,
    typer.Option(
        callback=_check_corpus,
        help="How names are read: ravdess; folder, a sub-folder an emotion; auto, RAVDESS if "
        "every file is named so, else folder.",
    ),
]
Speaker = Annotated[
    str | None,
    typer.Option(
        metavar="REGEX",
        help=r"Finds the speaker in a file's path below FOLDER: 'actor(\d+)_' is its group. "
        "For --corpus folder.",
        show_default=False,
    ),
]
Emotions = Annotated[
    str | None,
    typer.Option(metavar="A,B,...", help="Emotions to keep; all by default.", show_default=False),
]
Labels = Annotated[
    str,
    typer.Option(
        metavar="standard|original",
        help="Names of the emotions: one vocabulary for all corpora, or the corpus's own.",
    ),
]
Network = Annotated[
    str, typer.Option(callback=_check_network, help="Network: cnn, cnn_lstm, lstm or transformer.")
]
Epochs = Annotated[int, typer.Option(min=1, help="Most passes over the training clips.")]
Filters = Annotated[
    str | None,
    typer.Option(
        metavar="N,N,...",
        help="Filters of each convolutional block; 64,128,256,512 by default.",
        show_default=False,
    ),
]
Augmentation = Annotated[
    bool,
    typer.Option(
        "--augmentation/--no-augmentation",
        help="Train on a stretched and a higher view of each clip too.",
    ),
]
Duration = Annotated[float, typer.Option(help="Length that clips are padded or cut to, in s.")]
SampleRate = Annotated[int, typer.Option(min=1, help="Sample rate, in Hz.")]
Jobs = Annotated[int, typer.Option(help="Chunks of clips read at a time; -1: all processors.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same result.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other parameter of the pipeline, such as classifier__validation_split=0.2 "
        "or frontend__loader__offset=0.5. Can be repeated.",
        show_default=False,
    ),
]
Verbosity = Annotated[
    bool | None,
    typer.Option(
        "--verbose/--quiet",
        "-v/-q",
        help="Show the progress of every epoch; or no progress at all.",
        show_default=False,
    ),
]
Debug = Annotated[
    bool, typer.Option("--debug", help="Show Python's traceback and TensorFlow's own messages.")
]


def load_corpus(
    folder: Path, corpus: str, speaker: str | None, emotions: str | None, labels: str
) -> "Bunch":
    """Load the corpus as the options say, and say what it is."""
    from sersk.datasets import CORPORA, load_audio_folder

    if corpus == "auto":
        corpus = "ravdess" if _is_ravdess(folder) else "folder"
    choice: dict[str, Any] = {"labels": labels}
    choice["emotions"] = None if emotions is None else split_words(emotions)
    if corpus == "folder":
        found = load_audio_folder(folder, speaker=speaker, **choice)
    elif speaker is not None:
        raise typer.BadParameter(
            f"the file names are those of the corpus {corpus}, which tell the speakers. Leave "
            "--speaker out, or pass --corpus folder to read sub-folders as emotions."
        )
    else:
        found = CORPORA[corpus](folder, **choice)
    say(f"{describe_corpus(found)} ({corpus})")
    return found


def describe_corpus(corpus: "Bunch") -> str:
    """Return how many clips, speakers and classes there are."""
    n_speakers = "unknown" if corpus.groups is None else len(set(corpus.groups))
    names = corpus.target_names
    return (
        f"{len(corpus.data)} clips, {n_speakers} speakers, {len(names)} emotions: "
        f"{', '.join(names)}"
    )


def _is_ravdess(folder: Path) -> bool:
    from sersk.datasets._corpus import check_folder, find_audio_files
    from sersk.datasets.ravdess import _parse

    files = find_audio_files(check_folder(folder, "sersk"), "sersk")
    return all(_parse(file) is not None for file in files)


def make_pipeline(
    network: str,
    epochs: int,
    filters: str | None,
    augmentation: bool,
    duration: float,
    sample_rate: int,
    jobs: int,
    seed: int,
    settings: list[str] | None,
    verbose: int,
) -> "Pipeline":
    """Make the pipeline that the options describe."""
    import_tensorflow_quietly()
    from sersk.pipeline import make_ser_pipeline

    sizes: dict[str, Any] = {} if filters is None else {"model__filters": split_sizes(filters)}
    pipeline = make_ser_pipeline(
        network,
        augmentation=augmentation,
        duration=duration,
        sample_rate=sample_rate,
        epochs=epochs,
        n_jobs=jobs,
        random_state=seed,
        verbose=verbose,
        **sizes,
    )
    # The published bands end at 8 kHz, where a low rate holds nothing any more.
    fmax = pipeline.get_params()["frontend__features__fmax"]
    pipeline.set_params(frontend__features__fmax=min(fmax, sample_rate / 2))
    return pipeline.set_params(**dict(_parse_setting(setting) for setting in settings or []))


def _parse_setting(setting: str) -> tuple[str, Any]:
    name, equals, value = setting.partition("=")
    if not (equals and name):
        raise typer.BadParameter(f"--set {setting!r} is not of the form NAME=VALUE.")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):  # a word
        return name, value

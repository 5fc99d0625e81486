"""The options that several commands share, and what their values mean."""

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli._tensorflow import import_tensorflow_quietly
from sersk.datasets import VOCABULARY, find_corpora

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


# Named here, as the lists themselves come with TensorFlow and scikit-learn, for which neither
# --help nor the Tab key can wait. Tests hold them equal.
PRESET_NAMES = ("published", "recommended")
NETWORK_NAMES = ("cnn", "cnn_lstm", "lstm", "transformer")
LABEL_NAMES = ("standard", "original")


def get_corpus_names() -> tuple[str, ...]:
    """Return what ``--corpus`` takes: two words of its own, and every known corpus."""
    return ("auto", "folder", *find_corpora())


def _one_of(choices: Sequence[str] | Callable[[], Sequence[str]]) -> dict[str, Any]:
    """Return how an option with these values is checked, and completed by the shell.

    A function returns the values at the time of use.
    """

    def find_choices() -> Sequence[str]:
        return choices() if callable(choices) else choices

    def check(value: str | None) -> str | None:
        if value is not None and value not in find_choices():
            raise typer.BadParameter(f"{value!r} is none of {', '.join(find_choices())}.")
        return value

    def complete(incomplete: str) -> list[str]:
        return [choice for choice in find_choices() if choice.startswith(incomplete)]

    return {"callback": check, "autocompletion": complete}


def _complete_emotions(incomplete: str) -> list[str]:
    """Complete the last word of a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    return [
        f"{before}{comma}{name}"
        for name in VOCABULARY
        if name.startswith(last) and name not in before.split(",")
    ]


Folder = Annotated[Path, typer.Argument(help="The folder of the corpus.", show_default=False)]
Corpus = Annotated[
    str,
    typer.Option(
        **_one_of(get_corpus_names),
        metavar="NAME",
        help=f"How file names are read: {', '.join(find_corpora())}; folder, a sub-folder for each "
        "emotion; auto, the known corpus after which every file is named, else folder.",
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
        **_one_of(LABEL_NAMES),
        metavar="standard|original",
        help="Names of the emotions: one vocabulary for all corpora, or the corpus's own.",
    ),
]
Preset = Annotated[
    str,
    typer.Option(
        **_one_of(PRESET_NAMES),
        metavar="published|recommended",
        help="What is not given otherwise: as published, a CNN on mel spectrograms; or as "
        "recommended, a discriminant on functionals of the voice, trained in minutes.",
    ),
]
Network = Annotated[
    str | None,
    typer.Option(
        **_one_of(NETWORK_NAMES),
        metavar="NAME",
        help="Network: cnn, cnn_lstm, lstm or transformer; the preset's by default.",
        show_default=False,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        min=1, help="Most passes over the training clips; 30 by default.", show_default=False
    ),
]
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
        help="Train on changed views of each clip too, which ones says the preset.",
    ),
]
Duration = Annotated[
    float | None,
    typer.Option(
        help="Length that clips are padded or cut to, in s; the preset's by default, 4 or 6.",
        show_default=False,
    ),
]
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
        help="Say a line for every epoch; or nothing of the progress at all.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, the names of the columns first.")]
Debug = Annotated[
    bool, typer.Option("--debug", help="Show Python's traceback and TensorFlow's own messages.")
]


def load_corpus(
    folder: Path, corpus: str, speaker: str | None, emotions: str | None, labels: str
) -> "Bunch":
    """Load the corpus as the options say, and say what it is."""
    from sersk.datasets import get_corpus, load_audio_folder
    from sersk.datasets.survey import recognize_corpus

    if corpus == "auto":
        corpus = recognize_corpus(folder)
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
        found = get_corpus(corpus).load(folder, **choice)
    note(f"{describe_corpus(found)} ({corpus})")
    return found


def describe_corpus(corpus: "Bunch") -> str:
    """Return how many clips, speakers and classes there are."""
    n_speakers = "unknown" if corpus.groups is None else len(set(corpus.groups))
    names = corpus.target_names
    return (
        f"{len(corpus.data)} clips, {n_speakers} speakers, {len(names)} emotions: "
        f"{', '.join(names)}"
    )


def make_pipeline(
    preset: str,
    network: str | None,
    epochs: int | None,
    filters: str | None,
    augmentation: bool,
    duration: float | None,
    sample_rate: int,
    jobs: int,
    seed: int,
    settings: list[str] | None,
    verbose: bool | None,
) -> "Pipeline":
    """Make the pipeline that the options describe."""
    from sersk.pipeline import PRESETS, make_ser_pipeline

    trained_in_epochs = (network or PRESETS[preset]["network"]) in NETWORK_NAMES
    if trained_in_epochs:
        import_tensorflow_quietly()
    elif epochs is not None or filters is not None:
        raise typer.BadParameter(
            f"--preset {preset} has no network, and neither --epochs nor --filters; leave them "
            "out, or take --preset published."
        )
    sizes: dict[str, Any] = {} if filters is None else {"model__filters": split_sizes(filters)}
    pipeline = make_ser_pipeline(
        network,
        preset=preset,
        augmentation=augmentation,
        duration=duration,
        sample_rate=sample_rate,
        epochs=epochs,
        n_jobs=jobs,
        random_state=seed,
        **sizes,
    )
    if verbose is not False:
        pipeline.set_params(frontend__verbose=1)
        if trained_in_epochs:
            from sersk.cli._epochs import ShowEpochs

            # Not the classifier's own display: Keras counts batches, and knows no time left.
            pipeline.set_params(classifier__callbacks=[ShowEpochs(lines=verbose is True)])
    if "frontend__features__n_mels" in (given := pipeline.get_params()):
        # The published bands end at 8 kHz, where a low rate holds nothing any more.
        fmax = min(given["frontend__features__fmax"], sample_rate / 2)
        pipeline.set_params(frontend__features__fmax=fmax)
    return pipeline.set_params(**dict(_parse_setting(setting) for setting in settings or []))


def _parse_setting(setting: str) -> tuple[str, Any]:
    name, equals, value = setting.partition("=")
    if not (equals and name):
        raise typer.BadParameter(f"--set {setting!r} is not of the form NAME=VALUE.")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):  # a word
        return name, value

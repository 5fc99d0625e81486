"""The options from which `sersk train` and `sersk evaluate` make their pipeline."""

import ast
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.suggest import suggest
from sersk.cli._options import SECONDS, Jobs, Seed, one_of, split_words
from sersk.cli._presets import (
    CLASSIFIER_NAMES,
    NETWORK_NAMES,
    PRESET_NAMES,
    choose_preset,
    is_of_networks,
    list_parameters,
)
from sersk.cli._terminal import wrong_use

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Preset = Annotated[
    str | None,
    typer.Option(
        **one_of(PRESET_NAMES),
        metavar="|".join(PRESET_NAMES),
        help="Values of the options that are not given. functionals, the default: linear "
        "discriminant analysis on functionals of the voice, trained in minutes. pretrained: the "
        "same on states of Whisper's encoder; downloads 54 MB once. published: a CNN "
        "on mel spectrograms; options that only networks have choose it too.",
        show_default=False,
    ),
]
Classifier = Annotated[
    str | None,
    typer.Option(
        **one_of(CLASSIFIER_NAMES),
        metavar="NAME",
        help="A network: cnn, cnn_lstm, lstm or transformer; or discriminant, which takes "
        "functionals. The preset's by default.",
        show_default=False,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Of networks: largest number of passes over the training clips; 30 by default.",
        show_default=False,
    ),
]
Filters = Annotated[
    str | None,
    typer.Option(
        metavar="N,N,...",
        help="Of networks: filters of each convolutional block; 64,128,256,512 by default.",
        show_default=False,
    ),
]
Augmentation = Annotated[
    bool,
    typer.Option(
        "--augmentation/--no-augmentation",
        help="Also train on augmented copies of each clip; the preset defines which.",
    ),
]
Duration = Annotated[
    float | None,
    typer.Option(
        **SECONDS,
        help="Length that clips are padded or cut to, in s; the preset's by default, 4 or 6.",
        show_default=False,
    ),
]
SampleRate = Annotated[int, typer.Option(min=1, help="Sample rate, in Hz.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other parameter of the pipeline, such as classifier__shrinkage=0.5 or "
        "frontend__loader__offset=0.5. Can be given several times.",
        show_default=False,
    ),
]
Verbosity = Annotated[
    bool | None,
    typer.Option(
        "--verbose/--quiet",
        "-v/-q",
        help="Print a line for each epoch, or show no progress.",
        show_default=False,
    ),
]


@dataclass
class PipelineOptions:
    """How the pipeline is made and fitted."""

    preset: Preset = None
    classifier: Classifier = None
    epochs: Epochs = None
    filters: Filters = None
    augmentation: Augmentation = True
    duration: Duration = None
    sample_rate: SampleRate = 22050
    jobs: Jobs = -1
    seed: Seed = 0
    settings: Settings = None
    verbose: Verbosity = None

    @property
    def quiet(self) -> bool:
        """Whether no progress is shown."""
        return self.verbose is False

    def make(self) -> "Pipeline":
        """Make the pipeline that the options describe."""
        from sklearn.base import BaseEstimator

        from sersk.pipeline import make_ser_pipeline
        from sersk.presets import PRESETS

        preset = self.preset or choose_preset(
            self.classifier,
            {"--epochs": self.epochs, "--filters": self.filters},
            [setting.partition("=")[0] for setting in self.settings or []],
        )
        classifier = self.classifier or PRESETS[preset]["classifier"]
        is_network = classifier in NETWORK_NAMES
        if is_network and preset != "published":
            raise typer.BadParameter(
                f"--classifier {classifier} is a network and does not take what --preset {preset} "
                "gives, vectors. Leave --preset out, or pass --preset published."
            )
        if not is_network and (self.epochs is not None or self.filters is not None):
            raise typer.BadParameter(
                f"the classifier {classifier!r} is no network and has no --epochs and no "
                "--filters. Leave them out, or choose a network with --preset published or "
                "--classifier."
            )
        sizes: dict[str, Any] = {}
        if self.filters is not None:
            sizes["model__filters"] = split_sizes(self.filters)
        pipeline = make_ser_pipeline(
            self.classifier,
            preset=preset,
            augmentation=self.augmentation,
            duration=self.duration,
            sample_rate=self.sample_rate,
            epochs=self.epochs,
            n_jobs=self.jobs,
            random_state=self.seed,
            verbose={None: 1, True: 2, False: 0}[self.verbose],
            **sizes,
        )
        if "frontend__features__n_mels" in (given := pipeline.get_params()):
            # The published bands end at 8 kHz; a lower sample rate has no content there.
            fmax = min(given["frontend__features__fmax"], self.sample_rate / 2)
            pipeline.set_params(frontend__features__fmax=fmax)
        for setting in self.settings or []:
            _set(pipeline, setting)
        with wrong_use():
            for part in pipeline.get_params().values():
                if isinstance(part, BaseEstimator):
                    part._validate_params()
        return pipeline


def split_sizes(value: str) -> tuple[int, ...]:
    """Return the whole numbers that commas separate."""
    words = split_words(value)
    if not words or not all(word.isdecimal() and int(word) > 0 for word in words):
        raise typer.BadParameter(f"{value!r} is not a list of whole numbers such as 16,32.")
    return tuple(int(word) for word in words)


def _set(pipeline: "Pipeline", setting: str) -> None:
    """Set the parameter of the pipeline that a setting ``NAME=VALUE`` names."""
    name, equals, value = setting.partition("=")
    if not (equals and name):
        raise typer.BadParameter(f"--set {setting!r} is not of the form NAME=VALUE.")
    with suppress(ValueError, SyntaxError):  # raised by a word, which stays as it is
        value = ast.literal_eval(value)
    try:
        pipeline.set_params(**{name: value})
    except ValueError as error:
        known = pipeline.get_params()
        if name in known:
            raise
        if is_of_networks(name):
            raise typer.BadParameter(
                f"--set {setting}: {name!r} is a parameter of networks; leave it out, or pass "
                "--preset published."
            ) from error
        if name in list_parameters("pretrained"):
            raise typer.BadParameter(
                f"--set {setting}: {name!r} is a parameter of --preset pretrained; pass that too."
            ) from error
        near = suggest(name, [*known, *list_parameters("published")])
        raise typer.BadParameter(
            f"--set {setting}: the pipeline has no parameter {name!r}{near or '.'}"
        ) from error

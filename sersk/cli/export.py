"""`sersk export`: a model file as a file for other runtimes, ONNX or LiteRT."""

from pathlib import Path
from typing import Annotated

import typer

from sersk.cli._choosing import ModelOption, split_words
from sersk.cli._options import AllowPickle, Debug, Trust
from sersk.cli._printing import print_result
from sersk.cli._terminal import WRONG_USE, command, fail

_FORMATS = {".onnx": "export_onnx", ".tflite": "export_litert"}


@command
def export(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A model file that sersk train wrote (.sersk). Without it, the model of --model "
            "is exported.",
            show_default=False,
        ),
    ] = None,
    *,
    model: ModelOption = None,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="The file to write: NAME.onnx for ONNX Runtime, NAME.tflite for LiteRT "
            "(TensorFlow Lite).",
            show_default=False,
        ),
    ],
    from_features: Annotated[
        bool,
        typer.Option(
            "--from-features",
            help="Export the classifier alone, whose input is the features. For models whose "
            "features can't be exported, such as functionals.",
        ),
    ] = False,
    allow_pickle: AllowPickle = False,
    trust: Trust = None,
    debug: Debug = False,
) -> None:
    """Export a model to ONNX or LiteRT, which run without sersk.

    The file takes a waveform at the model's sample rate and gives the probability of each class.
    It has mel spectrograms, MFCC or an encoder inside, and its metadata name the classes.
    """
    chosen, rest = split_words(words or [], model)
    if rest:
        raise fail(f"{rest[0]!r} is no model file (.sersk).", WRONG_USE)
    kind = _FORMATS.get(output.suffix.lower())
    if kind is None:
        raise fail(
            f"--output {output}: the name of the file ends in none of {', '.join(_FORMATS)}.",
            WRONG_USE,
        )
    import sersk
    from sersk._utils.files import check_writable
    from sersk.cli._models import find_file, load_model

    check_writable(output)
    start = "features" if from_features else "waveform"
    try:
        getattr(sersk, kind)(load_model(chosen, allow_pickle, trust), output, start=start)
    except ValueError as error:
        raise ValueError(str(error).replace("start='features'", "--from-features")) from error
    print_result(
        f"Exported {find_file(chosen)} to {output} ({output.stat().st_size / 1e6:.1f} MB)."
    )

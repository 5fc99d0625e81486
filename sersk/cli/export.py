"""`sersk export`: a model file as a file for other runtimes, ONNX or LiteRT."""

from pathlib import Path
from typing import Annotated

import typer

from sersk.cli._options import AllowPickle, Debug, Model, Trust
from sersk.cli._printing import print_result
from sersk.cli._terminal import WRONG_USE, command, fail

_FORMATS = {".onnx": "export_onnx", ".tflite": "export_litert"}


@command
def export(
    model: Model,
    *,
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
    kind = _FORMATS.get(output.suffix.lower())
    if kind is None:
        raise fail(
            f"--output {output}: the name of the file ends in none of {', '.join(_FORMATS)}.",
            WRONG_USE,
        )
    import sersk
    from sersk._utils.files import check_writable
    from sersk.cli._models import load_model

    check_writable(output)
    start = "features" if from_features else "waveform"
    try:
        getattr(sersk, kind)(load_model(model, allow_pickle, trust), output, start=start)
    except ValueError as error:
        raise ValueError(str(error).replace("start='features'", "--from-features")) from error
    print_result(f"Exported {model} to {output} ({output.stat().st_size / 1e6:.1f} MB).")

"""`sersk convert`: a model file in one form in, in the other form out."""

from pathlib import Path
from typing import Annotated

import typer

from sersk.cli._options import AllowPickle, Debug, Model, Trust
from sersk.cli._printing import print_result
from sersk.cli._terminal import WRONG_USE, command, fail


@command
def convert(
    *,
    model: Model,
    output: Annotated[
        Path, typer.Argument(help="The file to write: NEW.sersk.", show_default=False)
    ],
    inside: Annotated[
        bool,
        typer.Option(
            "--encoder-inside",
            help="Put the weights of a pretrained encoder into the file, those that it needs.",
        ),
    ] = False,
    allow_pickle: AllowPickle = False,
    trust: Trust = None,
    debug: Debug = False,
) -> None:
    """Write a model to a new file, which is safe to load if its name ends in .sersk.

    The card stays: corpus, score, texts, and the date and versions of the training.
    """
    from sersk._utils.files import check_writable
    from sersk.cli._models import load_model
    from sersk.persistence import check_ending, copy_model

    if output.resolve() == model.resolve():
        raise fail("MODEL and OUTPUT are one file; name another one to write.", WRONG_USE)
    check_ending(output)
    check_writable(output)
    found = load_model(model, allow_pickle, trust)
    copy_model(found, output, encoder="inside" if inside else "reference")
    print_result(f"{output} ({output.stat().st_size / 1e6:.1f} MB)")

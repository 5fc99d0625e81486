"""`sersk convert`: a model file in one form in, in the other form out."""

from pathlib import Path
from typing import Annotated

import typer

from sersk.cli._options import AllowPickle, Debug, Model, Trust
from sersk.cli._printing import print_result
from sersk.cli._terminal import WRONG_USE, command, fail, wrong_use


@command
def convert(
    *,
    model: Model,
    new: Annotated[
        Path | None,
        typer.Argument(
            metavar="[NEW]", help="The file to write, or that of --output.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write: NEW.sersk.", show_default=False),
    ] = None,
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

    named = [file for file in (new, output) if file is not None]
    if len(named) != 1:
        given = " and ".join(map(str, named)) or "none"
        raise fail(f"name one file to write, as NEW or as --output; given: {given}.", WRONG_USE)
    (file,) = named
    if file.resolve() == model.resolve():
        raise fail("the model and the file to write are one; name another one.", WRONG_USE)
    with wrong_use():
        check_ending(file)
    check_writable(file)
    found = load_model(model, allow_pickle, trust)
    copy_model(found, file, encoder="inside" if inside else "reference")
    print_result(f"{file} ({file.stat().st_size / 1e6:.1f} MB)")

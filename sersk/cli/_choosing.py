"""Which model answers: that of ``--model``, a model file as the first word, or the ready one.

A word is a model file by its name or by its first bytes. Where the two disagree, nothing is
guessed: the command ends with an error. Of many words, only the first is opened if it has the name
of a recording: a list of recordings is not read twice.
"""

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sersk._utils.endings import names_model
from sersk.cli._terminal import WRONG_USE, fail

# How .sersk files begin: a zip archive whose first member is the manifest. No other archive.
_MANIFEST = b"manifest.json"
_PICKLE = b"\x80"  # of protocol 2 and later; no sound file begins so

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME|FILE",
        help="The model: functionals or pretrained, which come with sersk, or a model file. By "
        "default functionals, if no model file is named.",
        show_default=False,
    ),
]


def is_model_file(word: str) -> bool:
    """Return whether a word names a model file; end the command if name and content disagree."""
    named = names_model(word)
    if not os.path.isfile(word):
        return named and not os.path.isdir(word)
    content = _looks_like_model(word)
    if content and not named and _is_named_as_sound(word):
        raise fail(
            f"{word!r} has the name of a recording, but it is a model file. Rename it, or pass "
            "--model with it.",
            WRONG_USE,
        )
    if named and not content and _looks_like_sound(word):
        raise fail(
            f"{word!r} has the name of a model file, but it is a recording. Rename it.", WRONG_USE
        )
    return named or content


def split_words(words: Sequence[str], chosen: str | None) -> tuple[str | None, list[str]]:
    """Return the model, None for the ready one, and the words that are left.

    The first word is the model if it is a model file; any other word that is one is an error.
    """
    model, rest = chosen, list(words)
    if rest and is_model_file(rest[0]):
        if chosen is not None:
            raise fail(
                f"{rest[0]!r} is a model file, and --model names a model too: {chosen!r}. Leave "
                "one of them out.",
                WRONG_USE,
            )
        model = rest.pop(0)
    for word in rest:
        if not _is_named_as_sound(word) and is_model_file(word):
            raise fail(
                f"{word!r} is a model file where a recording is expected. The model is the first "
                "word, or that of --model.",
                WRONG_USE,
            )
    if model is None and rest:
        _check_first(rest[0])
    return model, rest


def take_one(words: Sequence[str], chosen: str | None, what: str) -> tuple[str | None, Path]:
    """Return the model, None for the ready one, and the one word that is left."""
    model, rest = split_words(words, chosen)
    if len(rest) != 1:
        given = ", ".join(map(repr, rest)) or "none"
        raise fail(f"name one {what}, after the model file if there is one; given: {given}.",
                   WRONG_USE)  # fmt: skip
    return model, Path(rest[0])


def _check_first(word: str) -> None:
    """End the command if the first word is no file, and may have been meant as a model."""
    if word == "-" or os.path.lexists(word) or glob.has_magic(word) or _is_named_as_sound(word):
        return
    raise fail(
        f"{word!r} is no file. A model that comes with sersk is chosen by --model functionals or "
        "--model pretrained, a model file by its name (.sersk).",
        WRONG_USE,
    )


def _looks_like_model(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            start = file.read(64)
    except OSError:
        return False
    zipped = start.startswith(b"PK\3\4") and start[30 : 30 + len(_MANIFEST)] == _MANIFEST
    return zipped or start.startswith(_PICKLE)


def _is_named_as_sound(path: str) -> bool:
    from sersk.audio.formats import is_read, is_unread

    return is_read(path) or is_unread(path)


def _looks_like_sound(path: str) -> bool:
    from sersk.audio import SoundBlocks, UnusableClipError

    try:
        SoundBlocks(path)
    except (UnusableClipError, OSError, ValueError):
        return False
    return True

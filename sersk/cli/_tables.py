"""A table of clips in place of a folder: its options, which a folder does not take."""

from pathlib import Path
from typing import Any

import typer

from sersk.cli._terminal import wrong_use


def table_columns(
    file: Path,
    corpus: str,
    speaker: str | None,
    path: str | None,
    label: str | None,
    root: Path | None,
) -> dict[str, Any] | None:
    """Return the arguments of `load_table`; None if the word on the command line is no file.

    Raise `typer.BadParameter` if options of a folder and of a table are mixed.
    """
    if not file.expanduser().is_file():
        given = {"--path": path, "--label": label, "--root": root}
        for option, value in given.items():
            if value is not None:
                raise typer.BadParameter(
                    f"{option} is for a table, and '{file}' is no file. Of a folder, the emotions "
                    "and speakers are read from the names of files and sub-folders."
                )
        if speaker is not None:
            from sersk.datasets.folder import compile_speaker

            with wrong_use():
                compile_speaker(speaker, "--speaker")
        return None
    if corpus != "auto":
        raise typer.BadParameter(
            f"--corpus {corpus} is for a folder, and '{file}' is a file: a table, of which --path, "
            "--label and --speaker name the columns."
        )
    return {
        "path": "path" if path is None else path,
        "label": "label" if label is None else label,
        "speaker": speaker and [word.strip() for word in speaker.split(",")],
        "root": root,
    }

"""`sersk predict`: recordings in, an emotion and its probability for each out."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk.cli._options import Debug, Jobs
from sersk.cli._terminal import FAILED, command, say

if TYPE_CHECKING:
    import numpy as np


@command
def predict(
    model: Annotated[
        Path,
        typer.Argument(
            help="A model file that sersk train wrote. Load only model files that you trust: "
            "a joblib file can run any code.",
            show_default=False,
        ),
    ],
    files: Annotated[
        list[Path],
        typer.Argument(help="Recordings, and folders of recordings.", show_default=False),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list, with the probability of each class.")
    ] = False,
    jobs: Jobs = -1,
    debug: Debug = False,
) -> None:
    """Predict the emotion of recordings.

    On a terminal a table; otherwise a line a recording: path, emotion and probability with
    tabs between. A file that can't be read is named on stderr, and the exit code is then 1.
    """
    from sersk.cli._models import load_model

    paths, bad = _find(files)
    pipeline = load_model(model)
    if "frontend" in getattr(pipeline, "named_steps", {}):
        pipeline.set_params(frontend__n_jobs=jobs)
    paths, probabilities = _predict(pipeline, paths, bad)
    for name, reason in bad.items():
        say(f"Error: {name}: {reason}")
    rows = [
        (path, str(pipeline.classes_[row.argmax()]), float(row.max()))
        for path, row in zip(paths, probabilities, strict=True)
    ]
    if as_json:
        classes = [str(name) for name in pipeline.classes_]
        records = [
            {
                "path": path,
                "emotion": emotion,
                "probability": probability,
                "probabilities": dict(zip(classes, map(float, row), strict=True)),
            }
            for (path, emotion, probability), row in zip(rows, probabilities, strict=True)
        ]
        typer.echo(json.dumps(records, indent=2))
    elif sys.stdout.isatty():
        _print_table(rows)
    else:
        for path, emotion, probability in rows:
            typer.echo(f"{path}\t{emotion}\t{probability:.4f}")
    if bad:
        raise typer.Exit(FAILED)


def _find(files: list[Path]) -> tuple[list[str], dict[str, str]]:
    """Return the recordings, those in folders included, and what is wrong with the others."""
    from sersk.datasets._corpus import find_audio_files

    paths: list[str] = []
    bad: dict[str, str] = {}
    for file in files:
        if not file.is_dir():
            paths.append(str(file))
            continue
        try:
            paths += map(str, find_audio_files(file, "sersk predict"))
        except ValueError:
            bad[str(file)] = "is a folder without recordings"
    return list(dict.fromkeys(paths)), bad


def _predict(
    pipeline: Any, paths: list[str], bad: dict[str, str]
) -> tuple[list[str], "list[np.ndarray]"]:
    """Predict what can be read; the others are added to `bad`."""
    from sersk.audio.loading import AudioFileError

    if not paths:
        return [], []
    try:
        return paths, list(pipeline.predict_proba(paths))
    except AudioFileError as error:
        if not error.failures:
            raise
        bad.update(error.failures.values())
        # All unreadable files are in one error, so that the second time goes well.
        paths = [path for i, path in enumerate(paths) if i not in error.failures]
    return paths, list(pipeline.predict_proba(paths)) if paths else []


def _print_table(rows: list[tuple[str, str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("recording", overflow="fold")
    table.add_column("emotion")
    table.add_column("probability", justify="right")
    for path, emotion, probability in rows:
        table.add_row(Text(path), Text(emotion), f"{probability:.2f}")
    Console().print(table)

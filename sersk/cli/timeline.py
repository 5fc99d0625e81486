"""`sersk timeline`: emotion over time in one long recording, as a table, numbers or a figure."""

import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli._choosing import ModelOption, take_one
from sersk.cli._delivering import deliver
from sersk.cli._options import SECONDS, AllowPickle, Debug, Quiet, Trust, Words
from sersk.cli._terminal import command, fail

if TYPE_CHECKING:
    from sersk.inference import Timeline


@command
def timeline(
    words: Words,
    model: ModelOption = None,
    window: Annotated[
        float | None,
        typer.Option(
            **SECONDS,
            help="Length of the windows, in s; the length of the model's clips by default.",
            show_default=False,
        ),
    ] = None,
    hop: Annotated[
        float, typer.Option(**SECONDS, help="Time between the starts of two windows, in s.")
    ] = 1.0,
    all_windows: Annotated[
        bool,
        typer.Option(
            "--all-windows", help="Also predict windows without speech, except digital silence."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all windows as JSON.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV, one row for each window.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Also plot the probabilities above the waveform, to a file such as out.png or "
            "out.svg.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
    allow_pickle: AllowPickle = False,
    trust: Trust = None,
    debug: Debug = False,
) -> None:
    """Predict emotion over time in a long recording.

    Windows without speech are marked and get no prediction. On a terminal the results are a
    table; elsewhere a line for each window: start, end, label ("no speech" if nobody speaks) and
    probability, separated by tabs.
    """
    from sersk._utils.files import check_writable
    from sersk.cli._models import load_model

    chosen, file = take_one(words, model, "recording")
    if plot is not None:
        _check_suffix(plot)
        check_writable(plot)
    pipeline = load_model(chosen, allow_pickle, trust, quiet=quiet)
    from sersk.audio.loading import AudioFileError
    from sersk.inference import predict_timeline

    try:
        found = predict_timeline(
            pipeline,
            file,
            window,
            hop,
            speech_detector=not all_windows,
            verbose=0 if quiet else None,
        )
    except AudioFileError as error:  # its own text suits one file better than a list
        raise fail(str(error)) from error
    plots = [] if plot is None else [("The plot", lambda path: _save_plot(found, path), plot)]
    deliver(lambda: _print(found, as_json, as_csv), *plots)
    if plot is not None:
        note(f"Wrote {plot}.")


def _check_suffix(plot: Path) -> None:
    if plot.suffix.lower() not in {".png", ".svg", ".pdf"}:
        raise typer.BadParameter(f"--plot {str(plot)!r}: name a .png, .svg or .pdf file.")


def _print(found: "Timeline", as_json: bool, as_csv: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_to_record(found), indent=2))
    elif as_csv:
        typer.echo(found.to_frame().to_csv(index=False, float_format="%.6g"), nl=False)
    elif sys.stdout.isatty():
        _print_table(found)
    else:
        for start, end, label, probability in _rows(found):
            typer.echo(f"{start:.3f}\t{end:.3f}\t{label}\t{probability}")


def _to_record(found: "Timeline") -> dict[str, Any]:
    classes = [str(name) for name in found.classes]
    windows = [
        {
            "start": float(found.start[i]),
            "end": float(found.end[i]),
            "speech": bool(found.speech[i]),
            "label": str(found.labels[i]) if found.speech[i] else None,
            "probabilities": (
                dict(zip(classes, map(float, found.probabilities[i]), strict=True))
                if found.speech[i]
                else None
            ),
        }
        for i in range(len(found))
    ]
    return {
        "path": found.name,
        "duration": found.duration,
        "window": found.window,
        "hop": found.hop,
        "classes": classes,
        "speech": found.stretches.tolist(),
        "windows": windows,
    }


def _rows(found: "Timeline") -> "list[tuple[float, float, str, str]]":
    return [
        (start, end, str(label), f"{row.max():.4f}") if speech else (start, end, "no speech", "")
        for start, end, speech, label, row in zip(
            found.start, found.end, found.speech, found.labels, found.probabilities, strict=True
        )
    ]


def _print_table(found: "Timeline") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in ("start, s", "end, s"):
        table.add_column(name, justify="right")
    table.add_column("label")
    table.add_column("probability", justify="right")
    for start, end, label, probability in _rows(found):
        style = "" if probability else "dim"
        table.add_row(f"{start:.1f}", f"{end:.1f}", Text(label, style=style), probability[:4])
    Console().print(table)


def _save_plot(found: "Timeline", path: Path) -> None:
    from sersk._utils.files import replacing
    from sersk.plotting.offscreen import new_figure

    figure = new_figure(8, 4.5)
    found.plot(ax=figure.subplots(2, sharex=True, height_ratios=(2.4, 1)))
    with replacing(path) as file, warnings.catch_warnings():
        # The title is the file's name; what the font lacks of it is drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(file, format=path.suffix[1:].lower(), dpi=150)

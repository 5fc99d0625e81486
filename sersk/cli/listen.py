"""`sersk listen`: emotion in what the microphone hears, or in a file played as if live."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli._options import Debug, Model
from sersk.cli._terminal import INTERRUPTED, command, fail

if TYPE_CHECKING:
    import numpy as np

    from sersk.inference.streaming import EmotionStream, StreamResult

# What the microphone gives at a time, and a file that is played: s.
_BLOCK = 0.1


@command
def listen(
    model: Model,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            "-f",
            help="Play this recording instead of the microphone.",
            show_default=False,
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            min=0.0, help="How many times as fast to play a file; 0: as fast as possible."
        ),
    ] = 1.0,
    window: Annotated[
        float | None,
        typer.Option(
            help="How much of the latest sound a result is of, in s; the length of the model's "
            "clips by default.",
            show_default=False,
        ),
    ] = None,
    hop: Annotated[float, typer.Option(help="From one result to the next, in s.")] = 0.5,
    smoothing: Annotated[
        float, typer.Option(min=0.0, help="Time constant of the smoothing, in s; 0: none.")
    ] = 1.0,
    device: Annotated[
        str | None,
        typer.Option(
            help="Microphone: its number, or a part of its name; the system's by default.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object a line, as soon as there is one.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Tell the emotion of a voice while it speaks.

    From the microphone until Ctrl-C, or from a file until its end. On a terminal a display that
    changes with the voice; otherwise a line a result: time, emotion ("no speech" where there is
    none) and probability with tabs between. Nothing is recorded.

    Ctrl-C prints what is finished and ends with exit code 130, as an interrupted program does.
    """
    from sersk.cli._models import load_model

    open_microphone = None if file else _find_microphone(device)
    pipeline = load_model(model)
    from sersk.audio._blocks import SoundBlocks
    from sersk.audio.reading import UnusableClipError
    from sersk.inference.streaming import EmotionStream

    stream = EmotionStream(pipeline, window, hop, smoothing=smoothing)
    try:
        if file is not None:
            sound = SoundBlocks(file, stream.sample_rate_, None, "sersk listen")
            blocks = _as_if_live(iter(sound), stream.sample_rate_, speed)
        else:
            assert open_microphone is not None
            note("Listening; Ctrl-C ends it.")
            blocks = open_microphone(stream.sample_rate_)
        with _printer(stream, as_json) as show:
            try:
                for block in blocks:
                    for result in stream.push(block):
                        show(result)
            except KeyboardInterrupt:
                for result in stream.flush():
                    show(result)
                note("Interrupted.")
                raise typer.Exit(INTERRUPTED) from None
            for result in stream.flush():
                show(result)
    except UnusableClipError as reason:
        raise fail(f"{str(file)!r} {reason}.") from reason


def _as_if_live(blocks: "Iterator[np.ndarray]", rate: int, speed: float) -> "Iterator[np.ndarray]":
    """Yield a tenth of a second at a time, when it would have been heard."""
    n_block = max(1, round(_BLOCK * rate))
    begin, n_played = time.monotonic(), 0
    for block in blocks:
        for start in range(0, len(block), n_block):
            part = block[start : start + n_block]
            n_played += len(part)
            if speed > 0:
                time.sleep(max(0.0, begin + n_played / rate / speed - time.monotonic()))
            yield part


def _find_microphone(device: str | None) -> "Callable[[int], Iterator[np.ndarray]]":
    """Return what opens the microphone; fail with what to do if there is none."""
    install = (
        "Install what reads microphones with: pip install 'sersk[mic]' (on Debian and Ubuntu also: "
        "apt install libportaudio2). Or play a file: --file RECORDING."
    )
    try:
        import sounddevice
    except ImportError:
        raise fail(f"the Python package sounddevice is missing. {install}") from None
    except OSError as error:  # the package is there, PortAudio is not
        raise fail(f"sounddevice does not work here ({error}). {install}") from None
    chosen = int(device) if device is not None and device.isdecimal() else device
    try:
        sounddevice.query_devices(chosen, "input")
    except (ValueError, sounddevice.PortAudioError) as error:
        names = [
            f"\n  {i}: {found['name']}"
            for i, found in enumerate(sounddevice.query_devices())
            if found["max_input_channels"] > 0
        ]
        there = f"There are:{''.join(names)}" if names else "There is none at all"
        raise fail(
            f"no such microphone ({error}). {there}\nChoose with --device, plug one in, or play a "
            "file: --file RECORDING."
        ) from None
    return lambda rate: _hear(sounddevice, chosen, rate)


def _hear(sounddevice: Any, device: int | str | None, rate: int) -> "Iterator[np.ndarray]":
    """Yield what the microphone hears, at the model's rate: PortAudio resamples."""
    n_block = max(1, round(_BLOCK * rate))
    try:
        with sounddevice.InputStream(
            samplerate=rate, channels=1, dtype="float32", device=device, blocksize=n_block
        ) as microphone:
            while True:
                block, overflowed = microphone.read(n_block)
                if overflowed:
                    note("Warning: this machine is too slow for the sound; a part of it was lost.")
                yield block[:, 0]
    except sounddevice.PortAudioError as error:
        raise fail(f"the microphone can't be read: {error}.") from None


@contextmanager
def _printer(stream: "EmotionStream", as_json: bool) -> "Iterator[Callable[[StreamResult], None]]":
    """Give a function that shows a result in the way that suits who reads it."""
    if as_json:
        yield lambda result: _print_json(stream, result)
    elif not sys.stdout.isatty():
        yield _print_line
    else:
        from rich.live import Live

        with Live(_draw(stream, None), auto_refresh=False) as live:
            yield lambda result: live.update(_draw(stream, result), refresh=True)


def _print_json(stream: "EmotionStream", result: "StreamResult") -> None:
    def by_class(probabilities: "np.ndarray") -> dict[str, float] | None:
        if not result.speech:
            return None
        names = map(str, stream.classes_)
        return dict(zip(names, map(float, probabilities), strict=True))

    record = {
        "start": round(result.start, 6),
        "end": round(result.end, 6),
        "speech": result.speech,
        "label": str(result.label) if result.speech else None,
        "probabilities": by_class(result.probabilities),
        "raw_probabilities": by_class(result.raw_probabilities),
    }
    print(json.dumps(record), flush=True)


def _print_line(result: "StreamResult") -> None:
    if result.speech:
        line = f"{result.end:.2f}\t{result.label}\t{result.probabilities.max():.4f}"
    else:
        line = f"{result.end:.2f}\tno speech\t"
    print(line, flush=True)


def _draw(stream: "EmotionStream", result: "StreamResult | None") -> Any:
    """Return a table with a bar for each class."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None)
    speech = result is not None and result.speech
    for i, label in enumerate(stream.classes_):
        share = float(result.probabilities[i]) if result is not None and speech else 0.0
        style = "bold" if speech and result is not None and label == result.label else ""
        bar = ProgressBar(total=1.0, completed=share, width=40)
        value = f"{share:.2f}" if speech else ""
        table.add_row(Text(str(label), style=style), bar, Text(value, style=style))
    if result is None:
        state = f"the first result comes after {stream.window_:.1f} s"
    else:
        state = f"{result.end:.1f} s" + ("" if speech else "  no speech")
    table.add_row("", Text(state, style="dim"), "")
    return table

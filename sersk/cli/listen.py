"""`sersk listen`: live emotion recognition, from a microphone or a file."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli._choosing import ModelOption, split_words
from sersk.cli._options import SECONDS, AllowPickle, Debug, Quiet, Trust
from sersk.cli._terminal import INTERRUPTED, WRONG_USE, command, fail

if TYPE_CHECKING:
    import numpy as np

    from sersk.inference.streaming import EmotionStream, StreamResult

# Length of the blocks that are read from the microphone or the file, in s.
_BLOCK = 0.1


@command
def listen(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A model file that sersk train wrote (.sersk). Without it, the model of --model "
            "answers.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            "-f",
            help="Read this recording instead of the microphone.",
            show_default=False,
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="Speed at which a file is read, relative to real time; 0: as fast as possible.",
        ),
    ] = 1.0,
    window: Annotated[
        float | None,
        typer.Option(
            **SECONDS,
            help="Length of the windows, in s; the length of the model's clips by default.",
            show_default=False,
        ),
    ] = None,
    hop: Annotated[float, typer.Option(**SECONDS, help="Time between two results, in s.")] = 0.5,
    smoothing: Annotated[
        float, typer.Option(min=0.0, help="Time constant of the smoothing, in s; 0: none.")
    ] = 1.0,
    device: Annotated[
        str | None,
        typer.Option(
            help="Number of the microphone, or a part of its name; the system's by default.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on each line, at once.")
    ] = False,
    quiet: Quiet = False,
    allow_pickle: AllowPickle = False,
    trust: Trust = None,
    debug: Debug = False,
) -> None:
    """Predict emotion while somebody speaks.

    Reads the microphone until Ctrl-C, or a file until its end. On a terminal the results are a
    display that is updated; elsewhere a line for each result: time, label ("no speech" if nobody
    speaks) and probability, separated by tabs. Nothing is recorded.

    After Ctrl-C the last result is printed, and the exit code is 130.
    """
    from sersk.cli._models import load_model

    chosen, rest = split_words(words or [], model)
    if rest:
        raise fail(
            f"{rest[0]!r} is no model file (.sersk). A recording is read by --file.", WRONG_USE
        )
    open_microphone = None if file else _find_microphone(device)
    pipeline = load_model(chosen, allow_pickle, trust, quiet=quiet)
    from sersk.audio.clips import UnusableClipError
    from sersk.audio.reading import SoundBlocks
    from sersk.inference.streaming import EmotionStream

    stream = EmotionStream(pipeline, window, hop, smoothing=smoothing)
    try:
        if file is not None:
            sound = SoundBlocks(file, stream.sample_rate_, who="sersk listen")
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
    """Yield blocks at the times at which a microphone would give them."""
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
    """Return a function that opens the microphone; if there is none, fail with advice."""
    install = (
        "Install it with: pip install 'sersk[mic]' (on Debian and Ubuntu also: apt install "
        "libportaudio2). Or read a file: --file RECORDING."
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
            f"no such microphone ({error}). {there}\nChoose one with --device, plug one in, or "
            "read a file: --file RECORDING."
        ) from None
    return lambda rate: _hear(sounddevice, chosen, rate)


def _hear(sounddevice: Any, device: int | str | None, rate: int) -> "Iterator[np.ndarray]":
    """Yield blocks from the microphone at the model's sample rate; PortAudio resamples."""
    n_block = max(1, round(_BLOCK * rate))
    try:
        with sounddevice.InputStream(
            samplerate=rate, channels=1, dtype="float32", device=device, blocksize=n_block
        ) as microphone:
            while True:
                block, overflowed = microphone.read(n_block)
                if overflowed:
                    note("Warning: this machine is too slow for the sound; some of it was lost.")
                yield block[:, 0]
    except sounddevice.PortAudioError as error:
        raise fail(f"the microphone can't be read: {error}.") from None


@contextmanager
def _printer(stream: "EmotionStream", as_json: bool) -> "Iterator[Callable[[StreamResult], None]]":
    """Provide the function that prints a result: as JSON, as a line, or on a display."""
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
        said = str(result.label) if speech else "no speech"
        is_class = said in map(str, stream.classes_)  # and bold above
        state = f"{result.end:.1f} s" + ("" if is_class else f"  {said}")
    table.add_row("", Text(state, style="dim"), "")
    return table

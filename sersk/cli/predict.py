"""`sersk predict`: the emotion of each recording, and its probability."""

import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.progress import end_display, note, track
from sersk.cli._choosing import ModelOption, split_words
from sersk.cli._options import SECONDS, AllowPickle, AsCsv, Debug, Jobs, Quiet, Trust
from sersk.cli._predictions import Csv, Json, Lines, Table
from sersk.cli._terminal import FAILED, IN_PART, INTERRUPTED, WRONG_USE, command, fail

if TYPE_CHECKING:
    import numpy as np

    from sersk.cli._long import LongRecordings

# Recordings predicted together: few enough to print results soon, many enough for all processors.
_AT_A_TIME = 64


@command
def predict(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL] [FILES]...",
            help="Recordings, folders of recordings, patterns such as 'calls/**/*.wav', or - for a "
            "recording on standard input. If the first word is a model file (.sersk), that model "
            "answers; otherwise the one of --model.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    files_from: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Also predict the files in this list, separated by line ends or zero bytes; - "
            "reads the list from standard input.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list, with the probability of each class.")
    ] = False,
    as_csv: AsCsv = False,
    window: Annotated[
        float | None,
        typer.Option(
            **SECONDS,
            help="Predict windows of this length, in s, one after another up to the end of each "
            "recording, and average their probabilities. By default only the beginning of a "
            "recording is heard, as long as the clips of the training.",
            show_default=False,
        ),
    ] = None,
    jobs: Jobs = -1,
    quiet: Quiet = False,
    allow_pickle: AllowPickle = False,
    trust: Trust = None,
    debug: Debug = False,
) -> None:
    """Predict the emotion of recordings.

    Without a model, the one that comes with sersk answers: sersk predict clip.wav.

    On a terminal the results are a table; elsewhere a line for each recording: path, label and
    probability, separated by tabs. Files that can't be read are named on stderr, the others are
    predicted, and the exit code is 3, or 1 if no file could be read. After Ctrl-C the finished
    rows are printed.

    A model hears the beginning of a recording, as long as its clips (sersk info MODEL). A note on
    stderr says how many recordings are longer. With --window all of a recording is heard. Another
    note names the recordings in which there is nothing to hear, and one those that were recorded
    unlike all of the training: in level, background, bandwidth or duration.
    """
    from sersk.cli._long import LongRecordings
    from sersk.cli._models import load_model
    from sersk.cli._recordings import STDIN, find_recordings, read_list, standard_input_as_file

    chosen, words = split_words(files or [], model)
    if files_from == STDIN and STDIN in words:
        raise fail("standard input can be a recording or a list of files, but not both.", WRONG_USE)
    if not words and files_from is None:
        raise fail("no recordings: name files or folders, or pass --files-from.", WRONG_USE)
    if files_from is not None:
        words += read_list(files_from)
    paths, bad = find_recordings(words)
    for name, reason in bad.items():
        note(f"Error: {name}: {reason}")
    write = Json if as_json else Csv if as_csv else Table if sys.stdout.isatty() else Lines
    with standard_input_as_file(STDIN in paths) as sound:
        pipeline = load_model(chosen, allow_pickle, trust, quiet=quiet)
        if "frontend" in getattr(pipeline, "named_steps", {}):
            pipeline.set_params(frontend__n_jobs=jobs, frontend__verbose=0 if quiet else None)
        long = LongRecordings(pipeline, window)
        output = write(pipeline)
        n_done = 0
        rows = _predict(long, paths, {STDIN: sound}, bad, quiet)
        try:
            for path, proba in rows:
                with _uninterrupted():
                    output.add(path, proba)
                    n_done += 1
        except KeyboardInterrupt:
            rows.close()
            end_display()
            output.close()
            note(f"Interrupted after {n_done} of {len(paths)} recordings.")
            raise typer.Exit(INTERRUPTED) from None
        except Exception:
            with suppress(OSError):  # stdout itself may be what fails
                output.close()
            raise
    output.close()
    long.tell(n_done)
    long.doubtful.tell(n_done, {sound: STDIN})
    if bad:
        raise typer.Exit(IN_PART if n_done else FAILED)


def _predict(
    model: "LongRecordings",
    paths: list[str],
    files: dict[str, str],
    bad: dict[str, str],
    quiet: bool,
) -> Generator[tuple[str, "np.ndarray"], None, None]:
    """Yield path and probabilities of each readable file, in order; add the others to `bad`."""
    size = _AT_A_TIME if model.window is None else 1
    parts = [paths[i : i + size] for i in range(0, len(paths), size)]
    shown = not quiet and len(parts) > 1
    for part in track(parts, len(paths), "Predicting", shown, size=size):
        good, probas, unusable = _predict_part(model, part, files)
        for name, reason in unusable.items():
            note(f"Error: {name}: {reason}")
        bad |= unusable
        yield from zip(good, probas, strict=True)


def _predict_part(
    model: "LongRecordings", names: list[str], files: dict[str, str]
) -> tuple[list[str], Any, dict[str, str]]:
    from sersk.audio.loading import AudioFileError

    paths = [files.get(name, name) for name in names]
    try:
        return names, model.predict_proba(paths), {}
    except AudioFileError as error:
        if not error.failures:
            raise
        bad = {names[i]: reason for i, (_, reason) in error.failures.items()}
        # The error names all unreadable files, so the second call succeeds.
        good = [name for i, name in enumerate(names) if i not in error.failures]
    probas: Any = model.predict_proba([files.get(name, name) for name in good]) if good else []
    return good, probas, bad


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until a row is printed and counted."""
    arrived: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if arrived:
            signal.raise_signal(signal.SIGINT)

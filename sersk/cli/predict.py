"""`sersk predict`: recordings in, an emotion and its probability for each out."""

import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk.cli._options import AsCsv, Debug, Jobs
from sersk.cli._terminal import (
    FAILED,
    IN_PART,
    INTERRUPTED,
    WRONG_USE,
    command,
    end_display,
    fail,
    print_csv,
    print_result,
    print_table,
    say,
    whole,
)

if TYPE_CHECKING:
    import numpy as np

# Recordings at a time: what is printed so far is never far behind, and the processors are busy.
_AT_A_TIME = 64


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
        list[str] | None,
        typer.Argument(
            help="Recordings; folders of them; patterns such as 'calls/**/*.wav'; - for a "
            "recording on standard input.",
            show_default=False,
        ),
    ] = None,
    files_from: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Also the files in this list, one a line or between zero bytes; - reads the "
            "list from standard input.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list, with the probability of each class.")
    ] = False,
    as_csv: AsCsv = False,
    jobs: Jobs = -1,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    debug: Debug = False,
) -> None:
    """Predict the emotion of recordings.

    On a terminal a table; otherwise a line a recording: path, emotion and probability with
    tabs between. A file that can't be read is named on stderr, the others are predicted, and the
    exit code is 3; it is 1 where none could be. Ctrl-C prints the rows that are finished.
    """
    from sersk.cli._models import load_model
    from sersk.cli._recordings import STDIN, find_recordings, read_list, standard_input_as_file

    words = [*(files or [])]
    if files_from == STDIN and STDIN in words:
        raise fail("standard input is either a recording or a list.", WRONG_USE)
    if not words and files_from is None:
        raise fail("no recordings: name files or folders, or pass --files-from.", WRONG_USE)
    if files_from is not None:
        words += read_list(files_from)
    paths, bad = find_recordings(words)
    for name, reason in bad.items():
        say(f"Error: {name}: {reason}")
    write = _Json if as_json else _Csv if as_csv else _Table if sys.stdout.isatty() else _Lines
    with standard_input_as_file(STDIN in paths) as sound:
        pipeline = load_model(model)
        if "frontend" in getattr(pipeline, "named_steps", {}):
            pipeline.set_params(frontend__n_jobs=jobs)
        output = write([str(name) for name in pipeline.classes_])
        n_done = 0
        rows = _predict(pipeline, paths, {STDIN: sound}, bad, quiet)
        try:
            for path, proba in rows:
                with whole():
                    output.add(path, proba)
                    n_done += 1
        except KeyboardInterrupt:
            rows.close()
            end_display()
            output.close()
            say(f"Interrupted after {n_done} of {len(paths)} recordings.")
            raise typer.Exit(INTERRUPTED) from None
    output.close()
    if bad:
        raise typer.Exit(IN_PART if n_done else FAILED)


def _predict(
    pipeline: Any, paths: list[str], files: dict[str, str], bad: dict[str, str], quiet: bool
) -> Generator[tuple[str, "np.ndarray"], None, None]:
    """Yield what can be read, in order; the others are added to `bad`, and named."""
    from sersk._utils.progress import track

    parts = [paths[i : i + _AT_A_TIME] for i in range(0, len(paths), _AT_A_TIME)]
    shown = not quiet and len(parts) > 1
    for part in track(parts, len(paths), "Predicting", shown, size=_AT_A_TIME):
        good, probas, unusable = _predict_part(pipeline, part, files)
        for name, reason in unusable.items():
            say(f"Error: {name}: {reason}")
        bad |= unusable
        yield from zip(good, probas, strict=True)


def _predict_part(
    pipeline: Any, names: list[str], files: dict[str, str]
) -> tuple[list[str], Any, dict[str, str]]:
    from sersk.audio.loading import AudioFileError

    paths = [files.get(name, name) for name in names]
    try:
        return names, pipeline.predict_proba(paths), {}
    except AudioFileError as error:
        if not error.failures:
            raise
        bad = {names[i]: reason for i, (_, reason) in error.failures.items()}
        # All unreadable files are in one error, so that the second time goes well.
        good = [name for i, name in enumerate(names) if i not in error.failures]
    probas = pipeline.predict_proba([files.get(name, name) for name in good]) if good else []
    return good, probas, bad


class _Output:
    """Writes rows as they come, so that an interruption loses none that is finished."""

    def __init__(self, classes: list[str]) -> None:
        self.classes = classes

    def add(self, path: str, proba: "np.ndarray") -> None:
        raise NotImplementedError

    def close(self) -> None:
        sys.stdout.flush()

    def best(self, proba: "np.ndarray") -> tuple[str, float]:
        return self.classes[int(proba.argmax())], float(proba.max())


class _Lines(_Output):
    def add(self, path: str, proba: "np.ndarray") -> None:
        emotion, probability = self.best(proba)
        print_result(f"{path}\t{emotion}\t{probability:.4f}")


class _Csv(_Output):
    def __init__(self, classes: list[str]) -> None:
        super().__init__(classes)
        print_csv(["path", "emotion", "probability", *classes], [])

    def add(self, path: str, proba: "np.ndarray") -> None:
        emotion, probability = self.best(proba)
        numbers = [f"{value:.6g}" for value in (probability, *map(float, proba))]
        print_csv([path, emotion, *numbers], [])


class _Json(_Output):
    def __init__(self, classes: list[str]) -> None:
        super().__init__(classes)
        self._before = "["

    def add(self, path: str, proba: "np.ndarray") -> None:
        emotion, probability = self.best(proba)
        record = {
            "path": path,
            "emotion": emotion,
            "probability": probability,
            "probabilities": dict(zip(self.classes, map(float, proba), strict=True)),
        }
        text = json.dumps(record, indent=2).replace("\n", "\n  ")
        typer.echo(f"{self._before}\n  {text}", nl=False)
        self._before = ","

    def close(self) -> None:
        typer.echo("[]" if self._before == "[" else "\n]")
        super().close()


class _Table(_Output):
    """At the end, as the widths of the columns are known only then."""

    def __init__(self, classes: list[str]) -> None:
        super().__init__(classes)
        self._rows: list[tuple[str, str, str]] = []

    def add(self, path: str, proba: "np.ndarray") -> None:
        emotion, probability = self.best(proba)
        self._rows.append((path, emotion, f"{probability:.2f}"))

    def close(self) -> None:
        print_table(["recording", "emotion", "probability"], self._rows, numbers=1)

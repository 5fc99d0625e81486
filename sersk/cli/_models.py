"""Models and pictures as files: written whole or not at all, and read with a clear error."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from sersk.cli._terminal import import_tensorflow_quietly

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes its name only when all has been written to it."""
    # In the same folder: a rename is atomic within one file system only.
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(partial, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        # the user knows the file by the name they gave
        error.filename, error.filename2 = path, None
        raise
    finally:
        partial.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise now, rather than after an hour of training, if a file can't be written."""
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder; name the file to write.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {str(path.parent)!r} of {path.name!r} does not exist.")
    probe = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        probe.touch(exist_ok=False)
    except OSError as error:
        error.filename = path
        raise
    finally:
        probe.unlink(missing_ok=True)


def save_model(pipeline: "Pipeline", path: Path) -> None:
    """Write a fitted pipeline."""
    import joblib

    # how this command ran is no part of the model
    pipeline.set_params(frontend__n_jobs=None, frontend__verbose=0, classifier__verbose=0)
    with replacing(path) as file:
        joblib.dump(pipeline, file)


def load_model(path: Path) -> Any:
    """Read a model; raise a ValueError if the file is none."""
    import joblib

    if not path.is_file():
        raise FileNotFoundError(f"there is no model file {str(path)!r}.")
    import_tensorflow_quietly()
    what = "sersk train writes models"
    try:
        model = joblib.load(path)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise ValueError(
            f"{str(path)!r} is no model that can be loaded ({type(error).__name__}: {error}); "
            f"{what}."
        ) from error
    if not hasattr(model, "predict_proba"):
        raise ValueError(f"{str(path)!r} holds a {type(model).__name__}, not a model; {what}.")
    return model

"""Writing and reading model files for the commands; `sersk.persistence` defines the files."""

import mmap
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sersk._utils.progress import note
from sersk.cli._tensorflow import import_tensorflow_quietly

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from sklearn.utils import Bunch

    from sersk.evaluation import EvaluationReport

# Modules as a pickle names them. The names of packages alone are in every model's card.
_NETWORKS = (b"sersk.classifiers.neural", b"scikeras.wrappers", b"keras.src", b"keras.models")


def save_model(
    pipeline: "Pipeline",
    path: Path,
    corpus: "Bunch | str | None" = None,
    report: "EvaluationReport | None" = None,
) -> dict[str, Any]:
    """Write a fitted pipeline, and return the facts about it as the file has them.

    If the file can't be written, the pipeline is saved in the folder for temporary files, and a
    message says where.
    """
    from sersk import persistence

    # Settings of this run are no part of the model.
    shown = {"frontend__n_jobs": None, "frontend__verbose": 0}
    shown |= {"classifier__verbose": 0, "classifier__callbacks": None}
    known = pipeline.get_params()  # which of them exist depends on the classifier
    pipeline.set_params(**{name: value for name, value in shown.items() if name in known})
    try:
        persistence.save_model(pipeline, path, corpus=corpus, report=report)
    except OSError:
        _rescue(pipeline, path, corpus, report)
        raise
    return persistence.describe_model(persistence.load_model(path))


def _rescue(pipeline: Any, path: Path, corpus: Any, report: Any) -> None:
    """Save the model, whose training may have taken hours, in the folder for temporary files."""
    from sersk import persistence

    folder = Path(tempfile.gettempdir())
    if folder.resolve() == path.parent.resolve():
        return
    handle, name = tempfile.mkstemp(prefix="sersk-", suffix=f"-{path.name[-40:]}", dir=folder)
    other = Path(name)
    try:
        with open(handle, "wb"):
            pass
        persistence.save_model(pipeline, other, corpus=corpus, report=report)
    except OSError:
        other.unlink(missing_ok=True)
        return
    note(f"The trained model was saved in {other} instead.")


def load_model(path: Path) -> Any:
    """Read a model, without the start-up messages of TensorFlow."""
    from sersk import persistence

    if path.is_file() and _may_need_tensorflow(path):
        import_tensorflow_quietly()
    return persistence.load_model(path)


def _may_need_tensorflow(path: Path) -> bool:
    """Return False if a file is a plain pickle that names no module of networks."""
    # TensorFlow takes seconds to import, and a model of functionals predicts without it.
    with open(path, "rb") as file:
        if file.read(1) != b"\x80":  # empty, compressed, or no pickle
            return True
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(name) >= 0 for name in _NETWORKS)

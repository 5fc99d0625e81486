"""Writing and reading model files for the commands; `sersk.persistence` defines the files."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sersk._utils.progress import note

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from sklearn.utils import Bunch

    from sersk.evaluation import EvaluationReport


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
    shown = dict.fromkeys(["frontend__n_jobs", "frontend__verbose", "classifier__verbose"])
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
    """Read a model."""
    from sersk import persistence

    return persistence.load_model(path)

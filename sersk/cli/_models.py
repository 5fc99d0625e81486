"""Writing and reading model files for the commands; `sersk.persistence` defines the files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sersk.cli._rescuing import rescue

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from sklearn.utils import Bunch

    from sersk.evaluation import EvaluationReport


def save_model(
    pipeline: "Pipeline",
    path: Path,
    corpus: "Bunch | str | None" = None,
    report: "EvaluationReport | None" = None,
    trust: list[str] | None = None,
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

    def save(file: Path) -> None:
        persistence.save_model(pipeline, file, corpus=corpus, report=report)

    try:
        save(path)
    except OSError:  # the training may have taken hours
        rescue("The trained model", save, path)
        raise
    # the file is our own
    return persistence.describe_model(
        persistence.load_model(path, trusted=trust or (), allow_pickle=True)
    )


# Of the model that was loaded last: the versions that wrote it, if they are not those here.
_written_by = ""


def load_model(path: Path, allow_pickle: bool, trust: list[str] | None) -> Any:
    """Read a model; a pickle if that is allowed, and names of a .sersk file that are trusted."""
    global _written_by
    from sersk import persistence

    model = persistence.load_model(path, trusted=trust or (), allow_pickle=allow_pickle)
    _written_by = persistence.tell_model_versions(model)
    return model


def tell_versions() -> str:
    """Return which other versions wrote the model of this command, or an empty text."""
    return _written_by

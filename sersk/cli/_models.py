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
    card: dict[str, str] | None = None,
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
        persistence.save_model(pipeline, file, corpus=corpus, report=report, card=card)

    try:
        save(path)
    except OSError:  # the training may have taken hours
        rescue("The trained model", save, path)
        raise
    # the file is our own
    return persistence.describe_model(
        persistence.load_model(path, trusted=trust or (), allow_pickle=True)
    )


# As in sersk.models, whose import would slow `sersk --help` down.
READY_NAMES = ("functionals", "pretrained")

# Of the model that was loaded last: the versions that wrote it, if they are not those here.
_written_by = ""


def load_model(
    model: str | Path | None,
    allow_pickle: bool = False,
    trust: list[str] | None = None,
    *,
    quiet: bool = False,
) -> Any:
    """Read a model: a ready one by its name, None for the default, or a file.

    A pickle is read if that is allowed, names of a .sersk file as far as they are trusted. With a
    ready model the user gets its licence notice, once, unless `quiet`.
    """
    global _written_by
    from sersk import persistence

    if model is None or str(model) in READY_NAMES:
        from sersk.cli._notice import tell_licence_once
        from sersk.models import load_default_model

        found = load_default_model(*([] if model is None else [str(model)]))
        if not quiet:
            tell_licence_once()
    elif not Path(model).suffix and not Path(model).exists():
        raise FileNotFoundError(
            f"there is no model file {str(model)!r}. The models that come with sersk are "
            f"{' and '.join(READY_NAMES)}."
        )
    else:
        found = persistence.load_model(model, trusted=trust or (), allow_pickle=allow_pickle)
    _written_by = persistence.tell_model_versions(found)
    return found


def find_file(model: str | Path | None) -> Path:
    """Return the file of a model: of a ready one by its name, None for the default."""
    if model is None or str(model) in READY_NAMES:
        from sersk.models import find_ready_model

        return find_ready_model(READY_NAMES[0] if model is None else str(model))
    return Path(model)


def tell_versions() -> str:
    """Return which other versions wrote the model of this command, or an empty text."""
    return _written_by

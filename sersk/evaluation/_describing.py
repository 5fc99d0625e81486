"""What a report is a report of: corpora, folds, pipeline, versions and date."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk._utils.describing import describe_corpus
from sersk.evaluation._counting import count
from sersk.evaluation._packages import find_versions
from sersk.evaluation._parameters import describe_steps, write_value


def describe_run(
    pipeline: Any, corpora: Sequence[dict[str, Any]], folds: str, reads_files: bool
) -> dict[str, Any]:
    """Return the facts of an evaluation that its predictions do not tell.

    Parameters
    ----------
    pipeline : estimator
        The evaluated classifier.
    corpora : sequence of dict
        As `describe_clips` returns them.
    folds : str
        How training and test clips were chosen.
    reads_files : bool
        Whether clips are files.

    Returns
    -------
    about : dict
        As `EvaluationReport` keeps it in ``about``.
    """
    return {
        "date": _today(),
        "corpora": list(corpora),
        "folds": folds,
        "pipeline": describe_steps(pipeline),
        "versions": find_versions(pipeline, reads_files),
    }


def describe_clips(
    who: str, corpus: Any, y: NDArray[Any], groups: NDArray[Any], use: str | None = None
) -> dict[str, Any]:
    """Return the name of a corpus, and the counts of the clips that are used of it.

    Parameters
    ----------
    who : str
        Name in error messages.
    corpus : Bunch, str or None
        What a loader returned, or a name; None if the name is unknown.
    y : ndarray of shape (n_clips,)
        Labels.
    groups : ndarray of shape (n_clips,)
        Speakers.
    use : str or None, default=None
        "training" or "test", if it is used for one of them only.

    Returns
    -------
    facts : dict
        ``use``, ``name``, ``title``, ``n_clips``, ``n_speakers``, ``emotions`` (clips of each).

    Raises
    ------
    TypeError
        If `corpus` is of another type.
    """
    facts = describe_corpus(corpus, who) or {}
    labels, n_clips = np.unique(y, return_counts=True)
    return {
        "use": use,
        "name": facts.get("name"),
        "title": facts.get("title"),
        "n_clips": len(y),
        "n_speakers": len(np.unique(groups)),
        "emotions": dict(zip(map(str, labels.tolist()), n_clips.tolist(), strict=True)),
    }


def describe_folds(cv: Any) -> str:
    """Return how folds were made.

    Parameters
    ----------
    cv : int, str, splitter or iterable
        As `evaluate_speaker_independent` takes it.

    Returns
    -------
    text : str
        One line.
    """
    if isinstance(cv, str):
        return "leave one speaker out"
    if hasattr(cv, "split"):
        return write_value(cv)
    if np.ndim(cv) == 0 and not hasattr(cv, "__iter__"):
        return f"{count(int(cv), 'fold')} by speaker, classes balanced (StratifiedGroupKFold)"
    return "passed as positions of clips"


def paths_of(files: Sequence[str | None]) -> NDArray[np.object_] | None:
    """Return the paths of clips as a column, or None if no clip is a file.

    Parameters
    ----------
    files : sequence of (str or None) of length n_clips
        As `files_of` returns them.

    Returns
    -------
    paths : ndarray of object of shape (n_clips,) or None
        Paths as str; None for a clip that is no file.
    """
    if all(path is None for path in files):
        return None
    return np.array([None if path is None else str(path) for path in files], dtype=object)


def _today() -> str:
    """Return the date in UTC, or that of SOURCE_DATE_EPOCH (s), as reproducible builds set it."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.now(UTC) if fixed is None else datetime.fromtimestamp(int(fixed), UTC)
    return now.date().isoformat()

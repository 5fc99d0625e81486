"""What a model was adapted on: counts, what was changed, and checksums of the clips."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sersk.audio.fingerprints import fingerprint

# An attribute of each step that was adapted: a new fit of the step removes it.
_RECORD = "adaptation_"


def keep_record(
    steps: Iterable[Any],
    before: dict[str, Any] | None,
    X: Any,
    n_labelled: int,
    prior: float,
    changes: list[str],
) -> None:
    """Write into adapted steps what they were adapted on, beside earlier adaptations.

    Parameters
    ----------
    steps : iterable of estimator
        The steps that were adapted.
    before : dict or None
        What `find_record` returned for the model before.
    X : array-like of shape (n_clips, ...)
        The clips.
    n_labelled : int
        How many of them had labels.
    prior : float
        Number of clips that the training clips counted as.
    changes : list of str
        What was adapted.
    """
    before = before or {"n_clips": 0, "n_labelled": 0, "changed": [], "clips": []}
    prints = [one.hex() if isinstance(one, bytes) else str(one) for one in fingerprint(X)]
    record = {
        "n_clips": before["n_clips"] + len(prints),
        "n_labelled": before["n_labelled"] + n_labelled,
        "prior": float(prior),
        "changed": list(dict.fromkeys([*before["changed"], *changes])),
        "clips": [*before["clips"], *prints],
    }
    for step in steps:
        setattr(step, _RECORD, record)


def find_record(model: Any) -> dict[str, Any] | None:
    """Return the record of a model or of its steps; None if it was not adapted.

    Parameters
    ----------
    model : estimator
        Any model.

    Returns
    -------
    record : dict or None
        As `keep_record` wrote it.
    """
    model = getattr(model, "best_estimator_", model)
    parts = [model, *(step for _, step in getattr(model, "steps", ()))]
    return next((getattr(part, _RECORD) for part in parts if hasattr(part, _RECORD)), None)


def describe_adaptation(model: Any) -> dict[str, Any] | None:
    """Return what a model was adapted on.

    Parameters
    ----------
    model : estimator
        Any model.

    Returns
    -------
    facts : dict or None
        ``n_clips``, ``n_labelled``, ``prior`` and ``changed``; None if it was not adapted.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk.adaptation import describe_adaptation
    >>> print(describe_adaptation(DummyClassifier()))
    None
    """
    record = find_record(model)
    if record is None:
        return None
    return {name: value for name, value in record.items() if name != "clips"}


def tell_adaptation(facts: dict[str, Any]) -> str:
    """Return what a model was adapted on, as a sentence.

    Parameters
    ----------
    facts : dict
        What `describe_adaptation` returned.

    Returns
    -------
    text : str
        The sentence.

    Examples
    --------
    >>> from sersk.adaptation.record import tell_adaptation
    >>> tell_adaptation({"n_clips": 20, "n_labelled": 0, "prior": 10.0, "changed": ["offsets"]})
    'Adapted on 20 clips without labels: offsets.'
    """
    n_clips, n_labelled = facts["n_clips"], facts["n_labelled"]
    labels = f"{n_labelled} of them labelled" if n_labelled else "without labels"
    clips = "1 clip" if n_clips == 1 else f"{n_clips} clips"
    comma = "," if n_labelled else ""
    return f"Adapted on {clips}{comma} {labels}: {', '.join(facts['changed'])}."


def find_adapting_clips(model: Any, X: Any) -> list[int]:
    """Return which clips a model was adapted on.

    Parameters
    ----------
    model : estimator
        Any model.
    X : array-like of shape (n_clips, ...)
        Clips: paths or waveforms.

    Returns
    -------
    positions : list of int
        Positions in X of clips with the same sound as one that it was adapted on.
    """
    record = find_record(model)
    known = set() if record is None else set(record["clips"])
    if not known:
        return []
    prints = fingerprint(X)
    return [i for i, one in enumerate(prints) if isinstance(one, bytes) and one.hex() in known]

"""The card of a model: what it was trained on, by whom it may be used, and how well it does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sersk._utils.describing import describe_corpus, describe_score
from sersk._utils.versions import find_versions, keep_versions

ATTRIBUTE = "sersk_card_"
TEXTS = ("intended_use", "limits", "not_for", "licence")
_MOST_TEXT = 10_000

INTENDED_USE = (
    "Research on emotion in speech, and tools that show people how their own recording sounds to "
    "a model. It names the emotion that a voice portrays, as the corpora label it."
)
LIMITS = (
    "Actors portrayed the emotions of most corpora; spontaneous speech is weaker and mixed. On "
    "other speakers, languages, rooms and microphones than those of the training, expect many more "
    "errors than the score says. The probabilities of a clip are no measure of how strongly "
    "somebody feels."
)
NOT_FOR = (
    "No decision about a person: hiring, work, school, credit, insurance, health, police, borders. "
    "The EU AI Act prohibits emotion recognition at work and in education. Not without the "
    "consent of those who speak."
)


def make_card(corpus: Any, report: Any, texts: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the card of a model that is saved now.

    Parameters
    ----------
    corpus : Bunch, str or None
        What the model was trained on.
    report : EvaluationReport or None
        Its evaluation.
    texts : mapping of str to str or None
        Texts in place of the usual ones: ``intended_use``, ``limits``, ``not_for``, ``licence``.

    Returns
    -------
    card : dict
        Of types of JSON.

    Raises
    ------
    TypeError
        If an argument is of another type.
    ValueError
        If a text has another name.
    """
    given = dict(texts or {})
    for name, text in given.items():
        if name not in TEXTS:
            raise ValueError(f"save_model: card has {name!r}; expected {', '.join(TEXTS)}.")
        if not isinstance(text, str):
            raise TypeError(f"save_model: card[{name!r}] is of type {type(text).__name__}.")
    usual = {"intended_use": INTENDED_USE, "limits": LIMITS, "not_for": NOT_FOR, "licence": None}
    return {
        "created": _now(),
        "versions": find_versions(),
        "corpus": _describe(corpus),
        "score": describe_score(report),
        **usual,
        **given,
    }


def _describe(corpus: Any) -> dict[str, Any] | None:
    """Return name and counts of a corpus, with the licences that it or sersk knows."""
    facts = describe_corpus(corpus)
    if facts is None:
        return None
    from sersk.datasets import find_corpora

    known, licences = find_corpora(), {}
    stated = getattr(corpus, "licences", None) or {}
    for name in str(facts["name"]).split(" + "):
        if name in stated:
            licences[name] = str(stated[name])
        elif name in known:
            licences[name] = known[name].licence
    return facts | ({"licences": licences} if licences else {})


def _now() -> str:
    """Return the time; SOURCE_DATE_EPOCH sets it, as reproducible builds do."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.now(UTC) if given is None else datetime.fromtimestamp(int(given), UTC)
    return now.isoformat(timespec="seconds")


def get_card(model: Any) -> dict[str, Any]:
    """Return the card of a model that was loaded.

    Parameters
    ----------
    model : estimator
        The model.

    Returns
    -------
    card : dict
        Empty if it has none.
    """
    card = getattr(model, ATTRIBUTE, None)
    return card if isinstance(card, dict) else {}


def read_card(card: Any) -> dict[str, Any]:
    """Return the card of a file, of which nothing but the form is known.

    Parameters
    ----------
    card : object
        What the file has, parsed.

    Returns
    -------
    card : dict
        With all entries of `make_card`, each of its type.

    Raises
    ------
    ValueError
        If it has another form.
    """
    if not isinstance(card, dict) or not {"created", "versions"} <= set(card):
        raise ValueError("its card is none")
    _check_texts(card)
    found = {name: card.get(name) for name in ("created", "corpus", "score", *TEXTS)}
    for name in ("created", *TEXTS):
        if not isinstance(found[name], str | None):
            raise ValueError(f"{name} of its card is no text")
    _check_form("corpus", found["corpus"], {}, counts=("n_clips", "n_speakers"))
    numbers = ("uar", "confidence_level", "chance_uar")
    counts = ("n_clips", "n_speakers", "n_fits", "n_leaks")
    _check_form("score", found["score"], dict.fromkeys(numbers, (int, float)), counts=counts)
    score = found["score"]
    if score is not None:
        low_high, notes = score.get("uar_interval"), score.get("notes")
        if not (isinstance(low_high, list) and len(low_high) == 2 and _are(low_high, (int, float))):
            raise ValueError("uar_interval of its card is no pair of numbers")
        if not isinstance(notes, list) or not _are(notes, str):
            raise ValueError("notes of its card are no texts")
    return found | {"versions": keep_versions(card.get("versions"))}


def _check_form(
    name: str, facts: Any, needed: dict[str, Any], *, counts: tuple[str, ...] = ()
) -> None:
    if facts is None:
        return
    if not isinstance(facts, dict) or not _are([facts.get(key) for key in needed], (int, float)):
        raise ValueError(f"{name} of its card lacks what a {name} has")
    if not all(isinstance(facts.get(key), int | None) for key in counts):
        raise ValueError(f"{name} of its card counts what is no number")
    for key in ("n_fits", "n_clips", "n_speakers") if needed else ("name",):
        if key not in facts:
            raise ValueError(f"{name} of its card lacks {key}")
    if not isinstance(facts.get("licences", {}), dict):
        raise ValueError(f"licences in {name} of its card are no object of JSON")


def _are(values: list[Any], types: Any) -> bool:
    return all(isinstance(value, types) and not isinstance(value, bool) for value in values)


def _check_texts(part: Any) -> None:
    """Refuse texts that would steer a terminal."""
    if isinstance(part, dict):
        for key, value in part.items():
            _check_texts(key)
            _check_texts(value)
    elif isinstance(part, list):
        for value in part:
            _check_texts(value)
    elif isinstance(part, str) and (len(part) > _MOST_TEXT or not has_no_controls(part)):
        raise ValueError(f"its card has a text that is none, {part[:40]!r}")


def has_no_controls(text: str) -> bool:
    """Return whether a text is without characters that steer a terminal; line ends are none.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    plain : bool
        Whether it is.
    """
    return all(char == "\n" or (char >= " " and not "\x7f" <= char <= "\x9f") for char in text)

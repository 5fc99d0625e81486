"""How far to trust a model, in sentences for people who have not trained it."""

from __future__ import annotations

from typing import Any


def tell_trust(facts: dict[str, Any]) -> list[str]:
    """Return what the score of a model means for a visitor's recording.

    Parameters
    ----------
    facts : dict
        As `sersk.describe_model` returns them.

    Returns
    -------
    sentences : list of str
        None for a model without a score; its licence, if it states one.
    """
    said = []
    if score := facts["score"]:
        said.append(
            f"Of each emotion the model recognises {score['uar']:.0%} on average, when it hears "
            f"speakers whom it does not know, in the rooms and the language of its training; "
            f"guessing reaches {score['chance_uar']:.0%}. Your voice, room, microphone and "
            "language are not among them: expect more wrong answers."
        )
    if facts["licence"]:
        said.append(f"Licence of the model: {facts['licence']}")
    return said

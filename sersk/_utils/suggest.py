"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(word: str, choices: Iterable[str]) -> str:
    """Return the end of an error message with the choice that is nearest to a word.

    Parameters
    ----------
    word : str
        The unknown word.
    choices : iterable of str
        The words that are known.

    Returns
    -------
    ending : str
        Such as ``"; did you mean 'cnn'?"``; empty if no choice is near.

    Examples
    --------
    >>> from sersk._utils.suggest import suggest
    >>> suggest("cnm", ["cnn", "lstm", "transformer"])
    "; did you mean 'cnn'?"
    >>> suggest("brain", ["cnn", "lstm", "transformer"])
    ''
    """
    known = {choice.lower(): choice for choice in choices}
    near = get_close_matches(word.lower(), known, n=1)
    return f"; did you mean {known[near[0]]!r}?" if near else ""

"""Numbers and their nouns in reports: "1 seed", "2 seeds"."""

from __future__ import annotations


def count(n: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one.

    Parameters
    ----------
    n : int
        The number.
    noun : str
        The noun, with a plural in -s.

    Returns
    -------
    text : str
        Such as "1 seed" or "2,000 clips".
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"

"""The endings of file names, compared without case, and which of them a model file has."""

from __future__ import annotations

import os
from pathlib import PurePath

PICKLES = (".joblib", ".pickle", ".pkl")
SAFE = ".sersk"


def ending_of(path: str | os.PathLike[str]) -> str:
    """Return the ending of a file's name in lower case, as all endings are compared.

    Parameters
    ----------
    path : str or path-like
        The file, which need not exist.

    Returns
    -------
    ending : str
        With its dot; empty if there is none.

    Examples
    --------
    >>> from sersk._utils.endings import ending_of
    >>> ending_of("models/Mine.SERSK")
    '.sersk'
    """
    return PurePath(path).suffix.lower()


def names_model(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is named as model files are.

    Parameters
    ----------
    path : str or path-like
        The file, which need not exist.

    Returns
    -------
    is_so : bool
        Whether its ending is that of a ``.sersk`` file or of a pickle.
    """
    return ending_of(path) in (SAFE, *PICKLES)


def names_pickle(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is named as pickles of models are.

    Parameters
    ----------
    path : str or path-like
        The file, which need not exist.

    Returns
    -------
    is_so : bool
        Whether its ending is one of `PICKLES`.
    """
    return ending_of(path) in PICKLES


def check_ending(path: str | os.PathLike[str]) -> None:
    """Raise if a file of this name would not be taken for a model.

    Parameters
    ----------
    path : str or path-like
        The file to write.

    Raises
    ------
    ValueError
        If its name has an ending that is none of a model file.

    Examples
    --------
    >>> from sersk.persistence import check_ending
    >>> check_ending("model.txt")
    Traceback (most recent call last):
    ValueError: 'model.txt' ends in '.txt'; the name of a model file ends in .sersk (or, of a \
pickle, .joblib, .pickle, .pkl).
    """
    if ending_of(path) and not names_model(path):
        raise ValueError(
            f"{os.fspath(path)!r} ends in {PurePath(path).suffix!r}; the name of a model file ends "
            f"in {SAFE} (or, of a pickle, {', '.join(PICKLES)})."
        )

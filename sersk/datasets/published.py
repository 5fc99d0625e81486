"""The corpus that the published system was trained on. How corpora are joined is `combine`."""

import os
from typing import TYPE_CHECKING

from sersk.datasets.combine import combine
from sersk.datasets.crema_d import load_crema_d
from sersk.datasets.ravdess import load_ravdess
from sersk.datasets.tess import load_tess

if TYPE_CHECKING:
    from sklearn.utils import Bunch

_EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")


def load_published_corpus(
    *,
    ravdess: str | os.PathLike[str],
    tess: str | os.PathLike[str],
    crema_d: str | os.PathLike[str],
) -> "Bunch":
    """Load RAVDESS, TESS and CREMA-D as one corpus of six emotions: 10,898 clips.

    Parameters
    ----------
    ravdess : str or path-like
        Folder of RAVDESS, of whose speech 1,056 clips are taken.
    tess : str or path-like
        Folder of TESS, of which 2,400 clips are taken.
    crema_d : str or path-like
        Folder of CREMA-D, of which all 7,442 clips are taken.

    Returns
    -------
    corpus : Bunch
        The three in this order, as `combine` joins them: 117 speakers; anger, disgust, fear,
        happy, neutral, sad.

    Raises
    ------
    FileNotFoundError
        If one of the folders does not exist.
    NotADirectoryError
        If one of the paths is a file.
    ValueError
        If a folder is empty, or holds files that are not of its corpus or clips twice.

    See Also
    --------
    combine : Join any corpora.

    Notes
    -----
    Left out are the emotions that not all three have: calm and surprise of RAVDESS, pleasant
    surprise of TESS. A corpus that is there in part is taken in part: see ``len(corpus.data)``.

    Examples
    --------
    It is short for

    >>> from sersk.datasets import combine, load_crema_d, load_ravdess, load_tess
    >>> six = ["anger", "disgust", "fear", "happy", "neutral", "sad"]
    >>> def load(ravdess, tess, crema_d):
    ...     return combine(
    ...         load_ravdess(ravdess, emotions=six),
    ...         load_tess(tess, emotions=six),
    ...         load_crema_d(crema_d, emotions=six),
    ...     )
    """
    return combine(
        load_ravdess(ravdess, emotions=_EMOTIONS),
        load_tess(tess, emotions=_EMOTIONS),
        load_crema_d(crema_d, emotions=_EMOTIONS),
    )

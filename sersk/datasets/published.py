"""The corpus of the published system: RAVDESS, TESS and CREMA-D combined."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sersk.datasets.combining import combine
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
) -> Bunch:
    """Load RAVDESS, TESS and CREMA-D as one corpus of six emotions: 10,898 clips.

    Parameters
    ----------
    ravdess : str or path-like
        Folder of RAVDESS: 1,056 clips of its speech are loaded.
    tess : str or path-like
        Folder of TESS: 2,400 clips are loaded.
    crema_d : str or path-like
        Folder of CREMA-D: all 7,442 clips are loaded.

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
        If a folder is empty, or holds a clip twice or files that are not named as clips of its
        corpus.

    See Also
    --------
    combine : Combine any corpora.

    Notes
    -----
    Emotions that not all three have are left out: calm and surprise of RAVDESS, pleasant
    surprise of TESS. An incomplete folder is not detected: compare ``len(corpus.data)``.

    Examples
    --------
    An equivalent function:

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

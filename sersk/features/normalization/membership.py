"""Which corpus each clip is of, by the name of its speaker."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_consistent_length

from sersk._utils.columns import check_values


def find_corpora_of(X: NDArray[Any], groups: Any, who: str) -> dict[str, NDArray[np.intp]]:
    """Return the clips of each corpus.

    Parameters
    ----------
    X : ndarray of shape (n_clips, ...)
        Features.
    groups : array-like of shape (n_clips,) or None
        Speakers, as loaders name them: the corpus, "-", the speaker.
    who : str
        Name in error messages.

    Returns
    -------
    clips : dict of str to ndarray of int
        Positions of the clips of each corpus, sorted by name; those of speakers whose name begins
        with no corpus are under "". One entry if there are no two corpora.

    Raises
    ------
    ValueError
        If `groups` is of another length, or a speaker is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.normalization.membership import find_corpora_of
    >>> speakers = ["emodb-03", "emodb-08", "tess-OAF", "tess-YAF", "emodb-03"]
    >>> clips = find_corpora_of(np.zeros((5, 1)), speakers, "me")
    >>> {name: found.tolist() for name, found in clips.items()}
    {'emodb': [0, 1, 4], 'tess': [2, 3]}
    """
    if groups is None:
        return {"": np.arange(len(X))}
    check_values(who, "groups", groups)
    speakers: NDArray[Any] = column_or_1d(np.asarray(groups))
    check_consistent_length(X, speakers)
    different, which = np.unique(speakers.astype(str), return_inverse=True)
    prefixes = np.array([name.partition("-")[0] if "-" in name else "" for name in different])
    # "03-a", "08-b": what only one speaker's name begins with is no corpus
    names, n_speakers = np.unique(prefixes, return_counts=True)
    prefixes[np.isin(prefixes, names[n_speakers < 2])] = ""
    corpus = prefixes[which]
    return {name: np.flatnonzero(corpus == name) for name in np.unique(corpus).tolist()}

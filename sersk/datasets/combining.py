"""Combine corpora into one. The corpora of the published system are combined in `published`."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from sersk.datasets.parts import VOCABULARY

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.utils import Bunch

_KEYS = ("data", "target", "groups", "frame", "DESCR")


def combine(*corpora: Bunch) -> Bunch:
    """Join corpora into one, the clips of each after those of the one before.

    Parameters
    ----------
    *corpora : Bunch
        Corpora as the loaders return them: all of paths, or all of waveforms of one length.

    Returns
    -------
    corpus : Bunch
        `data`, `target` and `groups` of all, in the order given; `frame`, all rows, with the name
        of the corpus in the column ``corpus``, and missing values for facts that a corpus does not
        have; `target_names`, of all; `DESCR`, one after the other. `groups` is None if it is None
        for all.

    Raises
    ------
    ValueError
        If there is nothing to join; if paths are joined with waveforms, or waveforms of different
        lengths; if two corpora share a speaker or a file; if only some have speakers.

    Warns
    -----
    UserWarning
        If labels outside the standard vocabulary are not in all corpora, for instance because one
        was loaded with ``labels="original"``: one emotion may then have two names.

    See Also
    --------
    load_published_corpus : RAVDESS, TESS and CREMA-D, as published.

    Notes
    -----
    Speakers are prefixed with the name of their corpus ("tess-OAF"), so two corpora share speakers
    only if they have one name: load each corpus once, or give each its own `name`. Corpora differ
    in microphone, room and language. If emotions are not equally frequent in all of them, a
    model may learn these differences instead. Score each corpus separately too, with
    ``frame["corpus"]``.

    Examples
    --------
    >>> from sersk.datasets import combine, make_emotional_speech
    >>> one = make_emotional_speech(2, 1)
    >>> other = make_emotional_speech(2, 1, emotions=["calm", "sad"], random_state=1)
    >>> other.groups = other.groups.astype("U20")
    >>> other.groups[:] = [f"other-{speaker}" for speaker in other.groups]
    >>> combine(one, other).data.shape
    (16, 44100)
    """
    from sklearn.utils import Bunch

    names = _check(corpora)
    _warn_of_labels(corpora, names)
    return Bunch(
        data=np.concatenate([corpus.data for corpus in corpora]),
        target=np.concatenate([corpus.target for corpus in corpora]),
        groups=(
            None
            if corpora[0].groups is None
            else np.concatenate([corpus.groups for corpus in corpora])
        ),
        frame=_join_frames(corpora),
        target_names=sorted({str(label) for corpus in corpora for label in corpus.target}),
        DESCR="\n\n".join(corpus.DESCR for corpus in corpora),
    )


def _join_frames(corpora: tuple[Bunch, ...]) -> pd.DataFrame:
    import pandas as pd

    # By rows, because pandas.concat guesses types and warns if a column of one frame is empty.
    return pd.DataFrame([row for corpus in corpora for row in corpus.frame.to_dict("records")])


def _check(corpora: tuple[Bunch, ...]) -> list[str]:
    """Return a name for each corpus; raise if they cannot be joined."""
    if not corpora:
        raise ValueError("combine: no corpora; pass them one by one, as combine(one, other).")
    for position, corpus in enumerate(corpora):
        missing = [key for key in _KEYS if not hasattr(corpus, key)]
        if missing:
            raise ValueError(
                f"combine: argument {position + 1}, a {type(corpus).__name__}, has no "
                f"{', '.join(missing)}; pass corpora as the loaders return them, one by one."
            )
    names = [" and ".join(dict.fromkeys(corpus.frame["corpus"])) for corpus in corpora]

    shapes = [np.shape(corpus.data) for corpus in corpora]
    if len({shape[1:] for shape in shapes}) > 1:
        raise ValueError(
            "combine: the data do not fit together: "
            + ", ".join(f"{n!r} has shape {s}" for n, s in zip(names, shapes, strict=True))
            + ". Join paths, of shape (n_clips,), with paths, and waveforms with waveforms of the "
            "same number of samples."
        )
    unknown = [name for name, corpus in zip(names, corpora, strict=True) if corpus.groups is None]
    if unknown and len(unknown) < len(names):
        raise ValueError(
            f"combine: groups is None in {', '.join(map(repr, unknown))}, and known in the others. "
            "Load those with speakers, as by load_audio_folder(..., speaker=...)."
        )
    if not unknown:
        _refuse_shared(
            "speaker", names, [{str(group) for group in corpus.groups} for corpus in corpora]
        )
    if len(shapes[0]) == 1:
        _refuse_shared(
            "file", names, [{os.path.abspath(p) for p in corpus.data} for corpus in corpora]
        )
    return names


def _refuse_shared(what: str, names: list[str], sets: list[set[str]]) -> None:
    counts = Counter(entry for entries in sets for entry in entries)
    shared = sorted(entry for entry, count in counts.items() if count > 1)
    if shared:
        owners = [name for name, entries in zip(names, sets, strict=True) if shared[0] in entries]
        raise ValueError(
            f"combine: {' and '.join(map(repr, owners))} share {len(shared)} {what}s, "
            f"for example {shared[0]!r}. Load each corpus once; if they are different corpora with "
            "one name, load each with its own name."
        )


def _warn_of_labels(corpora: tuple[Bunch, ...], names: list[str]) -> None:
    labels = [{str(label) for label in corpus.target} for corpus in corpora]
    unusual = sorted(set[str]().union(*labels) - labels[0].intersection(*labels) - {*VOCABULARY})
    if unusual:
        where = ", ".join(
            repr(name) for name, own in zip(names, labels, strict=True) if own.intersection(unusual)
        )
        warnings.warn(
            f"combine: the labels {', '.join(map(repr, unusual))} of {where} are neither in all of "
            "the corpora nor of the standard vocabulary; an emotion may have two names. Load all "
            'of them with labels="standard", or each with a dict to the same labels.',
            UserWarning,
            stacklevel=3,
        )

"""Leak checks: the same sound twice, or a speaker in both the training and the test part.

Problems are reported, not repaired; no clip is dropped. What follows from equal fingerprints is in
`findings`.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.validation import _num_samples

from sersk.audio.fingerprints import Unreadable, fingerprint
from sersk.evaluation.findings import Leak, find_leaks
from sersk.evaluation.near_duplicates import NearDuplicate, find_near_duplicates


def check_leaks(
    X: Any,
    y: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    *,
    folds: Iterable[tuple[ArrayLike, ArrayLike]] | None = None,
    near_duplicates: bool = True,
    n_jobs: int | None = None,
    verbose: int | bool | None = None,
) -> list[Leak]:
    """Find problems of the data that make scores too high or too low.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Paths, waveforms of any lengths, or an array with one clip along axis 0.
    y : array-like of shape (n_clips,), default=None
        Labels, to find a sound with two labels.
    groups : array-like of shape (n_clips,), default=None
        Speakers, to find a sound with two speakers, or a speaker on both sides of a fold.
    folds : iterable of (train, test), default=None
        Positions of the training and test clips of each fold, as a splitter yields them.
    near_duplicates : bool, default=True
        Whether to also find copies that are not equal to the bit. It takes several times as long.
    n_jobs : int or None, default=None
        Number of files to read at a time, in threads. The result does not depend on it.
    verbose : int, bool or None, default=None
        Whether to show progress on stderr. None: on a terminal and in a notebook, after two
        seconds; False: never; True: always.

    Returns
    -------
    leaks : list of Leak
        One entry for each set of clips with the same sound (``"same audio"``), and for each pair
        with a part in common (``"near duplicate"``). Further entries if these have ``"two
        labels"`` or ``"two speakers"``. One entry for each fold with a speaker or a sound on both
        sides. One entry for all unreadable files. Empty if nothing was found.

    Raises
    ------
    TypeError
        If X is a corpus, rather than its ``data``.
    ValueError
        If X is empty, or y or groups are of another length.

    See Also
    --------
    evaluate_speaker_independent : Checks for leaks first, and lists them in its report.

    Notes
    -----
    Two sounds are the same if their decoded samples, mixed down to mono, are equal to the bit,
    except for zeros at their ends. This finds copies under another name, copies encoded again
    without loss (WAV as FLAC), and padded copies. Two takes of one sentence are different sounds.

    Two files are near duplicates if at least half a second of their sound is the same recording:
    resampled, louder or softer, cut at the ends, compressed with loss (MP3, Ogg), or cut so that
    they overlap. Sub-fingerprints of the spectrum propose pairs [1]_, and correlation of the
    waveforms decides. Two takes of one sentence by one speaker are not near duplicates. Copies with
    another tempo or pitch are not found. Near duplicates among arrays are not found either, as
    arrays may be features.

    Files that do not exist or can't be decoded count as different from all others.

    References
    ----------
    .. [1] J. Haitsma, T. Kalker (2002). A highly robust audio fingerprinting system. ISMIR.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import check_leaks
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=100) for _ in range(4)]
    >>> X.append(X[0].copy())
    >>> for leak in check_leaks(X, ["sad", "sad", "calm", "calm", "calm"]):
    ...     print(leak)
    same audio: clip 0 of X, clip 4 of X
    two labels: clip 0 of X ('sad'), clip 4 of X ('calm')
    """
    if isinstance(X, Mapping):
        raise TypeError(
            f"check_leaks: X is of type {type(X).__name__}; pass the parts of a corpus: "
            "check_leaks(corpus.data, corpus.target, corpus.groups)."
        )
    n_clips = _num_samples(X)
    if n_clips == 0:
        raise ValueError("check_leaks: X has 0 clips; at least 1 is needed.")
    labels = _column(y, "y", n_clips)
    speakers = _column(groups, "groups", n_clips)
    prints = fingerprint(X, n_jobs, verbose)
    pairs = [(np.asarray(train), np.asarray(test)) for train, test in folds or ()]
    near = compare(files_of(X), prints, n_jobs, verbose) if near_duplicates else []
    return find_leaks(prints, clip_names(X), labels, speakers, pairs, near)


def files_of(X: Any) -> list[str | None]:
    """Return the path of each clip, or None for a clip that is not a file.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Paths, waveforms, or features.

    Returns
    -------
    files : list of str or None
        One entry for each clip.
    """
    if not isinstance(X, (list, tuple)):
        if not hasattr(X, "__array__") or np.ndim(X) != 1:
            return [None] * _num_samples(X)
        X = np.asarray(X)
    return [os.fspath(x) if isinstance(x, (str, os.PathLike)) else None for x in X]


def compare(
    files: Sequence[str | None],
    prints: Sequence[Hashable],
    n_jobs: int | None = None,
    verbose: int | bool | None = None,
) -> list[NearDuplicate]:
    """Return the pairs of files that share a part of a recording, without exact copies.

    Parameters
    ----------
    files : sequence of (str or None)
        Paths, as `files_of` returns them.
    prints : sequence of shape (n_clips,)
        Fingerprints, as `fingerprint` returns them.
    n_jobs : int or None, default=None
        Number of files to read at a time, in threads.
    verbose : int, bool or None, default=None
        Whether to show progress on stderr. None: on a terminal and in a notebook, after two
        seconds; False: never; True: always.

    Returns
    -------
    pairs : list of NearDuplicate
        Pairs by position; of exact copies, only the first is compared.
    """
    paths: dict[int, str] = {}
    known: set[Hashable] = set()
    for i, (path, one) in enumerate(zip(files, prints, strict=True)):
        if path is not None and not isinstance(one, Unreadable) and one not in known:
            paths[i] = path
            known.add(one)
    return find_near_duplicates(paths, n_jobs, verbose)


def clip_names(X: Any) -> list[str]:
    """Return names of the clips of X for messages.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Paths, waveforms, or features.

    Returns
    -------
    names : list of str
        The paths, in quotes, or ``"clip 3 of X"``.
    """
    if hasattr(X, "__array__") and np.ndim(X) == 1:
        X = list(np.asarray(X))
    if isinstance(X, (list, tuple)):
        return [
            f"{str(x)!r}" if isinstance(x, str) or hasattr(x, "__fspath__") else f"clip {i} of X"
            for i, x in enumerate(X)
        ]
    return [f"clip {i} of X" for i in range(_num_samples(X))]


def _column(values: ArrayLike | None, name: str, n_clips: int) -> NDArray[Any] | None:
    if values is None:
        return None
    column: NDArray[Any] = column_or_1d(values)
    if len(column) != n_clips:
        raise ValueError(
            f"check_leaks: X has {n_clips} clips, but {name} has {len(column)} entries; pass one "
            "for each clip."
        )
    return column

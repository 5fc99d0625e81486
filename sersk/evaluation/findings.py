"""Problems of the data, derived from the fingerprints, labels and speakers of the clips.

The fingerprints are made in `sersk.audio.fingerprints`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.audio.fingerprints import Unreadable
from sersk.evaluation.near_duplicates import NearDuplicate

_N_SHOWN = 10

Folds = Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]


@dataclass(frozen=True)
class Leak:
    """One problem of the data.

    Attributes
    ----------
    kind : {"same audio", "near duplicate", "two labels", "two speakers", \
            "speaker on both sides", "audio on both sides", "unreadable"}
        Kind of the problem.
    clips : tuple of int
        Positions of the affected clips in X.
    message : str
        The problem in words, with the names of the clips.

    See Also
    --------
    check_leaks : Finds them.

    Examples
    --------
    >>> from sersk.evaluation import Leak
    >>> print(Leak("same audio", (0, 3), "clips 0 and 3 of X are the same sound"))
    same audio: clips 0 and 3 of X are the same sound
    """

    kind: str
    clips: tuple[int, ...]
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


def find_leaks(
    prints: Sequence[Hashable],
    names: Sequence[str],
    y: NDArray[Any] | None,
    groups: NDArray[Any] | None,
    folds: Folds,
    near: Sequence[NearDuplicate] = (),
) -> list[Leak]:
    """Return the problems of the data.

    Parameters
    ----------
    prints : sequence of shape (n_clips,)
        Fingerprints.
    names : sequence of str
        Names of the clips in messages.
    y : ndarray of shape (n_clips,) or None
        Labels.
    groups : ndarray of shape (n_clips,) or None
        Speakers.
    folds : sequence of (train, test)
        Positions of the training and test clips of each fold.
    near : sequence of NearDuplicate, default=()
        Pairs of clips that share a part of a recording.

    Returns
    -------
    leaks : list of Leak
        As `check_leaks` returns them.
    """
    leaks = []
    unreadable = [one for one in prints if isinstance(one, Unreadable)]
    if unreadable:
        words = [f"{names[one.position]} {one.reason}" for one in unreadable]
        clips = tuple(one.position for one in unreadable)
        leaks.append(Leak("unreadable", clips, _listing(words, "; ")))
    by_print: dict[Hashable, list[int]] = {}
    for i, one in enumerate(prints):
        by_print.setdefault(one, []).append(i)
    for clips in map(tuple, by_print.values()):
        if len(clips) > 1:
            leaks.append(Leak("same audio", clips, _listing([names[i] for i in clips])))
            leaks += _contradictions(clips, names, y, groups)
    alike: dict[Hashable, set[Hashable]] = {one: {one} for one in prints}
    for first, second, seconds in near:
        said = f"{names[first]}, {names[second]} ({seconds:.2f} s in common)"
        leaks.append(Leak("near duplicate", (first, second), said))
        leaks += _contradictions((first, second), names, y, groups)
        alike[prints[first]].add(prints[second])
        alike[prints[second]].add(prints[first])
    for number, (train, test) in enumerate(folds, start=1):
        leaks += _across(number, train, test, prints, alike, names, groups)
    return leaks


def _contradictions(
    clips: tuple[int, ...],
    names: Sequence[str],
    y: NDArray[Any] | None,
    groups: NDArray[Any] | None,
) -> list[Leak]:
    leaks = []
    for kind, values in (("two labels", y), ("two speakers", groups)):
        if values is not None and len({values[i] for i in clips}) > 1:
            said = [f"{names[i]} ({_plain(values[i])!r})" for i in clips]
            leaks.append(Leak(kind, clips, _listing(said)))
    return leaks


def shared_speakers(groups: NDArray[Any], train: NDArray, test: NDArray) -> list[Any]:
    """Return the speakers in both the training and the test part.

    Parameters
    ----------
    groups : ndarray of shape (n_clips,)
        Speakers.
    train, test : ndarray of int
        Positions of the training and of the test clips.

    Returns
    -------
    speakers : list
        Sorted.
    """
    both = set(groups[train].tolist()) & set(groups[test].tolist())
    return sorted(both, key=str)


def _across(
    number: int,
    train: NDArray,
    test: NDArray,
    prints: Sequence[Hashable],
    alike: Mapping[Hashable, set[Hashable]],
    names: Sequence[str],
    groups: NDArray[Any] | None,
) -> list[Leak]:
    leaks = []
    shared = [] if groups is None else shared_speakers(groups, train, test)
    if shared:
        clips = tuple(
            i for i in sorted({*train, *test}) if groups is not None and groups[i] in shared
        )
        who = _listing([repr(speaker) for speaker in shared])
        leaks.append(Leak("speaker on both sides", clips, f"fold {number}: {who}"))
    trained = {prints[i] for i in train}
    repeated = tuple(int(i) for i in test if not trained.isdisjoint(alike[prints[i]]))
    if repeated:
        words = f"fold {number}: {_listing([names[i] for i in repeated])} of the test part"
        leaks.append(Leak("audio on both sides", repeated, words))
    return leaks


def _listing(words: Sequence[str], separator: str = ", ") -> str:
    more = len(words) - _N_SHOWN
    return separator.join(words[:_N_SHOWN]) + (f"{separator}and {more} more" if more > 0 else "")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value

"""The validation split: clips that are set apart for early stopping and the learning rate.

The split is by clip, or by speaker if speakers are known. It comes before views are
flattened, so that no view of a validation clip is trained on.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit


def split_clips(
    y: NDArray[Any],
    groups: NDArray[Any] | None,
    validation_split: Any,
    seed: int,
    used: NDArray[np.intp] | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Set clips apart for early stopping and the learning rate.

    Parameters
    ----------
    y : ndarray of shape (n_clips,)
        Labels.
    groups : ndarray of shape (n_clips,) or None
        Speakers; if given, no speaker is on both sides.
    validation_split : float or splitter
        About this share of the clips, or an object with a ``split`` method whose first split
        is taken.
    seed : int
        Seed of the draw.
    used : ndarray of int or None, default=None
        Positions of the clips to split; None for all.

    Returns
    -------
    train : ndarray of int
        Positions of the clips to train on, in ascending order.
    validation : ndarray of int
        Positions of the others, in ascending order; empty if `validation_split` is 0.

    Raises
    ------
    ValueError
        If there are too few clips or speakers for the split, a class is left without a
        training clip, or a splitter lets a clip or a speaker into both sides.
    """
    if used is not None:
        speakers = None if groups is None else groups[used]
        train, validation = split_clips(y[used], speakers, validation_split, seed)
        return used[train], used[validation]
    clips = np.arange(len(y))
    if hasattr(validation_split, "split"):
        train, validation = next(iter(validation_split.split(clips, y, groups)))
    elif validation_split == 0:
        return clips, clips[:0]
    elif groups is not None:
        train, validation = _split_by_speaker(y, groups, validation_split, seed)
    else:
        train, validation = _split_by_clip(y, validation_split, seed)
    train, validation = np.sort(train), np.sort(validation)
    _check_disjoint(train, validation, "clip")
    if groups is not None:
        _check_disjoint(groups[train], groups[validation], "speaker")
    missing = np.setdiff1d(y, y[train])
    if len(missing):
        raise ValueError(
            f"validation_split={validation_split!r} leaves no training clip of the classes "
            f"{missing.tolist()}: all of theirs are in the validation part. Use more speakers, "
            "a smaller validation_split, or validation_split=0 (no early stopping)."
        )
    return train, validation


def _split_by_speaker(
    y: NDArray[Any], groups: NDArray[Any], share: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    n_speakers = len(np.unique(groups))
    if n_speakers < 2:
        raise ValueError(
            f"validation_split={share} by speaker needs clips of at least 2 speakers, but groups "
            f"names {n_speakers}. Add speakers, pass no groups (the split is then by clip), or "
            "validation_split=0 (no early stopping)."
        )
    # Whole speakers are drawn, with classes as even as possible. A fold that leaves a class without
    # training clips is skipped if there is another.
    n_splits = min(n_speakers, max(2, round(1 / share)))
    n_splits = max(2, min(n_splits, int(np.unique(y, return_counts=True)[1].max())))
    cv = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # a class rarer than n_splits can't be in every fold; only one fold is wanted here
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        splits = list(cv.split(y, y, groups))
    whole = [s for s in splits if len(s[1]) and len(np.unique(y[s[0]])) == len(np.unique(y))]
    return (whole or splits)[0]


def _split_by_clip(
    y: NDArray[Any], share: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    classes, counts = np.unique(y, return_counts=True)
    # one clip of each class on both sides at the least
    n_validation = max(len(classes), round(share * len(y)))
    if counts.min() >= 2 and n_validation > len(y) - len(classes):
        raise ValueError(
            f"validation_split={share} leaves {len(y) - n_validation} of {len(y)} clips to train "
            f"on, for {len(classes)} classes. Pass a smaller one, or validation_split=0 (no early "
            "stopping)."
        )
    if counts.min() < 2:
        raise ValueError(
            f"validation_split={share} needs at least 2 clips of every class, but class "
            f"{classes[counts.argmin()]!r} has {counts.min()} (of {len(y)} clips in all). Add "
            "clips, or pass validation_split=0 (no early stopping)."
        )
    cv = StratifiedShuffleSplit(n_splits=1, test_size=n_validation, random_state=seed)
    return next(cv.split(y, y))


def _check_disjoint(train: NDArray[Any], validation: NDArray[Any], what: str) -> None:
    both = np.intersect1d(train, validation)
    if len(both):
        raise ValueError(
            f"the splitter given as validation_split puts {len(both)} {what}(s) into both the "
            f"training and the validation part, the first: {both[:5].tolist()}. Early stopping "
            f"would watch what it trains on; use a splitter that keeps every {what} on one side."
        )

"""Folds: the training and test clips of each fit, and the checks before the first fit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _num_samples

from sersk._utils.columns import check_columns
from sersk.evaluation._counting import count
from sersk.evaluation.findings import Folds, shared_speakers


def check_data(who: str, X: Any, y: Any, groups: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return y and groups as arrays, or raise."""
    if groups is None:
        raise ValueError(
            f"{who}: groups is None, but without speakers no score is speaker-independent. Pass "
            "the speaker of each clip; load_audio_folder and load_table find them with speaker=."
        )
    if y is None:
        raise ValueError(f"{who}: y is None; pass the label of each clip.")
    if _num_samples(X) == 0:
        raise ValueError(f"{who}: X has 0 clips; at least 2 speakers with a clip each are needed.")
    check_columns(who, X, y, groups=groups)
    labels, speakers = (column_or_1d(np.asarray(values)) for values in (y, groups))
    check_classification_targets(labels)
    return labels, speakers


def check_seeds(who: str, seeds: Any) -> list[int]:
    """Return the seeds as a list of different integers, or raise."""
    several = [seeds] if isinstance(seeds, Integral) else list(seeds)
    right = several and all(isinstance(s, Integral) and int(s) >= 0 for s in several)
    if not right or len(set(several)) < len(several):
        raise ValueError(f"{who}: seeds={seeds!r}; pass different integers from 0, such as (0, 1).")
    return [int(seed) for seed in several]


def make_folds(who: str, cv: Any, y: NDArray, groups: NDArray) -> Folds:
    """Return the positions of training and test clips of each fold, checked."""
    n_speakers = len(np.unique(groups))
    if n_speakers < 2:
        raise ValueError(
            f"{who}: all clips are of one speaker, {groups.tolist()[0]!r}; at least 2 are needed, "
            "to test on an unseen speaker."
        )
    if len(np.unique(y)) < 2:
        raise ValueError(f"{who}: all clips have the label {y.tolist()[0]!r}; at least 2 needed.")
    if isinstance(cv, str):
        if cv != "leave-one-speaker-out":
            raise ValueError(
                f"{who}: cv={cv!r}; it takes 'leave-one-speaker-out', a number of folds, a "
                "splitter, or (train, test) pairs."
            )
        cv = LeaveOneGroupOut()
    elif isinstance(cv, Integral):
        if not 2 <= int(cv) <= n_speakers:
            raise ValueError(
                f"{who}: cv={cv} folds of {n_speakers} speakers; it should be from 2 to "
                f"{n_speakers}, or 'leave-one-speaker-out'."
            )
        cv = StratifiedGroupKFold(int(cv), shuffle=True, random_state=0)
    pairs = _split(who, cv, y, groups) if hasattr(cv, "split") else cv
    folds = [_check_fold(who, number, pair, y, groups) for number, pair in enumerate(pairs, 1)]
    if not folds:
        raise ValueError(f"{who}: cv gives no folds; at least 1 is needed.")
    return folds


def _split(who: str, cv: Any, y: NDArray, groups: NDArray) -> list[Any]:
    for label in np.unique(y):
        speakers = np.unique(groups[y == label])
        if len(speakers) == 1:
            raise ValueError(
                f"{who}: only speaker {speakers.tolist()[0]!r} has clips of {_quoted([label])}; a "
                "fold that tests this speaker would train without the class. Leave the class out, "
                "or add speakers."
            )
    with warnings.catch_warnings():  # _check_fold checks the same
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
        return list(cv.split(np.zeros(len(y)), y, groups))


def _check_fold(
    who: str, number: int, pair: Any, y: NDArray, groups: NDArray
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    try:
        train, test = (np.asarray(side) for side in pair)
    except (TypeError, ValueError):
        raise ValueError(
            f"{who}: fold {number} of cv is no pair (train, test) of positions of clips."
        ) from None
    sides = []
    for name, side in (("training", train), ("test", test)):
        positions = np.flatnonzero(side) if side.dtype == bool and len(side) == len(y) else side
        if not len(positions):
            raise ValueError(f"{who}: fold {number} has no {name} clips. Pass fewer folds.")
        good = positions.dtype.kind in "iu" and positions.ndim == 1
        if not good or positions.min() < 0 or positions.max() >= len(y):
            raise ValueError(
                f"{who}: the {name} part of fold {number} should hold positions of clips, from 0 "
                f"to {len(y) - 1}."
            )
        sides.append(positions.astype(np.intp))
    train, test = sides
    check_speakers(
        who, f"fold {number} has speakers both in training and in test", groups, train, test
    )
    check_classes(who, f"the training part of fold {number}", y[train], y)
    return train, test


def check_speakers(who: str, problem: str, groups: NDArray, train: NDArray, test: NDArray) -> None:
    """Raise if a speaker is in both the training and the test part."""
    if shared := shared_speakers(groups, train, test):
        raise ValueError(
            f"{who}: {problem}: {_quoted(shared)}. Split by speaker, as GroupKFold does; if they "
            "are different people, give them different names."
        )


def check_classes(who: str, where: str, y_train: NDArray, y: NDArray) -> None:
    """Raise if a label is not in the training part."""
    if unknown := sorted(set(y.tolist()) - set(y_train.tolist()), key=str):
        raise ValueError(
            f"{who}: {where} has no clip of {_quoted(unknown)}, so no model could ever predict it. "
            "Leave these clips out, or take other folds."
        )


def untested(folds: Folds, y: NDArray) -> list[str]:
    """Return notes on classes and clips that the folds do not test."""
    notes = []
    n_classes = len(np.unique(y))
    few = [n for n, (_, test) in enumerate(folds, 1) if len(np.unique(y[test])) < n_classes]
    if few:
        listed = ", ".join(map(str, few[:10])) + (", ..." if len(few) > 10 else "")
        test, fold = ("tests", "fold") if len(few) == 1 else ("test", "folds")
        notes.append(
            f"{len(few)} of {count(len(folds), 'fold')} {test} fewer than the {n_classes} classes "
            f"({fold} {listed}): the UAR of such a fold is the mean over the classes tested there."
        )
    tested = np.bincount(np.concatenate([test for _, test in folds]), minlength=len(y))
    if not tested.all():
        n = int(np.sum(tested == 0))
        notes.append(f"{n} of {count(len(y), 'clip')} {_are(n)} in no test part.")
    if (tested > 1).any():
        n = int(np.sum(tested > 1))
        notes.append(f"{count(n, 'clip')} {_are(n)} tested in more than one fold.")
    return notes


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _quoted(values: Sequence[Any]) -> str:
    words = [repr(value.item() if isinstance(value, np.generic) else value) for value in values]
    return ", ".join(words[:10]) + (f" and {len(words) - 10} more" if len(words) > 10 else "")

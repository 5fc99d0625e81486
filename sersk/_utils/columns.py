"""Checks of what is given for each clip (labels, speakers, weights) before anything is computed.

They look at the values alone, so that they are the same wherever these are given, and take
milliseconds. What a classifier needs beyond is checked in `sersk.classifiers`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets


def check_columns(
    who: str, X: Any, y: Any, *, groups: Any = None, sample_weight: Any = None
) -> None:
    """Raise if labels, speakers or weights are unfit, in number or in value.

    Parameters
    ----------
    who : str
        Name in error messages.
    X : sequence of length n_clips
        The clips, whose number is looked at.
    y : array-like of shape (n_clips,) or None
        Labels.
    groups : array-like of shape (n_clips,) or None, default=None
        Speakers.
    sample_weight : array-like of shape (n_clips,) or None, default=None
        Weights.

    Raises
    ------
    ValueError
        If lengths differ, a label, speaker or weight is missing, labels or speakers are of several
        types, or a weight is negative, infinite or no number.

    Examples
    --------
    >>> from sersk._utils.columns import check_columns
    >>> check_columns("fit", ["a.wav", "b.wav"], ["sad", None])
    Traceback (most recent call last):
    ValueError: fit: y is missing for 1 clip (the first is clip 1); drop them from X, y and groups.
    """
    given = {"y": y, "groups": groups, "sample_weight": sample_weight}
    columns = {name: values for name, values in given.items() if values is not None}
    check_lengths(who, {"X": X, **columns})
    for name, values in columns.items():
        if name == "sample_weight":
            check_weights(who, values)
        else:
            check_values(who, name, values)


def check_lengths(who: str, columns: dict[str, Any]) -> None:
    """Raise if columns have different lengths.

    Parameters
    ----------
    who : str
        Name in the error message.
    columns : dict of str to sequence
        The columns by name. One without a length is not looked at.

    Raises
    ------
    ValueError
        With all lengths.
    """
    lengths = {name: _count(values) for name, values in columns.items()}
    if len({length for length in lengths.values() if length is not None}) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"{who}: lengths differ: {said}. Each needs one entry a clip.")


def check_values(who: str, name: str, values: Any) -> None:
    """Raise if labels or speakers are missing for clips, or of several types.

    Parameters
    ----------
    who : str
        Name in error messages.
    name : {"y", "groups"}
        Name of the column.
    values : array-like of shape (n_clips,)
        The labels or speakers.

    Raises
    ------
    ValueError
        With the position of the first clip without a value.
    """
    # before conversion: NumPy turns ["sad", nan] and ["sad", 0] into two strings
    given = as_objects(values)
    if (missing := find_missing(given)).size:
        clips = "1 clip" if missing.size == 1 else f"{missing.size} clips"
        raise ValueError(
            f"{who}: {name} is missing for {clips} (the first is clip {missing[0]}); drop them "
            "from X, y and groups."
        )
    if given.ndim == 1 and len({isinstance(value, str) for value in given.tolist()}) > 1:
        raise ValueError(
            f"{who}: {name} mixes strings with values of other types; make them of one type."
        )


def check_classes(who: str, y: Any) -> None:
    """Raise if there are no labels, or they are not one of some classes for each clip.

    Parameters
    ----------
    who : str
        Name in error messages.
    y : array-like of shape (n_clips,) or None
        The labels.

    Raises
    ------
    ValueError
        With the shape of the labels, or their kind.
    """
    if y is None:
        raise ValueError(f"{who} requires y to be passed, but the target y is None.")
    try:
        column_or_1d(y)
        check_classification_targets(y)
    except ValueError as error:
        raise ValueError(f"{who}: {error}") from None


def check_weights(who: str, values: Any) -> None:
    """Raise if a weight is missing, negative, infinite or no number.

    Parameters
    ----------
    who : str
        Name in error messages.
    values : array-like of shape (n_clips,) or number
        The weights.

    Raises
    ------
    ValueError
        With the position of the first such clip.
    """
    given = as_objects(values)
    for i, value in enumerate(given.flat):
        try:
            right = 0 <= float(value) < np.inf
        except (TypeError, ValueError):
            right = False
        if not right:
            raise ValueError(
                f"{who}: sample_weight of clip {i} is {value}; weights are finite numbers from 0 "
                "on. Weight 0 leaves a clip out."
            )


def as_objects(values: Any) -> NDArray[np.object_]:
    """Return a column as Python objects, None where it is masked.

    Parameters
    ----------
    values : array-like of shape (n_clips,)
        The column.

    Returns
    -------
    objects : ndarray of object of shape (n_clips,)
        Its values as they are.
    """
    objects = np.array(values, dtype=object)
    if isinstance(values, np.ma.MaskedArray):
        objects[np.ma.getmaskarray(values)] = None
    return objects


def find_missing(values: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the positions of missing values: None, NaN, and pandas's NA and NaT.

    Parameters
    ----------
    values : ndarray of object of shape (n_clips,)
        The values.

    Returns
    -------
    positions : ndarray of int
        In order.
    """
    return np.array([i for i, value in enumerate(values.flat) if _is_missing(value)], dtype=np.intp)


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    # NaN, and NumPy's NaT, are not equal to themselves
    return isinstance(value, (float, np.generic)) and bool(value != value)


def _count(values: Any) -> int | None:
    shape = getattr(values, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    return len(values) if hasattr(values, "__len__") else None

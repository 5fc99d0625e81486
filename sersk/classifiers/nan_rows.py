"""Clips without features, which could not be read: named where a classifier refuses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_MOST_NAMED = 5


@contextmanager
def naming_nan_rows(X: Any, estimator: Any) -> Iterator[None]:
    """Say which clips are NaN, and what to do, if a check of `X` raises because of NaN.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Features.
    estimator : estimator
        The estimator that messages name.

    Raises
    ------
    ValueError
        Instead of that of scikit-learn, which recommends an imputer or another classifier.
    """
    try:
        yield
    except ValueError as error:
        if "NaN" not in str(error):
            raise
        rows = _find_nan_rows(X)
        if not len(rows):
            raise
        named = ", ".join(map(str, rows[:_MOST_NAMED]))
        more = f" and {len(rows) - _MOST_NAMED} more" if len(rows) > _MOST_NAMED else ""
        raise ValueError(
            f"Input X contains NaN. {type(estimator).__name__}: clips {named}{more} of X have "
            'features of NaN. Those of a clip that could not be read (on_error="nan") are: drop '
            "these clips. A pipeline of make_ser_pipeline predicts the others."
        ) from error


def _find_nan_rows(X: Any) -> np.ndarray:
    values = np.asarray(X)
    if values.dtype.kind != "f" or values.ndim < 2:
        return np.empty(0, np.intp)
    return np.flatnonzero(np.isnan(values).any(axis=tuple(range(1, values.ndim))))

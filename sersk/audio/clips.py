"""What the X of an `AudioLoader` may be, and the errors for what it may not.

No file is opened here, and no sample looked at.
"""

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils import check_array

# What X becomes: a path is a str, a missing path None, a waveform an array of one dimension.
Clip = str | NDArray | None
Clips = Sequence[Clip] | NDArray

_KINDS = (
    "X is a list, array or Series of paths, a list of 1-D waveforms, or an array of "
    "waveforms of shape (n_clips, n_samples)"
)


def check_clips(X: Any, who: str) -> Clips:
    """Return X as one sequence of clips.

    Parameters
    ----------
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        Paths (str or `pathlib.Path`), waveforms of any lengths, or an array of
        waveforms of one length.
    who : str
        Whom an error message names.

    Returns
    -------
    clips : list or ndarray of shape (n_clips, n_samples)
        A list holds paths as str and None for missing ones, or waveforms.

    Raises
    ------
    TypeError
        If `X` or one of its clips is of another kind.
    ValueError
        If `X` is empty, of the wrong number of dimensions, or of a dtype that is no sound.
    """
    if isinstance(X, (str, PurePath)):
        raise TypeError(f"{who}: X is the single path {str(X)!r}; pass a list, [path].")
    if isinstance(X, (bytes, bytearray)) or hasattr(X, "read") or not _is_sequence(X):
        raise TypeError(
            f"{who}: X is of type {type(X).__name__}. {_KINDS}; write bytes and streams to "
            "files first, and turn an iterator into a list."
        )
    if issparse(X):  # the message names sparse input as scikit-learn's own does
        check_array(X, accept_sparse=False)
    if not isinstance(X, (list, tuple)):
        X = np.asarray(X)
        if X.ndim != 1 or X.dtype.kind not in "OUST":
            return _check_waveform_array(X, who)
    if len(X) == 0:
        raise ValueError(f"{who}: X has 0 clips; at least 1 is needed.")
    if any(isinstance(clip, (str, os.PathLike)) for clip in X):
        return [_check_path(clip, i, who) for i, clip in enumerate(X)]
    return [check_waveform(clip, i, who) for i, clip in enumerate(X)]


def _is_sequence(X: Any) -> bool:
    return isinstance(X, (list, tuple)) or hasattr(X, "__array__") or issparse(X)


def _check_waveform_array(X: NDArray, who: str) -> NDArray:
    if X.dtype.kind in "US" or (X.dtype.kind == "O" and _holds_paths(X)):
        raise ValueError(
            f"{who}: X holds paths and has shape {X.shape}; paths have shape (n_clips,). Pass "
            "X.ravel(), or of a data frame its column: frame['path'], not frame[['path']]."
        )
    if X.ndim == 1:
        raise ValueError(
            f"{who}: X is a 1-D array of numbers; waveforms have shape (n_clips, n_samples). "
            "Reshape your data with X[np.newaxis], or pass [X], if it is one waveform."
        )
    if X.ndim != 2:
        raise ValueError(
            f"{who}: X has shape {X.shape}; waveforms have shape (n_clips, n_samples). Views "
            "of clips come after the loader, several channels are averaged before it."
        )
    # No dtype asked for, so that nothing is copied and integers keep their full scale.
    X = check_array(X, ensure_all_finite=False, estimator=who, input_name="X")
    _check_dtype(X.dtype, "X", who)
    return X


def _holds_paths(X: NDArray) -> bool:
    return any(isinstance(value, (str, os.PathLike)) for value in X.flat)


def _check_path(path: Any, i: int, who: str) -> str | None:
    if isinstance(path, (str, os.PathLike)):
        return os.fsdecode(path)
    # What pandas has where a cell is empty: None, NaN or NA.
    if (
        path is None
        or type(path).__name__ == "NAType"
        or (isinstance(path, float) and path != path)
    ):
        return None
    raise TypeError(
        f"{who}: X holds paths, but clip {i} of X is of type {type(path).__name__}. {_KINDS}."
    )


def check_waveform(waveform: Any, i: int, who: str) -> NDArray:
    is_sequence = _is_sequence(waveform) and not issparse(waveform)
    samples = np.asarray(waveform) if is_sequence else None
    if samples is None or samples.dtype.kind in "OUST":
        raise TypeError(
            f"{who}: clip {i} of X is of type {type(waveform).__name__}, neither a path nor "
            f"a waveform. {_KINDS}."
        )
    if samples.ndim != 1:
        raise ValueError(
            f"{who}: clip {i} of X has shape {samples.shape}; a waveform in a list has shape "
            "(n_samples,). Average its channels first."
        )
    _check_dtype(samples.dtype, f"clip {i} of X", who)
    return samples


def _check_dtype(dtype: np.dtype, name: str, who: str) -> None:
    if dtype.kind == "f" or (dtype.kind in "iu" and dtype.itemsize <= 4):
        return
    problem = "Complex data not supported: " if dtype.kind == "c" else ""
    raise ValueError(
        f"{who}: {problem}{name} has dtype {dtype}; waveforms are floats in [-1, 1], or "
        "integers of at most 32 bits, which are scaled by the full scale of their dtype. "
        "Convert to the dtype that the sound had, for example X.astype('int16')."
    )

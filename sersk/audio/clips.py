"""What a clip may be: check the clips of an X, scale and check their samples.

No file is opened here; `sersk.audio.reading` does that.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.utils import check_array

from sersk.audio._foreign import describe_foreign
from sersk.base.arrays import LOUDEST as LOUDEST  # also the limit of files
from sersk.base.arrays import describe_loudness, refuse_channels, refuse_mask

#: A clip after `check_clips`: a path as str, a missing path as None, or a 1-D waveform.
Clip = str | NDArray | None
#: All clips of an X after `check_clips`.
Clips = Sequence[Clip] | NDArray

NO_SAMPLES = "has 0 samples; a clip needs at least 1"

_KINDS = (
    "X is a list, array or Series of paths, a list of 1-D waveforms, or an array of "
    "waveforms of shape (n_clips, n_samples)"
)


class UnusableClipError(Exception):
    """A clip cannot be used; the message is the reason, to be put after the name of the clip.

    See Also
    --------
    sersk.audio.loading.AudioFileError : The error for many clips, with their names.

    Examples
    --------
    >>> from sersk.audio.clips import UnusableClipError
    >>> from sersk.audio.reading import read_sound
    >>> try:
    ...     read_sound("nowhere.wav")
    ... except UnusableClipError as reason:
    ...     print(f"nowhere.wav {reason}")
    nowhere.wav does not exist
    """


def as_sequence(X: Any, who: str) -> Any:
    """Return X in a form that is sliced by position.

    Parameters
    ----------
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        The clips; not looked at one by one.
    who : str
        Name in error messages.

    Returns
    -------
    clips : sequence
        The clips: a list as it is, anything of pandas as an array.

    Raises
    ------
    TypeError
        If `X` is no sequence.
    ValueError
        If `X` has no clips, or its rows are the frames of one recording.
    """
    _refuse_foreign(X, who)
    refuse_mask(X, "X", who)
    if not hasattr(X, "__len__") and hasattr(X, "__array__"):
        X = np.asarray(X)
    _refuse_path(X, who)
    if isinstance(X, bytes) or not hasattr(X, "__len__") or getattr(X, "shape", 1) == ():
        raise TypeError(
            f"{who}: X is of type {type(X).__name__}; pass a list or array of clips (for a "
            "single one, [clip])."
        )
    if hasattr(X, "iloc"):  # a pandas Series or DataFrame would be sliced by label
        X = X.to_numpy()
    if len(X) == 0:
        raise ValueError(f"{who}: X has 0 clips; at least 1 is needed.")
    refuse_channels(X, who)
    return X


def check_clips(X: Any, who: str, first: int = 0) -> Clips:
    """Return X as one sequence of clips.

    Parameters
    ----------
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        Paths (str or `pathlib.Path`), waveforms of any lengths, or an array of
        waveforms of one length.
    who : str
        Name in error messages.
    first : int, default=0
        Position of the first clip in the whole X, if `X` is a part of it.

    Returns
    -------
    clips : list or ndarray of shape (n_clips, n_samples)
        A list holds paths as str and None for missing ones, or waveforms.

    Raises
    ------
    TypeError
        If `X` or one of its clips is of another kind.
    ValueError
        If `X` is empty, of the wrong number of dimensions, of a dtype that holds no sound, masked,
        or one recording of which each frame would be a clip.
    """
    _refuse_foreign(X, who)
    _refuse_path(X, who)
    if isinstance(X, (bytes, bytearray)) or hasattr(X, "read") or not _is_sequence(X):
        raise TypeError(
            f"{who}: X is of type {type(X).__name__}. {_KINDS}; write bytes and streams to "
            "files first, and turn an iterator into a list."
        )
    if issparse(X):  # the message names sparse input as scikit-learn's own does
        check_array(X, accept_sparse=False, input_name="X")
    refuse_mask(X, "X", who)
    if not isinstance(X, (list, tuple)):
        X = np.asarray(X)
        if X.ndim != 1 or X.dtype.kind not in "OUST":
            return _check_waveform_array(X, who, first)
    if len(X) == 0:
        raise ValueError(f"{who}: X has 0 clips; at least 1 is needed.")
    if any(isinstance(clip, (str, os.PathLike)) for clip in X):
        return [_check_path(clip, i, who) for i, clip in enumerate(X, first)]
    refuse_channels(X, who)
    return [check_waveform(clip, i, who) for i, clip in enumerate(X, first)]


def _is_sequence(X: Any) -> bool:
    return isinstance(X, (list, tuple)) or hasattr(X, "__array__") or issparse(X)


def _refuse_path(X: Any, who: str) -> None:
    if isinstance(X, (str, PurePath)):
        raise TypeError(f"{who}: X is the single path {str(X)!r}; pass a list, [path].")


def _refuse_foreign(X: Any, who: str) -> None:
    if foreign := describe_foreign(X):
        raise TypeError(f"{who}: X is {foreign}. {_KINDS}; for a single one, [waveform].")


def _check_waveform_array(X: NDArray, who: str, first: int) -> NDArray:
    if X.dtype.kind in "US" or (X.dtype.kind == "O" and _holds_paths(X)):
        raise ValueError(
            f"{who}: X holds paths and has shape {X.shape}; paths have shape (n_clips,). Pass "
            "X.ravel(), or of a data frame its column: frame['path'], not frame[['path']]."
        )
    if X.dtype.kind == "O" and X.ndim == 2 and (foreign := describe_foreign([*X[0]])):
        raise TypeError(f"{who}: clip {first} of X is {foreign}.")
    if X.dtype.kind == "V":
        raise ValueError(
            f"{who}: X is a structured array with the fields {', '.join(X.dtype.names or ())}; "
            "waveforms are plain numbers. Pass one field, X['name'], or several channels as their "
            "mean."
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
    refuse_channels(X, who)
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
    if foreign := describe_foreign(path):
        raise TypeError(f"{who}: clip {i} of X is {foreign}.")
    raise TypeError(
        f"{who}: X holds paths, but clip {i} of X is of type {type(path).__name__}. {_KINDS}."
    )


def check_waveform(waveform: Any, i: int, who: str) -> NDArray:
    """Return one waveform as an array, in the dtype that it came in.

    Parameters
    ----------
    waveform : array-like of shape (n_samples,)
        The waveform.
    i : int
        Its position in X, for error messages.
    who : str
        Name in error messages.

    Returns
    -------
    samples : ndarray of shape (n_samples,)
        The same samples, not yet scaled.

    Raises
    ------
    TypeError
        If `waveform` is no waveform.
    ValueError
        If it has more than one dimension, a dtype that holds no sound, or a mask.
    """
    if foreign := describe_foreign(waveform):
        raise TypeError(f"{who}: clip {i} of X is {foreign}.")
    refuse_mask(waveform, f"clip {i} of X", who)
    samples = _as_samples(waveform)
    if samples is None or samples.dtype.kind in "OUSTV":
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


def _as_samples(waveform: Any) -> NDArray | None:
    """Return an array, or None of what is no array of numbers."""
    if not _is_sequence(waveform) or issparse(waveform):
        return None
    try:
        return np.asarray(waveform)
    except ValueError:  # lists of different lengths
        return None


def to_float(samples: ArrayLike, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Return a waveform as float32: integers divided by the full scale of their dtype.

    Parameters
    ----------
    samples : array-like
        Samples of any shape: floats, or integers of at most 32 bits.
    out : ndarray of float32 of the same shape or None, default=None
        Where to write scaled integers; None takes new memory.

    Returns
    -------
    scaled : ndarray of float32
        Floats as they are (not copied where they are float32 and C-contiguous); integers scaled to
        [-1, 1), by 32768 for int16. Unsigned integers are centred first, at 128 for uint8.

    Raises
    ------
    ValueError
        If the samples have a dtype that holds no sound, such as int64, bool or complex.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.clips import to_float
    >>> to_float(np.array([-32768, 0, 16384], np.int16)).tolist()
    [-1.0, 0.0, 0.5]
    >>> to_float(np.array([0, 128, 192], np.uint8)).tolist()
    [-1.0, 0.0, 0.5]
    """
    array = np.asarray(samples)
    if array.dtype.kind == "f":
        # What is too large for float32 becomes infinite; check_finite reports it.
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(array, dtype=np.float32)
    _check_dtype(array.dtype, "the waveform")
    full_scale = 2.0 ** (8 * array.dtype.itemsize - 1)
    # float32 holds 16 bits exactly. A product with a power of two is exact, and four times as fast
    # as libsndfile's own scaling, to which it is equal to the bit.
    exact: type[np.floating] = np.float32 if array.dtype.itemsize <= 2 else np.float64
    if array.dtype.kind == "u":
        array = np.subtract(array, exact(full_scale))
    if out is None:
        out = np.empty(array.shape, np.float32)
    return np.multiply(array, exact(1 / full_scale), out=out, casting="same_kind")


def check_finite(samples: NDArray[np.float32], rate: int | None = None, n_before: int = 0) -> None:
    """Raise if samples are NaN, infinite, or far above full scale.

    Parameters
    ----------
    samples : ndarray of float32 of shape (n_samples,)
        A waveform, or a block of one.
    rate : int or None, default=None
        Its rate (Hz), for the time in the message; None gives the number of the sample.
    n_before : int, default=0
        Number of samples of the waveform before these.

    Raises
    ------
    UnusableClipError
        If a sample is NaN or infinite, and the message says where the first one is; or exceeds
        `LOUDEST`, and the message says by what to divide.
    """
    # One pass for each of both: a NaN or an infinity is the result then.
    peak = max(samples.max(initial=0), -samples.min(initial=0))
    if peak <= LOUDEST:
        return
    finite = np.isfinite(samples)
    if finite.all():
        raise UnusableClipError(describe_loudness(float(peak)))
    i = int(np.argmin(finite))
    where = f"is sample {n_before + i}"
    if rate is not None:
        where = f"{(n_before + i) / rate:.3f} s after its start"
    what = "NaN" if np.isnan(samples[i]) else "infinite"
    raise UnusableClipError(f"contains NaN or infinity (the first {where}: {what})")


def _check_dtype(dtype: np.dtype, name: str, who: str = "") -> None:
    if dtype.kind == "f" or (dtype.kind in "iu" and dtype.itemsize <= 4):
        return
    who = who and f"{who}: "
    problem = "Complex data not supported: " if dtype.kind == "c" else ""
    raise ValueError(
        f"{who}{problem}{name} has dtype {dtype}; waveforms are floats in [-1, 1], or "
        "integers of at most 32 bits, which are scaled by the full scale of their dtype. "
        "Convert to the dtype that the sound had, for example X.astype('int16')."
    )

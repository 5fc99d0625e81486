"""Checks of waveforms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array

from sersk.base.arrays import refuse_channels, refuse_mask


def check_waveforms(X: Any, estimator: BaseEstimator) -> NDArray[np.float32]:
    """Return `X` as float32, C-contiguous waveforms; NaN passes, infinity does not.

    Parameters
    ----------
    X : array-like of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
        Waveforms. A float32 C-contiguous array, also a `numpy.memmap`, is not copied.
    estimator : estimator
        Its class name begins the error message.

    Returns
    -------
    X : ndarray of float32
        The same values.

    Raises
    ------
    ValueError
        If `X` has fewer than 2 or more than 3 dimensions, is empty, is not numeric, is masked,
        holds infinite values, or is one recording of which each frame would be a clip.
    """
    who = type(estimator).__name__
    refuse_mask(X, "X", who)
    X = check_array(
        X,
        dtype=np.float32,
        order="C",
        allow_nd=True,
        ensure_all_finite="allow-nan",
        estimator=estimator,
        input_name="X",
    )
    if X.ndim > 3:
        raise ValueError(
            f"{who}: X has shape {X.shape}; waveforms have shape "
            "(n_clips, n_samples) or (n_clips, n_views, n_samples)."
        )
    refuse_channels(X, who)
    return X


def check_n_samples(X: NDArray[np.float32], estimator: BaseEstimator) -> None:
    """Raise if clips have another length than those that a step was fitted on.

    Parameters
    ----------
    X : ndarray of shape (..., n_samples)
        Waveforms.
    estimator : estimator
        The step. One that is not fitted takes any length.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    expected = getattr(estimator, "n_features_in_", X.shape[-1])
    if X.shape[-1] != expected:
        raise ValueError(
            f"X has {X.shape[-1]} features, but {type(estimator).__name__} is expecting "
            f"{expected} features as input (samples a clip). Cut or pad the clips to one "
            "length first, as AudioLoader does."
        )

"""From a clip to its features, by a transformer, a front end or a pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sersk.plotting._clips import read_clip


def prepare(
    estimator: Any, clip: Any, sample_rate: float, who: str
) -> tuple[Any, NDArray[np.float32], float]:
    """Return the step that computes features, its input, and its sample rate.

    Parameters
    ----------
    estimator : estimator
        Feature transformer, front end, or pipeline that begins with one.
    clip : str, path-like or array-like of shape (n_samples,)
        The clip.
    sample_rate : float
        Sample rate (Hz), if the estimator has none.
    who : str
        Name in error messages.

    Returns
    -------
    step : estimator
        A copy, not fitted.
    waveforms : ndarray of float32 of shape (1, n_samples)
        The clip after the steps before `step`, without views.
    sample_rate : float
        Samples a second (Hz).

    Raises
    ------
    ValueError
        If the estimator makes no features, or the clip can't be read.
    """
    if isinstance(estimator, Pipeline) and estimator.steps:
        if isinstance(estimator.steps[0][1], Pipeline):
            estimator = estimator.steps[0][1]  # the front end of a whole system
        *before, step = [step for _, step in estimator.steps if step not in (None, "passthrough")]
    else:
        before, step = [], estimator
    if not hasattr(step, "transform") or not hasattr(step, "get_params"):
        raise ValueError(
            f"{who}: {step!r} makes no features; a feature transformer, such as "
            "MelSpectrogramTransformer(), a FrontEnd, or a pipeline that begins with one is "
            "expected."
        )
    rate = _rate_of(step, sample_rate)
    if before:
        waveforms: Any = [clip]
        for part in before:
            part = clone(part)
            if "n_jobs" in part.get_params():
                part.set_params(n_jobs=None)
            waveforms = part.fit(waveforms).transform(waveforms)
    else:
        waveforms = read_clip(clip, rate, who)[np.newaxis]
    return clone(step), waveforms, rate


def features_of(step: Any, waveforms: NDArray[np.float32], who: str) -> NDArray[np.float32]:
    """Fit the step, which learns nothing from data, and return features of clips or views.

    Parameters
    ----------
    step : estimator
        Feature transformer.
    waveforms : ndarray of shape (n_clips, n_samples)
        Waveforms.
    who : str
        Name in error messages.

    Returns
    -------
    features : ndarray of shape (n_clips, n_bands, n_frames)
        Features of each.

    Raises
    ------
    ValueError
        If the features have another shape.
    """
    features = np.asarray(step.fit(waveforms).transform(waveforms))
    if features.ndim != 3:
        raise ValueError(
            f"{who}: {type(step).__name__} gives shape {features.shape} for {len(waveforms)} "
            "clips; features to draw have shape (n_clips, n_bands, n_frames)."
        )
    return features


def _rate_of(step: Any, default: float) -> Any:
    """Return the sample rate that a feature, or the first of a stack, is set to."""
    params = step.get_params()
    rates = [value for key, value in params.items() if key.rpartition("__")[2] == "sample_rate"]
    return rates[0] if rates else default

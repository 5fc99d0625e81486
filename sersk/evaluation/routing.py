"""Pass speakers to the steps of a pipeline that take them, in training and in prediction."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from sersk._utils.routing import fit_with, takes, transform_with


def fit_by_speaker(estimator: Any, X: Any, y: ArrayLike, groups: ArrayLike | None) -> Any:
    """Fit a classifier, and pass the speakers to each part that takes them.

    Parameters
    ----------
    estimator : estimator
        A classifier, a pipeline that ends in one, or a search over one of these. Pipelines may be
        nested.
    X : array-like of shape (n_clips, ...)
        Input of the estimator: paths, waveforms or features.
    y : array-like of shape (n_clips,)
        Labels.
    groups : array-like of shape (n_clips,) or None
        Speaker of each clip; None if unknown.

    Returns
    -------
    estimator : estimator
        The same estimator, fitted.

    See Also
    --------
    sersk.evaluate_speaker_independent : Cross-validates with this function.

    Notes
    -----
    scikit-learn's metadata routing reports which parts take `groups`. It need not be enabled. A
    part with ``set_fit_request(groups=False)`` gets no speakers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sersk import DiscriminantClassifier, SpeakerNormalizer
    >>> from sersk.evaluation.routing import fit_by_speaker
    >>> rng = np.random.default_rng(0)
    >>> X, y, speakers = rng.normal(size=(24, 5)), np.arange(24) % 2, np.arange(24) // 6
    >>> pipeline = make_pipeline(SpeakerNormalizer(), DiscriminantClassifier())
    >>> fit_by_speaker(pipeline, X, y, speakers)[-1].n_features_in_
    5
    """
    return fit_with(estimator, X, y, groups=groups)


def uses_speakers_to_predict(estimator: Any) -> bool:
    """Return whether a step needs the speakers in prediction.

    Parameters
    ----------
    estimator : estimator
        A pipeline, a search over one, or any other estimator, which has no steps.

    Returns
    -------
    used : bool
        Whether the `transform` of a step takes `groups`.

    Examples
    --------
    >>> from sersk import make_ser_pipeline
    >>> from sersk.evaluation.routing import uses_speakers_to_predict
    >>> pipeline = make_ser_pipeline(preset="functionals", normalization="speaker")
    >>> uses_speakers_to_predict(pipeline)
    True
    """
    if isinstance(estimator, BaseSearchCV):
        return uses_speakers_to_predict(estimator.estimator)
    if not isinstance(estimator, Pipeline):
        return False
    *steps, last = (step for _, step in estimator.steps)
    return any(transforms_by_speaker(step) for step in steps) or uses_speakers_to_predict(last)


def transforms_by_speaker(step: Any) -> bool:
    """Return whether the `transform` of a step takes speakers.

    Parameters
    ----------
    step : transformer or str
        A step of a pipeline.

    Returns
    -------
    taken : bool
        Whether the step or a part of it takes `groups`.

    Examples
    --------
    >>> from sersk import FeatureNormalizer, SpeakerNormalizer
    >>> from sersk.evaluation.routing import transforms_by_speaker
    >>> transforms_by_speaker(SpeakerNormalizer()), transforms_by_speaker(FeatureNormalizer())
    (True, False)
    """
    return hasattr(step, "transform") and takes(step, "transform", "groups")


def transform_by_speaker(step: Any, X: Any, groups: ArrayLike | None) -> Any:
    """Transform clips with a fitted step, and pass the speakers if it takes them.

    Parameters
    ----------
    step : transformer
        A fitted step of a pipeline, which may be a pipeline itself.
    X : array-like of shape (n_clips, ...)
        Input of the step.
    groups : array-like of shape (n_clips,) or None
        Speaker of each clip.

    Returns
    -------
    X_out : array-like of shape (n_clips, ...)
        Output of the step.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import SpeakerNormalizer
    >>> from sersk.evaluation.routing import transform_by_speaker
    >>> X, speakers = np.arange(8.0).reshape(4, 2), ["a", "a", "b", "b"]
    >>> step = SpeakerNormalizer().fit(X, groups=speakers)
    >>> transform_by_speaker(step, X, speakers).tolist()
    [[-1.0, -1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, 1.0]]
    """
    return transform_with(step, X, groups=groups)

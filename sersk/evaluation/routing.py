"""Speakers for the steps of a pipeline that take them, in training and in prediction."""

from typing import Any

from numpy.typing import ArrayLike
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from sersk._utils.routing import fit_with, takes, transform_with


def fit_by_speaker(estimator: Any, X: Any, y: ArrayLike, groups: ArrayLike | None) -> Any:
    """Fit a classifier, with speakers for each of its parts that takes them.

    Parameters
    ----------
    estimator : estimator
        A classifier, a pipeline that ends in one, or a search over such; pipelines may be steps
        of pipelines.
    X : array-like of shape (n_clips, ...)
        Its input: paths, waveforms or features.
    y : array-like of shape (n_clips,)
        Labels.
    groups : array-like of shape (n_clips,) or None
        Speaker of each clip; None if they are not known.

    Returns
    -------
    estimator : estimator
        The same, fitted.

    See Also
    --------
    sersk.evaluate_speaker_independent : Fits so, on some speakers, and tests on others.

    Notes
    -----
    Which parts take `groups` is asked of scikit-learn's metadata routing. It need not be switched
    on. A part with ``set_fit_request(groups=False)`` gets no speakers.

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
    """Return whether a step needs the speakers of the clips to be predicted.

    Parameters
    ----------
    estimator : estimator
        A pipeline or a search over one; others have no steps.

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
        Whether it does, or a part of it.

    Examples
    --------
    >>> from sersk import FeatureNormalizer, SpeakerNormalizer
    >>> from sersk.evaluation.routing import transforms_by_speaker
    >>> transforms_by_speaker(SpeakerNormalizer()), transforms_by_speaker(FeatureNormalizer())
    (True, False)
    """
    return hasattr(step, "transform") and takes(step, "transform", "groups")


def transform_by_speaker(step: Any, X: Any, groups: ArrayLike | None) -> Any:
    """Transform clips by a fitted step, with speakers if it takes them.

    Parameters
    ----------
    step : transformer
        A fitted step of a pipeline, which may be a pipeline itself.
    X : array-like of shape (n_clips, ...)
        Its input.
    groups : array-like of shape (n_clips,) or None
        Speaker of each clip.

    Returns
    -------
    X_out : array-like of shape (n_clips, ...)
        Its output.

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

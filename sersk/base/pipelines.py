"""A pipeline that checks labels before its first step, and predicts around clips of NaN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.metaestimators import available_if

from sersk._utils.caching import FeatureCache
from sersk._utils.columns import check_classes, check_columns
from sersk._utils.fitting import unfitted_unless_done

_COLUMNS = ("groups", "sample_weight")


def _last_has(method: str) -> Callable[[Any], bool]:
    def check(self: Any) -> bool:
        return hasattr(self.steps[-1][1], method)

    return check


class ClipPipeline(Pipeline):
    """A pipeline from clips to labels, with four additions to that of scikit-learn.

    Labels, speakers and weights are checked before the first step runs, which takes minutes for
    some thousand clips. And if the loader has ``on_error="nan"``, clips that cannot be read are
    left out of prediction: their probabilities are NaN, their label is None. They are refused in
    training. After an interrupted `fit` the pipeline is not fitted, whichever step was interrupted.
    A folder as `memory` that is full or read-only costs a warning and not the `fit`; of other
    versions, and of damaged files, nothing is taken from it.

    Parameters are those of `sklearn.pipeline.Pipeline`.

    See Also
    --------
    sersk.make_ser_pipeline : Makes such a pipeline.

    Notes
    -----
    The first step is a `sersk.FrontEnd` that begins with the loader, or the loader itself.

    Examples
    --------
    >>> from sersk import make_ser_pipeline
    >>> make_ser_pipeline(preset="functionals").fit(["a.wav", "b.wav"], ["sad", None])
    Traceback (most recent call last):
    ValueError: Pipeline: y is missing for 1 clip (the first is clip 1); drop them from X, y and \
groups.
    """

    @unfitted_unless_done
    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Check labels, speakers and weights, then fit all steps.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            Clips: paths or waveforms.
        y : array-like of shape (n_clips,), default=None
            Labels.
        **params : dict
            As `sklearn.pipeline.Pipeline.fit` takes them, such as ``classifier__groups``.

        Returns
        -------
        self : object
            The fitted pipeline.

        Raises
        ------
        ValueError
            If a label, a speaker or a weight is missing or unfit; the message says of which clip.
        """
        who = type(self).__name__
        check_columns(who, X, y)
        if is_classifier(self):
            check_classes(who, y)
        for name, values in params.items():
            column = name.rpartition("__")[2]
            if column in _COLUMNS and values is not None:
                check_columns(who, X, None, **{column: values})
        with self._refusing_bad_clips(), self._keeping_features():
            return super().fit(X, y, **params)

    def predict(self, X: Any, **params: Any) -> NDArray[Any]:
        """Return the label of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            Clips: paths or waveforms.
        **params : dict
            As `sklearn.pipeline.Pipeline.predict` takes them.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels; of dtype object if there are clips that cannot be read and the loader has
            ``on_error="nan"``: theirs is None.
        """
        return self._predict(super().predict, "predict", X, params)

    @available_if(_last_has("predict_proba"))
    def predict_proba(self, X: Any, **params: Any) -> NDArray[Any]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            Clips: paths or waveforms.
        **params : dict
            As `sklearn.pipeline.Pipeline.predict_proba` takes them.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Probabilities in the order of `classes_`; NaN for clips that cannot be read, if the
            loader has ``on_error="nan"``.
        """
        return self._predict(super().predict_proba, "predict_proba", X, params)

    @available_if(_last_has("predict_log_proba"))
    def predict_log_proba(self, X: Any, **params: Any) -> NDArray[Any]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            Clips: paths or waveforms.
        **params : dict
            As `sklearn.pipeline.Pipeline.predict_log_proba` takes them.

        Returns
        -------
        log_proba : ndarray of shape (n_clips, n_classes)
            Logarithms, NaN where `predict_proba` gives NaN.
        """
        return self._predict(super().predict_log_proba, "predict_log_proba", X, params)

    @available_if(_last_has("decision_function"))
    def decision_function(self, X: Any, **params: Any) -> NDArray[Any]:
        """Return the decision of the classifier.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            Clips: paths or waveforms.
        **params : dict
            As `sklearn.pipeline.Pipeline.decision_function` takes them.

        Returns
        -------
        decision : ndarray of shape (n_clips, n_classes), or (n_clips,) for two classes
            The classifier's own decision function, NaN for clips as in `predict_proba`.
        """
        return self._predict(super().decision_function, "decision_function", X, params)

    def _predict(
        self, predict: Callable[..., Any], method: str, X: Any, params: dict[str, Any]
    ) -> NDArray[Any]:
        if getattr(self._find_loader(), "on_error", None) != "nan":
            return predict(X, **params)
        features = self.steps[0][1].transform(X)
        good = np.flatnonzero(_is_read(features))
        rest, n_clips = self[1:], len(features)
        if len(good) == n_clips:
            return getattr(rest, method)(features, **params)
        missing = (None, object) if method == "predict" else (np.nan, np.float64)
        if not len(good):
            shape = (n_clips,) if method == "predict" else (n_clips, len(self.classes_))
            return np.full(shape, *missing)
        chosen = {
            name: _safe_indexing(values, good) if np.ndim(values) else values
            for name, values in params.items()
        }
        some = np.asarray(getattr(rest, method)(_safe_indexing(features, good), **chosen))
        answers = np.full((n_clips, *some.shape[1:]), *missing)
        answers[good] = some
        return answers if method == "predict" else answers.astype(some.dtype, copy=False)

    def _find_loader(self) -> Any:
        first = self.steps[0][1]
        return first.steps[0][1] if hasattr(first, "steps") else first

    @contextmanager
    def _refusing_bad_clips(self) -> Iterator[None]:
        """Fit with on_error="raise": what can't be read can't be learned from."""
        given = getattr(self._find_loader(), "on_error", None)
        if given != "nan":
            yield
            return
        self._find_loader().on_error = "raise"
        try:
            yield
        finally:
            self._find_loader().on_error = given  # perhaps of another, fitted loader

    @contextmanager
    def _keeping_features(self) -> Iterator[None]:
        """Fit with sersk's own cache in the folder that `memory` names."""
        given = self.get_params(deep=False)["memory"]
        if not isinstance(given, str):
            yield
            return
        self.set_params(memory=FeatureCache(given))
        try:
            yield
        finally:
            self.set_params(memory=given)


def _is_read(features: Any) -> NDArray[np.bool_]:
    """Return which clips have features; the others, which could not be read, have NaN."""
    values = np.asarray(features)
    axes = tuple(range(1, values.ndim))
    return ~np.isnan(values.sum(axis=axes, dtype=np.float64))

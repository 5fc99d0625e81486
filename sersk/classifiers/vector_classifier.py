"""Any scikit-learn classifier of vectors, made to take views of clips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.utils import Tags, get_tags
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sersk._utils.fitting import unfitted_unless_done
from sersk._utils.routing import fit_with, takes
from sersk.classifiers.vector_checks import check_training_vectors, check_vectors
from sersk.classifiers.vectors import mean_and_scale, standardize


def _has(method: str) -> Callable[[Any], bool]:
    def check(self: Any) -> bool:
        return hasattr(getattr(self, "estimator_", self.estimator), method)

    return check


class VectorClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Train a scikit-learn classifier on standardised vectors and all views of each clip.

    Parameters
    ----------
    estimator : estimator
        A classifier of vectors, such as `sklearn.svm.SVC`. It is cloned.
    clip_value : float or None, default=5.0
        Values are clipped at this many standard deviations, so that an outlier does not dominate.
        None for no clipping.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    estimator_ : estimator
        The fitted classifier. Its input is standardised.
    mean_ : ndarray of shape (n_features,)
        Mean of each feature over the clean training clips.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of each feature over the clean training clips; 1 if it has one value.
    n_features_in_ : int
        Number of features.

    See Also
    --------
    sersk.DiscriminantClassifier : Linear discriminant analysis, which takes views itself.
    sersk.FunctionalsTransformer : Makes one vector of each clip.
    sersk.make_ser_pipeline : Uses this for classifiers that take vectors only.

    Notes
    -----
    `X` is (n_clips, n_features). With views it is (n_clips, n_views, n_features) and marked
    (`as_views`). In training each view has an equal share of its clip's weight, if the classifier
    takes `sample_weight`; `groups` are passed if it takes them. In prediction `predict_proba` is
    averaged over views, otherwise `decision_function`, otherwise views vote.

    A cross-validation inside of `estimator`, such as that of a `GridSearchCV`, splits views, not
    clips. To search its parameters, search the whole pipeline: ``classifier__estimator__C``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.svm import SVC
    >>> from sersk import VectorClassifier, as_views
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["anger", "sad"], 20)
    >>> clean = rng.normal(size=(40, 10)) + (y == "anger")[:, None] * 2
    >>> views = as_views(np.stack([clean, clean * 1.1], axis=1))
    >>> classifier = VectorClassifier(SVC()).fit(views, y)
    >>> classifier.predict(clean[[0, -1]]).tolist()
    ['anger', 'sad']
    """

    _parameter_constraints: ClassVar[dict] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "clip_value": [Interval(Real, 0, None, closed="neither"), None],
    }

    # With metadata routing on, speakers and weights reach `fit` by default.
    __metadata_request__fit = {"groups": True, "sample_weight": True}  # noqa: RUF012

    def __init__(self, estimator: Any, *, clip_value: float | None = 5.0) -> None:
        self.estimator = estimator
        self.clip_value = clip_value

    @_fit_context(prefer_skip_nested_validation=False)
    @unfitted_unless_done
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Standardise the vectors, and train the classifier on all views.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features).
        y : array-like of shape (n_clips,)
            Labels, strings or numbers.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip. 0 leaves the clip out.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip, for a classifier that takes `groups`.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If `X` has another number of dimensions or holds NaN, `y` holds one class only,
            lengths do not match, or the classifier takes no `sample_weight` and weights differ.
        """
        views, y, weight, speakers, self.classes_ = check_training_vectors(
            X, y, sample_weight, groups, self
        )
        self.mean_, self.scale_ = mean_and_scale(views[:, 0], weight)
        n_views = views.shape[1]
        shares = None
        if takes(self.estimator, "fit", "sample_weight"):
            if sample_weight is not None or n_views > 1:
                shares = np.repeat(weight / n_views, n_views)
        elif np.ptp(weight) > 0:
            raise ValueError(
                f"VectorClassifier: sample_weight differs between clips, but "
                f"{type(self.estimator).__name__} takes no sample_weight."
            )
        self.estimator_ = fit_with(
            clone(self.estimator),
            self._flatten(views),
            np.repeat(y, n_views),
            sample_weight=shares,
            groups=None if speakers is None else np.repeat(speakers, n_views),
        )
        return self

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; of a `ViewArray` the views of each clip are averaged.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Probabilities in the order of `classes_`.
        """
        return self._average("predict_proba", self._check(X))

    @available_if(_has("predict_proba"))
    def predict_log_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; of a `ViewArray` the probabilities of a clip's views are averaged first.

        Returns
        -------
        log_proba : ndarray of shape (n_clips, n_classes)
            Logarithms in the order of `classes_`; -inf where a probability is 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    @available_if(_has("decision_function"))
    def decision_function(self, X: ArrayLike) -> NDArray[Any]:
        """Return the decision of the classifier.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; of a `ViewArray` the views of each clip are averaged.

        Returns
        -------
        decision : ndarray of shape (n_clips, n_classes), or (n_clips,) for two classes
            The classifier's own decision function.
        """
        return self._average("decision_function", self._check(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features).

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels as they were in `fit`.
        """
        views = self._check(X)
        if views.shape[1] == 1:
            return self.estimator_.predict(self._flatten(views))
        for method in ("predict_proba", "decision_function"):
            if hasattr(self.estimator_, method):
                scores = self._average(method, views)
                if scores.ndim == 1:
                    return self.classes_[(scores > 0).astype(int)]
                if scores.shape[1] == len(self.classes_):  # not one for each pair of classes
                    return self.classes_[scores.argmax(axis=1)]
        labels = self.estimator_.predict(self._flatten(views)).reshape(views.shape[:2])
        votes = (labels[:, :, np.newaxis] == self.classes_).mean(axis=1)
        return self.classes_[votes.argmax(axis=1)]

    def _check(self, X: Any) -> NDArray[Any]:
        check_is_fitted(self)
        return check_vectors(X, None, self, reset=False)[0]

    def _flatten(self, views: NDArray[Any]) -> NDArray[np.float64]:
        standard = standardize(views, self.mean_, self.scale_, self.clip_value)
        return standard.reshape(-1, views.shape[-1])

    def _average(self, method: str, views: NDArray[Any]) -> NDArray[Any]:
        given = np.asarray(getattr(self.estimator_, method)(self._flatten(views)))
        return given.reshape(*views.shape[:2], *given.shape[1:]).mean(axis=1)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        if inner.classifier_tags is not None:
            tags.classifier_tags = replace(inner.classifier_tags, multi_label=False)
        tags.non_deterministic = inner.non_deterministic
        tags.input_tags.three_d_array = True
        return tags

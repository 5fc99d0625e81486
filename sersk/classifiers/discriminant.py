"""A linear discriminant for clips as vectors: trained in seconds, on views too, without a network.

The vectors come from `sersk.features.functionals`; networks are for `sersk.classifiers.neural`. The
arithmetic, and how shrinkage and temperature are chosen, is in `sersk.classifiers._shrinkage`.
"""

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from sersk.base import has_views
from sersk.classifiers._shrinkage import Lines, choose, mean_and_scale, standardize

# What "auto" chooses from: with thousands of features and hundreds of clips, much is right.
SHRINKAGES = (0.3, 0.5, 0.7, 0.8, 0.9)
# Where a corpus is too small to choose by: no class or speaker is there twice.
_UNTRIED_SHRINKAGE = 0.8


class DiscriminantClassifier(ClassifierMixin, BaseEstimator):
    """Tell emotions apart by a linear discriminant with shrinkage, trained on all views of a clip.

    Each class is a normal distribution around its mean, all with one covariance: that of the clips
    around their class's mean [1]_, shrunk towards a multiple of the identity [2]_, since there are
    more features than clips. Where voices differ more than emotions do, the covariance says so, and
    those directions count for little. All emotions are taken to be equally frequent, which is what
    the unweighted average recall asks for.

    Parameters
    ----------
    shrinkage : "auto" or float, default="auto"
        How much of the covariance is the identity, in (0, 1]. "auto" takes the one of 0.3, 0.5,
        0.7, 0.8 and 0.9 with the best unweighted average recall in a cross-validation within the
        training clips, by speaker where `groups` are passed to `fit`.
    temperature : "auto" or float, default="auto"
        What decisions are divided by before they become probabilities [3]_. "auto" takes the one
        with the least log loss in the same cross-validation.
    n_splits : int, default=4
        Parts of that cross-validation; fewer where there are fewer speakers or clips of a class.
    clip_value : float or None, default=5.0
        Features further from the mean of the training clips than this many standard deviations
        are brought to it: an odd clip should not outweigh the rest. None brings none.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    coef_ : ndarray of shape (n_classes, n_features)
        Weight of each feature, standardised, in the decision for each class.
    intercept_ : ndarray of shape (n_classes,)
        What is added to them.
    mean_ : ndarray of shape (n_features,)
        Mean of each feature over the training clips.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of each feature over the training clips; 1 where they are all the same.
    shrinkage_ : float
        The shrinkage that was used.
    temperature_ : float
        The temperature that was used.
    shrinkage_scores_ : dict of float to float
        Unweighted average recall of each shrinkage in the cross-validation; empty where there was
        none.
    n_features_in_ : int
        Number of features.

    See Also
    --------
    sersk.FunctionalsTransformer : Makes a clip one vector.
    sersk.SpeechEmotionClassifier : A network, for features with an axis of time.

    Notes
    -----
    `X` is (n_clips, n_features). With views it is (n_clips, n_views, n_features) and marked
    (`as_views`), as `AudioAugmenter` and `FunctionalsTransformer` give it while fitting; view 0 is
    the clean clip. Features with an axis of time are refused. In training each view
    has its part of the clip's weight; mean and standard deviation are of clean clips. A prediction
    averages over views. In the cross-validation that chooses, views of a clip stay together, and
    clean clips are scored.

    Training takes time that grows with the third power of the number of features, or of training
    views where they are fewer: it is meant for some thousands of them.

    References
    ----------
    .. [1] R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
       Eugenics, 7(2), 1936.
    .. [2] J. H. Friedman, "Regularized discriminant analysis", Journal of the American Statistical
       Association, 84(405), 1989.
    .. [3] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
       networks", ICML 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import DiscriminantClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["anger", "sad"], 20)
    >>> X = rng.normal(size=(40, 100)) + (y == "anger")[:, None] * 0.8
    >>> classifier = DiscriminantClassifier().fit(X, y)
    >>> classifier.predict(X[[0, -1]]).tolist()
    ['anger', 'sad']
    >>> classifier.coef_.shape
    (2, 100)
    """

    _parameter_constraints: ClassVar[dict] = {
        "shrinkage": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="right")],
        "temperature": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "clip_value": [Interval(Real, 0, None, closed="neither"), None],
    }

    # Under metadata routing, speakers reach the cross-validation without further ado.
    __metadata_request__fit = {"groups": True, "sample_weight": True}  # noqa: RUF012

    def __init__(
        self,
        *,
        shrinkage: str | float = "auto",
        temperature: str | float = "auto",
        n_splits: int = 4,
        clip_value: float | None = 5.0,
    ) -> None:
        self.shrinkage = shrinkage
        self.temperature = temperature
        self.n_splits = n_splits
        self.clip_value = clip_value

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Find the discriminant, and by cross-validation what it needs to know.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features).
        y : array-like of shape (n_clips,)
            Labels, strings or numbers.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip. Clips of weight 0 are left out.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip. Where given, shrinkage and temperature are chosen by speakers
            that the rest does not hear.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If `X` has another number of dimensions or holds NaN, `y` holds one class only, or
            lengths do not match.
        """
        views, y = self._check_fit(X, y)
        weight = _check_sample_weight(
            sample_weight, views[:, 0], dtype=np.float64, ensure_non_negative=True
        )
        used = weight > 0
        speakers: NDArray[Any] | None = None
        if groups is not None:
            speakers = column_or_1d(np.asarray(groups))
            check_consistent_length(views, speakers)
            speakers = speakers[used]
        views, y, weight = views[used], y[used], weight[used]
        self.classes_, position = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "DiscriminantClassifier: y holds only one class, "
                f"{self.classes_.tolist()}; at least 2 are needed."
            )
        choice = choose(
            views,
            position,
            weight,
            speakers,
            shrinkages=SHRINKAGES if isinstance(self.shrinkage, str) else (float(self.shrinkage),),
            untried=_UNTRIED_SHRINKAGE,
            temperature=None if isinstance(self.temperature, str) else float(self.temperature),
            n_splits=self.n_splits,
            clip_value=self.clip_value,
        )
        self.shrinkage_, self.temperature_, self.shrinkage_scores_ = choice
        self.mean_, self.scale_ = mean_and_scale(views[:, 0], weight)
        standard = standardize(views, self.mean_, self.scale_, self.clip_value)
        lines = Lines(standard, position, weight, len(self.classes_))
        self.coef_, self.intercept_ = lines.solve(self.shrinkage_)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return how much speaks for each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features), whose views are
            averaged.

        Returns
        -------
        decision : ndarray of shape (n_clips, n_classes), or (n_clips,) for two classes
            Logarithm of each class's probability but for a constant of the clip, before it is
            divided by the temperature; for two classes how much more speaks for the second.
        """
        decision = self._decide(X)
        return decision[:, 1] - decision[:, 0] if len(self.classes_) == 2 else decision

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features), whose views are
            averaged.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Probabilities in the order of `classes_`.
        """
        decision = self._decide(X)
        return softmax(decision / self.temperature_, axis=1)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features), whose views are
            averaged.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels as they were in `fit`.
        """
        decision = self._decide(X)
        return self.classes_[decision.argmax(axis=1)]

    def _check_fit(self, X: Any, y: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        checked, y = validate_data(self, X, y, **_checks(X))
        check_classification_targets(y)
        self.n_features_in_ = checked.shape[-1]  # scikit-learn counts axis 1, the views
        return (checked if has_views(X) else checked[:, np.newaxis]), y

    def _decide(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        checked: Any = validate_data(self, X, reset=False, **_checks(X))
        if checked.shape[-1] != self.n_features_in_:
            raise ValueError(
                f"X has {checked.shape[-1]} features, but DiscriminantClassifier is expecting "
                f"{self.n_features_in_} features as input."
            )
        views = checked if has_views(X) else checked[:, np.newaxis]
        standard = standardize(views, self.mean_, self.scale_, self.clip_value)
        return standard.mean(axis=1) @ self.coef_.T + self.intercept_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _checks(X: Any) -> dict[str, Any]:
    """Return what scikit-learn is to check; refuse what is neither vectors nor views of them."""
    shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
    marked = has_views(X)
    if len(shape) != 3 if marked else len(shape) > 2:
        hint = (
            "" if marked else " If axis 1 holds views of each clip, mark them: sersk.as_views(X)."
        )
        raise ValueError(
            f"DiscriminantClassifier: X has shape {shape}, but it takes vectors, (n_clips, "
            "n_features), or marked views of them, (n_clips, n_views, n_features). Features with "
            "an axis of time are for SpeechEmotionClassifier; FunctionalsTransformer gives "
            f"vectors.{hint}"
        )
    # With views, it is not for scikit-learn to count features.
    return {"dtype": [np.float64, np.float32], "allow_nd": True, "ensure_2d": not marked}

"""Linear discriminant analysis of clips as vectors, trained in seconds and without TensorFlow.

The vectors come from `sersk.features.functionals`. The arithmetic, and the choice of shrinkage and
temperature, is in `sersk.classifiers.shrinkage`.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sersk._utils.fitting import unfitted_unless_done
from sersk.classifiers.shrinkage import fit_discriminant
from sersk.classifiers.vector_checks import check_training_vectors, check_vectors
from sersk.classifiers.vectors import standardize

# The values that "auto" tries: with thousands of features and hundreds of clips, much shrinkage
# is right.
SHRINKAGES = (0.3, 0.5, 0.7, 0.8, 0.9)
# For a corpus too small for a cross-validation: no class or speaker has two clips.
_UNTRIED_SHRINKAGE = 0.8


class DiscriminantClassifier(ClassifierMixin, BaseEstimator):
    """Classify by linear discriminant analysis with shrinkage, trained on all views of a clip.

    Each class is a normal distribution around its mean, and all classes share one covariance: that
    of the clips around their class's mean [1]_, shrunk towards a multiple of the identity [2]_,
    since there are more features than clips. Directions in which voices differ more than emotions
    have a large variance and count for little. All emotions are taken to be equally frequent, as
    in the unweighted average recall (UAR).

    Parameters
    ----------
    shrinkage : "auto" or float, default="auto"
        Share of the identity in the covariance, in (0, 1]. "auto" takes the one of 0.3, 0.5, 0.7,
        0.8 and 0.9 with the highest UAR in a cross-validation within the training clips, by
        speaker if `groups` are passed to `fit`.
    temperature : "auto" or float, default="auto"
        Decisions are divided by it before they become probabilities [3]_. "auto" takes the one
        with the lowest log loss in the same cross-validation.
    n_splits : int, default=4
        Folds of that cross-validation; fewer if there are fewer speakers, or clips of a class.
    clip_value : float or None, default=5.0
        Values are clipped at this many standard deviations, so that an outlier does not dominate.
        None for no clipping.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    coef_ : ndarray of shape (n_classes, n_features)
        Weight of each feature, standardised, in the decision for each class.
    intercept_ : ndarray of shape (n_classes,)
        Intercept of the decision for each class.
    mean_ : ndarray of shape (n_features,)
        Mean of each feature over the clean training clips.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of each feature over the clean training clips; 1 if it has one value.
    shrinkage_ : float
        The shrinkage that was used.
    temperature_ : float
        The temperature that was used.
    shrinkage_scores_ : dict of float to float
        UAR of each shrinkage in the cross-validation; empty if there was none. The highest is
        optimistically biased.
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
    the clean clip. Features with an axis of time are refused. In training each view has an equal
    share of its clip's weight. A prediction averages over views. In the cross-validation, views of
    a clip stay in one fold, and clean clips are scored.

    The covariance is never formed. The weights for all shrinkages, of all splits and of all clips,
    are found by the block Lanczos method [4]_, whose products share one matrix: that of all views,
    standardised. The training time grows with the number of its values. The memory is that matrix
    and little more; the views are not copied, and may be a `numpy.memmap`. Of features in float32
    the matrix is float32 too, if no shrinkage is below 0.1: the weights are then those of a
    computation in float64 up to 1e-4 of the largest one. A shrinkage below 0.01 takes more steps.

    References
    ----------
    .. [1] R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
       Eugenics, 7(2), 1936.
    .. [2] J. H. Friedman, "Regularized discriminant analysis", Journal of the American Statistical
       Association, 84(405), 1989.
    .. [3] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
       networks", ICML 2017.
    .. [4] D. P. O'Leary, "The block conjugate gradient algorithm and related methods", Linear
       Algebra and its Applications, 29, 1980.

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

    # With metadata routing on, speakers reach the cross-validation by default.
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
    @unfitted_unless_done
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Choose shrinkage and temperature by cross-validation, and compute the discriminant.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features).
        y : array-like of shape (n_clips,)
            Labels, strings or numbers.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip. 0 leaves the clip out.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip. If given, shrinkage and temperature are chosen on held-out
            training speakers.

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
        views, y, weight, speakers, self.classes_ = check_training_vectors(
            X, y, sample_weight, groups, self
        )
        position = np.searchsorted(self.classes_, y)
        fitted = fit_discriminant(
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
        self.shrinkage_, self.temperature_, self.shrinkage_scores_ = fitted[:3]
        self.mean_, self.scale_, self.coef_, self.intercept_ = fitted[3:]
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the decision for each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features), whose views are
            averaged.

        Returns
        -------
        decision : ndarray of shape (n_clips, n_classes), or (n_clips,) for two classes
            Logarithm of each class's probability up to a constant of the clip, before it is
            divided by the temperature; for two classes the second's less the first's.
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

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features), whose views are
            averaged.

        Returns
        -------
        log_proba : ndarray of shape (n_clips, n_classes)
            Logarithms in the order of `classes_`, finite also where a probability rounds to 0.
        """
        decision = self._decide(X)
        return log_softmax(decision / self.temperature_, axis=1)

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

    def _decide(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        views, _ = check_vectors(X, None, self, reset=False)
        standard = standardize(views, self.mean_, self.scale_, self.clip_value)
        return standard.mean(axis=1) @ self.coef_.T + self.intercept_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

"""A classifier that does not answer where it is not confident enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import Tags, _safe_indexing, column_or_1d, get_tags
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sersk._utils.columns import check_columns
from sersk._utils.deciding import decide
from sersk._utils.fitting import unfitted_unless_done
from sersk._utils.ranking import rank_answers
from sersk._utils.routing import fit_with
from sersk.base import as_views, has_views


def _has(method: str) -> Callable[[Any], bool]:
    def check(self: Any) -> bool:
        return hasattr(getattr(self, "estimator_", self.estimator), method)

    return check


class AbstainingClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Answer "uncertain" where the probability of the best label is below a threshold.

    The threshold is chosen in `fit`, on held-out training speakers: such that a given share of
    clips is answered, or such that a given share of the answers is wrong [1]_ [2]_.

    Parameters
    ----------
    estimator : estimator
        A classifier with `predict_proba`: of vectors, of features with views, or a whole pipeline
        from clips to labels. It is cloned.
    coverage : float, default=0.8
        Share of held-out training clips to answer, in (0, 1]; 1 answers all.
    error_rate : float or None, default=None
        If given, the largest share of wrong answers among held-out training clips that are
        answered, in [0, 1), in place of `coverage`.
    n_splits : int, default=4
        Folds of the cross-validation; fewer if there are fewer speakers, or clips of a class.
    label : str, default="uncertain"
        The answer for other clips.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted, without `label`.
    estimator_ : estimator
        The classifier, fitted on all clips.
    threshold_ : float
        Least probability of the best label that is answered; 0 answers all.
    coverage_ : float
        Share of held-out training clips above it.
    error_rate_ : float
        Share of wrong answers among these.

    See Also
    --------
    sersk.metrics.risk_coverage : Coverage and share of wrong answers for each threshold.
    RiskCoverageDisplay : Draws them.

    Notes
    -----
    Pass the speakers to `fit` as `groups`. Without them held-out clips are of training speakers,
    of which a classifier is more often right, and the threshold is too low for others. For
    recordings of another microphone or language, coverage and error rate are not those of
    training: fewer clips are answered, and more of the answers are wrong.

    In scores of labels, as accuracy or the unweighted average recall, "uncertain" is wrong.
    `predict_proba` is that of the classifier.

    References
    ----------
    .. [1] C. K. Chow, "On optimum recognition error and reject tradeoff", IEEE Transactions on
       Information Theory, 16(1), 1970.
    .. [2] Y. Geifman and R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS,
       2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import AbstainingClassifier, DiscriminantClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["anger", "sad"], 100)
    >>> X = rng.normal(size=(200, 4)) + (y == "anger")[:, None]
    >>> classifier = AbstainingClassifier(DiscriminantClassifier(), coverage=0.5).fit(X, y)
    >>> answers = classifier.predict(X)
    >>> bool(0.4 < (answers != "uncertain").mean() < 0.6)
    True
    >>> given = answers != "uncertain"
    >>> bool((answers == y)[given].mean() > (classifier.estimator_.predict(X) == y).mean())
    True

    In a pipeline from recordings to labels:

    >>> from sersk import make_ser_pipeline
    >>> pipeline = make_ser_pipeline(classifier, preset="functionals")
    >>> pipeline.set_params(classifier__coverage=0.7)["classifier"].coverage
    0.7
    """

    _parameter_constraints: ClassVar[dict] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "coverage": [Interval(Real, 0, 1, closed="right")],
        "error_rate": [Interval(Real, 0, 1, closed="left"), None],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "label": [str],
    }

    # With metadata routing on, speakers and weights reach `fit` by default.
    __metadata_request__fit = {"groups": True, "sample_weight": True}  # noqa: RUF012

    def __init__(
        self,
        estimator: Any,
        *,
        coverage: float = 0.8,
        error_rate: float | None = None,
        n_splits: int = 4,
        label: str = "uncertain",
    ) -> None:
        self.estimator = estimator
        self.coverage = coverage
        self.error_rate = error_rate
        self.n_splits = n_splits
        self.label = label

    @_fit_context(prefer_skip_nested_validation=False)
    @unfitted_unless_done
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Fit the classifier on all clips, and choose the threshold on held-out ones.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            What the classifier takes.
        y : array-like of shape (n_clips,)
            Labels, strings or numbers.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip, passed to the classifier if it takes weights.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip. If given, the threshold is chosen on held-out speakers, and they
            are passed to the classifier if it takes them.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If `label` is one of the labels, the classifier has no probabilities, there are too few
            clips or speakers for a cross-validation, or no threshold reaches `error_rate`.
        """
        if not hasattr(self.estimator, "predict_proba"):
            raise ValueError(
                f"AbstainingClassifier: {type(self.estimator).__name__} has no predict_proba, "
                "which its confidence is read from."
            )
        if y is None:
            raise ValueError(
                "AbstainingClassifier requires y to be passed, but the target y is None."
            )
        X = _indexable(X)
        labels: NDArray[Any] = column_or_1d(y, warn=True)
        if self.label in labels.tolist():
            raise ValueError(
                f"AbstainingClassifier: label={self.label!r} is one of the labels of y; pass "
                "another."
            )
        threshold = (0.0, 1.0, np.nan)
        metadata = {"sample_weight": sample_weight, "groups": groups}
        self.estimator_ = fit_with(clone(self.estimator), X, labels, **metadata)
        self.classes_ = self.estimator_.classes_
        if self.coverage < 1 or self.error_rate is not None:
            check_columns(type(self).__name__, X, labels, groups=groups)
            threshold = self._choose(*self._hold_out(X, labels, metadata))
        self.threshold_, self.coverage_, self.error_rate_ = threshold
        return self

    def _hold_out(
        self, X: Any, y: NDArray[Any], metadata: dict[str, Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return confidence and correctness of clips, each predicted without its speaker."""
        confidence, correct = [], []
        for train, test in self._split(y, metadata["groups"]):
            given = {
                name: None if values is None else np.asarray(values)[train]
                for name, values in metadata.items()
            }
            fitted = fit_with(clone(self.estimator), _take(X, train), y[train], **given)
            proba = fitted.predict_proba(_take(X, test, clean=True))
            confidence.append(proba.max(axis=1))
            correct.append(fitted.classes_[proba.argmax(axis=1)] == y[test])
        return np.concatenate(confidence), np.concatenate(correct)

    def _split(
        self, y: NDArray[Any], groups: ArrayLike | None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        classes, counts = np.unique(y, return_counts=True)
        n_splits = min(self.n_splits, int(counts.min()))
        speakers = None if groups is None else np.asarray(groups)
        if speakers is not None:
            n_splits = min(n_splits, len(np.unique(speakers)))
        folds: list[Any] = []
        if n_splits >= 2:
            splitter = StratifiedKFold(n_splits)
            if speakers is not None:
                splitter = StratifiedGroupKFold(n_splits)
            folds = [
                (train, test)
                for train, test in splitter.split(y, y, speakers)
                if len(test) and len(np.unique(y[train])) == len(classes)
            ]
        if not folds:
            raise ValueError(
                "AbstainingClassifier: no clip can be held out: at least 2 clips of each label are "
                "needed, and labels that at least 2 speakers have. Pass coverage=1.0 to answer all."
            )
        yield from folds

    def _choose(
        self, confidence: NDArray[np.float64], correct: NDArray[np.bool_]
    ) -> tuple[float, float, float]:
        """Return the threshold, and the coverage and the error rate with it."""
        shares, errors, thresholds = rank_answers(confidence, correct)
        if self.error_rate is None:
            at = int(np.argmax(shares >= self.coverage))
        else:
            good = np.flatnonzero(errors <= self.error_rate)
            if not len(good):
                raise ValueError(
                    f"AbstainingClassifier: no threshold reaches error_rate={self.error_rate:g} on "
                    f"held-out clips; the lowest is {errors.min():.3f}, at a coverage of "
                    f"{shares[errors.argmin()]:.3f}."
                )
            at = int(good[-1])
        return float(thresholds[at]), float(shares[at]), float(errors[at])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each clip, or that it is uncertain.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            What the classifier takes.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels as they were in `fit`, or `label`. If the labels are numbers, an array of
            objects.
        """
        check_is_fitted(self)
        if self.threshold_ == 0:
            return self.estimator_.predict(X)
        proba = self.estimator_.predict_proba(X)
        return decide(proba, self.classes_, self.threshold_, self.label)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            What the classifier takes.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Probabilities in the order of `classes_`, by the classifier.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @available_if(_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            What the classifier takes.

        Returns
        -------
        log_proba : ndarray of shape (n_clips, n_classes)
            Logarithms in the order of `classes_`, by the classifier.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @property
    def n_features_in_(self) -> int:
        """Number of features seen in `fit`.

        Returns
        -------
        n_features : int
            As of the classifier.
        """
        return self.estimator_.n_features_in_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "threshold_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        if inner.classifier_tags is not None:
            tags.classifier_tags = replace(inner.classifier_tags, multi_label=False)
        tags.input_tags = replace(inner.input_tags)
        tags.non_deterministic = inner.non_deterministic
        return tags


def find_threshold(model: Any) -> tuple[float, str]:
    """Return below which probability a model abstains, and what it answers then.

    Parameters
    ----------
    model : estimator
        A fitted classifier, a pipeline, or a search over one.

    Returns
    -------
    threshold : float
        Least probability that is answered; 0 of a model that answers all.
    label : str
        The answer below it; empty of a model that answers all.
    """
    model = getattr(model, "best_estimator_", model)
    last = model[-1] if hasattr(model, "steps") else model
    if isinstance(last, AbstainingClassifier):
        return last.threshold_, last.label
    return 0.0, ""


def _indexable(X: Any) -> Any:
    """Return X so that clips can be taken from it."""
    if issparse(X):
        return X.tocsr()
    return X if hasattr(X, "__getitem__") else np.asarray(X)


def _take(X: Any, clips: NDArray[np.intp], clean: bool = False) -> Any:
    """Return some clips, and of clips with views the clean ones only where asked."""
    if has_views(X):
        return np.ascontiguousarray(X[clips, 0]) if clean else as_views(np.asarray(X)[clips])
    return _safe_indexing(X, clips)

"""Linear discriminants of several corpora that do not have the same emotions."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context

from sersk._utils.fitting import unfitted_unless_done
from sersk.base import as_views
from sersk.classifiers.discriminant import DiscriminantClassifier
from sersk.classifiers.vector_checks import check_training_vectors
from sersk.features.normalization.membership import find_corpora_of


class CorpusDiscriminant(DiscriminantClassifier):
    """Average linear discriminants of corpora with different emotions, each for those it has.

    Where one corpus lacks emotions of another, a single discriminant takes the difference between
    the corpora for one between emotions: what sounds like the first corpus can't be, to it, an
    emotion that only the second has. This classifier trains one discriminant for each set of
    emotions that a corpus has, on all corpora with that set. The decision for an emotion is the
    mean over the corpora that have it. A corpus says nothing about an emotion that it lacks.

    With corpora that all have the same emotions, or without `groups`, it is a
    `DiscriminantClassifier`.

    Parameters
    ----------
    shrinkage : "auto" or float, default="auto"
        As of `DiscriminantClassifier`; "auto" is chosen for each of the discriminants.
    temperature : "auto" or float, default="auto"
        As of `DiscriminantClassifier`, for each of the discriminants.
    n_splits : int, default=4
        Folds of the cross-validation that chooses both.
    clip_value : float or None, default=5.0
        Values are clipped at this many standard deviations.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    corpora_ : list of list of str
        The corpora of each discriminant.
    coef_ : ndarray of shape (n_classes, n_features)
        Mean weight of each feature, standardised, in the decision for each class.
    intercept_ : ndarray of shape (n_classes,)
        Mean intercept of the decision for each class.
    mean_ : ndarray of shape (n_features,)
        Mean of the discriminants' means.
    scale_ : ndarray of shape (n_features,)
        Root of the mean of their variances.
    shrinkage_ : float
        Mean of their shrinkages.
    temperature_ : float
        1 with several discriminants: each is divided by its own temperature before.
    shrinkage_scores_ : dict of float to float
        Empty with several discriminants.
    n_features_in_ : int
        Number of features.

    See Also
    --------
    DiscriminantClassifier : One discriminant for all clips.
    FeatureNormalizer : The step before, which normalises each corpus by its own statistics.
    sersk.adapt : Shifts statistics and decisions towards recordings of another place.

    Notes
    -----
    A speaker is of the corpus that its name begins with, as for `FeatureNormalizer`; those whose
    name has no "-", or who would be alone in a corpus, are of one corpus together. Decisions of a
    discriminant are divided by its temperature, and centred over the emotions that it knows: 0
    is as probable as the others on average. Means count each corpus once. The average of linear
    decisions is linear, so prediction, adaptation, files and export are those of one discriminant.

    A mean of logarithms of probabilities is the product rule of combining classifiers [1]_. How
    much it brings to speech from a corpus that is not among those of the training is in
    ``docs/results/strangers.md``.

    References
    ----------
    .. [1] J. Kittler, M. Hatef, R. P. W. Duin and J. Matas, "On combining classifiers", IEEE
       Transactions on Pattern Analysis and Machine Intelligence 20(3), 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import CorpusDiscriminant
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["anger", "sad", "anger", "sad", "fear"], 20)
    >>> speakers = np.repeat(["talk-1", "talk-2", "acted-1", "acted-2", "acted-3"], 20)
    >>> X = rng.normal(size=(100, 3)) + 6 * (y[:, np.newaxis] == ["anger", "sad", "fear"])
    >>> classifier = CorpusDiscriminant().fit(X, y, groups=speakers)
    >>> classifier.corpora_
    [['acted'], ['talk']]
    >>> classifier.predict(X[::20]).tolist()
    ['anger', 'sad', 'anger', 'sad', 'fear']
    """

    def __init__(
        self,
        *,
        shrinkage: str | float = "auto",
        temperature: str | float = "auto",
        n_splits: int = 4,
        clip_value: float | None = 5.0,
    ) -> None:
        super().__init__(
            shrinkage=shrinkage, temperature=temperature, n_splits=n_splits, clip_value=clip_value
        )

    @_fit_context(prefer_skip_nested_validation=True)
    @unfitted_unless_done
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Fit a discriminant for each set of emotions that a corpus has, and average them.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features; with views a `ViewArray` (n_clips, n_views, n_features).
        y : array-like of shape (n_clips,)
            Labels, strings or numbers.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip. 0 leaves the clip out.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip, named "corpus-speaker". None takes all clips as of one corpus.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If `X` has another number of dimensions or holds NaN, `y` holds one class only,
            lengths do not match, or a corpus has clips of one emotion only.
        """
        views, labels, weight, speakers, classes = check_training_vectors(
            X, y, sample_weight, groups, self
        )
        sets = _by_emotions(labels, find_corpora_of(views, speakers, type(self).__name__))
        self.corpora_ = [names for names, _ in sets]
        if speakers is None or len(sets) == 1:
            return super().fit(X, y, sample_weight, groups)
        parts = [
            DiscriminantClassifier(**self.get_params(deep=False)).fit(
                as_views(views[clips]), labels[clips], weight[clips], speakers[clips]
            )
            for _, clips in sets
        ]
        n_corpora = sum(len(names) for names, _ in sets)
        shares = [len(names) / n_corpora for names, _ in sets]
        self.classes_, self.temperature_, self.shrinkage_scores_ = classes, 1.0, {}
        self.shrinkage_ = float(np.average([part.shrinkage_ for part in parts], weights=shares))
        self.mean_ = np.average([part.mean_ for part in parts], axis=0, weights=shares)
        variances = [np.square(part.scale_) for part in parts]
        self.scale_ = np.sqrt(np.average(variances, axis=0, weights=shares))
        self.coef_ = np.zeros((len(classes), views.shape[-1]))
        self.intercept_ = np.zeros(len(classes))
        known = np.zeros(len(classes))
        for part, share in zip(parts, shares, strict=True):
            at = np.searchsorted(classes, part.classes_)
            coef, intercept = part.coef_ / part.temperature_, part.intercept_ / part.temperature_
            self.coef_[at] += share * (coef - coef.mean(axis=0))
            self.intercept_[at] += share * (intercept - intercept.mean())
            known[at] += share
        self.coef_ /= known[:, np.newaxis]
        self.intercept_ /= known
        return self


def _by_emotions(
    labels: NDArray[Any], corpora: dict[str, NDArray[np.intp]]
) -> list[tuple[list[str], NDArray[np.intp]]]:
    """Return names and clips of the corpora with the same emotions."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for name, clips in corpora.items():
        found.setdefault(tuple(np.unique(labels[clips]).tolist()), []).append(name)
    if len(found) > 1:
        for emotions, names in found.items():
            if len(emotions) < 2:
                who = f"corpus {names[0]!r} has" if names[0] else "speakers without a corpus have"
                raise ValueError(
                    f"CorpusDiscriminant: {who} clips of one emotion only, "
                    f"{emotions[0]!r}; at least 2 are needed. Leave these clips out, or take a "
                    "DiscriminantClassifier."
                )
    return [
        (names, np.sort(np.concatenate([corpora[name] for name in names])))
        for names in found.values()
    ]

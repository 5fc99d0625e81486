"""The statistics of a session, kept while its sound arrives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.adaptation.shifting import find_standardizing, measure, shift


class SessionStatistics:
    """Standardise features by the training clips and, more and more, by the session so far.

    Parameters
    ----------
    steps : list of estimator
        The fitted steps of a pipeline behind its front end. They are not changed.
    who : str
        Name in error messages.
    prior : float, default=10.0
        Number of clips that the training clips count as.

    Raises
    ------
    ValueError
        If no step standardises features by the training clips.

    Notes
    -----
    Mean and variance are those of all windows so far, each with its weight (West's update of
    Welford's method, in double precision). With windows of a total weight n, the statistics are
    shifted by n / (n + prior), as in `sersk.adapt`.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import DiscriminantClassifier
    >>> from sersk.adaptation.session import SessionStatistics
    >>> X = np.random.default_rng(0).normal(size=(20, 3))
    >>> model = DiscriminantClassifier().fit(X, ["anger", "sad"] * 10)
    >>> session = SessionStatistics([model], "me")
    >>> session.add(X[:1] + 5)
    >>> session.n_clips
    1.0
    >>> session.predict_proba(X[:1]).shape
    (1, 2)
    """

    def __init__(self, steps: list[Any], who: str, prior: float = 10.0) -> None:
        at = find_standardizing(steps)
        if at is None:
            raise ValueError(
                f"{who}: adaptive=True, but this model has no statistics of features that a "
                "session could shift. Train with normalization='corpus', or with a "
                "DiscriminantClassifier."
            )
        self._before, self._step, self._after = steps[:at], steps[at], steps[at + 1 :]
        self._prior = prior
        self._shifted = self._step
        self._mean: NDArray[np.float64] = np.zeros(1)
        self._variance: NDArray[np.float64] = np.zeros(1)
        self.n_clips = 0.0

    def add(self, features: Any, weight: float = 1.0) -> None:
        """Add a window to the statistics.

        Parameters
        ----------
        features : ndarray of shape (1, ...)
            Its features, from the front end.
        weight : float, default=1.0
            Share of it that was not in the windows before.
        """
        mean, variance = measure(_transform(self._before, features))
        self.n_clips += weight
        share = weight / self.n_clips
        gap = mean - self._mean
        self._mean = self._mean + share * gap
        within = (1 - share) * self._variance + share * variance
        self._variance = within + share * (1 - share) * gap**2
        shares = self.n_clips / (self.n_clips + self._prior)
        self._shifted = shift(self._step, self._mean, self._variance, shares)

    def predict_proba(self, features: Any) -> NDArray[Any]:
        """Return probabilities by the statistics so far.

        Parameters
        ----------
        features : ndarray of shape (n_windows, ...)
            Features, from the front end.

        Returns
        -------
        proba : ndarray of shape (n_windows, n_classes)
            Probability of each class.
        """
        steps = [*self._before, self._shifted, *self._after]
        return steps[-1].predict_proba(_transform(steps[:-1], features))


def _transform(steps: list[Any], features: Any) -> Any:
    for step in steps:
        features = step.transform(features)
    return features

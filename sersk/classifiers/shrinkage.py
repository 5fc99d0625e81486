"""Linear discriminant analysis with a shrunk covariance, and the choice of the shrinkage.

Functions of arrays; the estimator is `sersk.classifiers.discriminant.DiscriminantClassifier`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from sersk.classifiers.vectors import mean_and_scale, standardize


class Choice(NamedTuple):
    """Shrinkage and temperature, and the scores that they were chosen by."""

    shrinkage: float
    temperature: float
    scores: dict[float, float]  # UAR by shrinkage; empty if none was tried


def choose(
    X: NDArray[Any],
    position: NDArray[np.intp],
    weight: NDArray[np.float64],
    groups: NDArray[Any] | None,
    *,
    shrinkages: Sequence[float],
    untried: float,
    temperature: float | None,
    n_splits: int,
    clip_value: float | None,
) -> Choice:
    """Choose shrinkage and temperature by cross-validation, on held-out speakers if known.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_views, n_features)
        Features. Held-out clips are scored by view 0, the clean clip.
    position : ndarray of int of shape (n_clips,)
        Class of each clip, from 0.
    weight : ndarray of shape (n_clips,)
        Weight of each clip.
    groups : ndarray of shape (n_clips,) or None
        Speaker of each clip.
    shrinkages : sequence of float
        Shrinkages to try; a single one is taken without a trial.
    untried : float
        Shrinkage if there are several and too few clips for a cross-validation.
    temperature : float or None
        The temperature; None to choose it.
    n_splits : int
        Most folds of the cross-validation.
    clip_value : float or None
        See `sersk.classifiers.vectors.standardize`.

    Returns
    -------
    choice : Choice
        The shrinkage of the highest UAR, and the temperature of the lowest log loss with it.
    """
    given = len(shrinkages) == 1 and temperature is not None
    splits = [] if given else list(_splits(position, groups, n_splits))
    if not splits:
        shrinkage = shrinkages[0] if len(shrinkages) == 1 else untried
        return Choice(shrinkage, 1.0 if temperature is None else temperature, {})
    n_classes = int(position.max()) + 1
    decisions = {shrinkage: np.zeros((len(X), n_classes)) for shrinkage in shrinkages}
    for train, test in splits:
        mean, scale = mean_and_scale(X[train, 0], weight[train])
        standard = standardize(X[train], mean, scale, clip_value)
        discriminant = ShrunkDiscriminant(standard, position[train], weight[train], n_classes)
        clean = standardize(X[test, 0], mean, scale, clip_value)
        for shrinkage, decision in decisions.items():
            coef, intercept = discriminant.solve(shrinkage)
            decision[test] = clean @ coef.T + intercept
    scored = np.sort(np.concatenate([test for _, test in splits]))
    truth, weight = position[scored], weight[scored]
    scores = {
        shrinkage: float(
            balanced_accuracy_score(truth, decision[scored].argmax(axis=1), sample_weight=weight)
        )
        for shrinkage, decision in decisions.items()
    }
    # among equal scores the larger shrinkage, which is the simpler model
    shrinkage = max(shrinkages, key=lambda s: (scores[s], s))
    if temperature is None:
        temperature = _fit_temperature(decisions[shrinkage][scored], truth, weight)
    return Choice(shrinkage, temperature, scores)


class ShrunkDiscriminant:
    """Discriminant weights for a given shrinkage, from class means and the covariance.

    Parameters
    ----------
    Z : ndarray of shape (n_clips, n_views, n_features)
        Standardised features.
    position : ndarray of int of shape (n_clips,)
        Class of each clip, from 0.
    weight : ndarray of shape (n_clips,)
        Weight of each clip; its views have equal shares of it.
    n_classes : int
        Number of classes; some may have no clip.
    """

    def __init__(
        self,
        Z: NDArray[np.float64],
        position: NDArray[np.intp],
        weight: NDArray[np.float64],
        n_classes: int,
    ) -> None:
        n_views, n_features = Z.shape[1:]
        shares = np.repeat(weight / (weight.sum() * n_views), n_views)
        Z, position = Z.reshape(-1, n_features), np.repeat(position, n_views)
        member = np.eye(n_classes)[position] * shares[:, np.newaxis]
        totals = member.sum(axis=0)[:, np.newaxis]
        # A fold may have no training clip of a class. Such a class is never predicted.
        self.present = totals[:, 0] > 0
        self.means = member.T @ Z / np.where(totals > 0, totals, 1)
        # The covariance is the sum of their products.
        self.residuals = (Z - self.means[position]) * np.sqrt(shares)[:, np.newaxis]
        self.variance = float(np.sum(np.square(self.residuals))) / n_features
        self.wide = len(self.residuals) < n_features
        self.products = (
            self.residuals @ self.residuals.T if self.wide else self.residuals.T @ self.residuals
        )

    def solve(self, shrinkage: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return weights and intercepts for a shrinkage.

        Parameters
        ----------
        shrinkage : float
            Share of the identity in the covariance, in (0, 1].

        Returns
        -------
        coef : ndarray of shape (n_classes, n_features)
            Weights.
        intercept : ndarray of shape (n_classes,)
            Intercepts; minus infinity for a class without clips.
        """
        # without any variance within classes, all directions count the same
        ridge = shrinkage * self.variance if self.variance > 0 else 1.0
        matrix = (1 - shrinkage) * self.products
        matrix.flat[:: len(matrix) + 1] += ridge
        factor = cho_factor(matrix, overwrite_a=True)
        if self.wide:  # fewer views than features: the smaller matrix, by Woodbury's identity
            seen = cho_solve(factor, self.residuals @ self.means.T)
            coef = (self.means - (1 - shrinkage) * (self.residuals.T @ seen).T) / ridge
        else:
            coef = cho_solve(factor, self.means.T).T
        intercept = -0.5 * np.sum(coef * self.means, axis=1)
        intercept[~self.present] = -np.inf
        return coef, intercept


def _splits(
    position: NDArray[np.intp], groups: NDArray[Any] | None, n_splits: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield folds that share no clip and no speaker; none if there are too few."""
    n_splits = min(n_splits, int(np.bincount(position).min()))
    if groups is not None:
        n_splits = min(n_splits, len(np.unique(groups)))
    if n_splits < 2:
        return
    if groups is None:
        yield from StratifiedKFold(n_splits).split(position, position)
        return
    for train, test in StratifiedGroupKFold(n_splits).split(position, position, groups):
        # a fold may be empty, or lack a class in training if one speaker has all of its clips
        if len(test) and len(np.unique(position[train])) > position.max():
            yield train, test


def _fit_temperature(
    decisions: NDArray[np.float64], truth: NDArray[np.intp], weight: NDArray[np.float64]
) -> float:
    """Return the temperature of the lowest log loss."""

    def loss(log_temperature: float) -> float:
        log_proba = log_softmax(decisions / np.exp(log_temperature), axis=1)
        return float(-np.average(log_proba[np.arange(len(truth)), truth], weights=weight))

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 6.0), method="bounded").x))

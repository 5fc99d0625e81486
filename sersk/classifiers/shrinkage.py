"""Linear discriminant analysis with a shrunk covariance, and the choice of the shrinkage.

Functions of arrays; the estimator is `sersk.classifiers.discriminant.DiscriminantClassifier`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from sersk.classifiers.covariance import Covariance, Residuals
from sersk.classifiers.krylov import KrylovSpace
from sersk.classifiers.vectors import standardize

# largest residual of the weights, as a share of the class means
_TOLERANCE = 1e-9


class Discriminant(NamedTuple):
    """Weights of a discriminant, and what was chosen in a cross-validation.

    Attributes
    ----------
    shrinkage, temperature : float
        As given, or as chosen.
    scores : dict of float to float
        UAR by shrinkage; empty if there was no cross-validation.
    mean, scale : ndarray of shape (n_features,)
        Of the clean clips; weights are for standardised features.
    coef : ndarray of shape (n_classes, n_features)
        Weights.
    intercept : ndarray of shape (n_classes,)
        Intercepts.
    """

    shrinkage: float
    temperature: float
    scores: dict[float, float]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    coef: NDArray[np.float64]
    intercept: NDArray[np.float64]


def fit_discriminant(
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
) -> Discriminant:
    """Choose shrinkage and temperature by cross-validation, and compute the weights.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_views, n_features)
        Features. Held-out clips are scored by view 0, the clean clip.
    position : ndarray of int of shape (n_clips,)
        Class of each clip, from 0.
    weight : ndarray of shape (n_clips,)
        Weight of each clip; its views have equal shares of it.
    groups : ndarray of shape (n_clips,) or None
        Speaker of each clip; if given, shrinkage and temperature are chosen on held-out speakers.
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
    discriminant : Discriminant
        With the shrinkage of the highest UAR, and the temperature of the lowest log loss with it.
    """
    given = len(shrinkages) == 1 and temperature is not None
    splits = [] if given else list(_splits(position, groups, n_splits))
    if not splits and len(shrinkages) > 1:
        shrinkages = (untried,)
    residuals = Residuals(X, position, weight, clip_value, [train for train, _ in splits])
    whole, *parts = residuals.covariances
    whole_space, *spaces = _grow(residuals, min(shrinkages))
    scores: dict[float, float] = {}
    shrinkage = shrinkages[0]
    if splits:
        decisions = np.zeros((len(shrinkages), len(X), len(whole.means)))
        for (_, test), part, space in zip(splits, parts, spaces, strict=True):
            clean = standardize(X[test, 0], part.mean, part.scale, clip_value)
            coefs, intercepts = _solve(part, space, shrinkages)
            decisions[:, test] = clean @ coefs.swapaxes(1, 2) + intercepts[:, np.newaxis]
        scored = np.sort(np.concatenate([test for _, test in splits]))
        decisions, truth, weight = decisions[:, scored], position[scored], weight[scored]
        scores = {
            s: float(balanced_accuracy_score(truth, d.argmax(axis=1), sample_weight=weight))
            for s, d in zip(shrinkages, decisions, strict=True)
        }
        # among equal scores the larger shrinkage, which is the simpler model
        shrinkage = max(shrinkages, key=lambda s: (scores[s], s))
        if temperature is None:
            chosen = decisions[list(shrinkages).index(shrinkage)]
            temperature = _fit_temperature(chosen, truth, weight)
    coefs, intercepts = _solve(whole, whole_space, [shrinkage])
    return Discriminant(
        shrinkage,
        1.0 if temperature is None else temperature,
        scores,
        whole.mean,
        whole.scale,
        coefs[0],
        intercepts[0],
    )


def _grow(residuals: Residuals, smallest: float) -> list[KrylovSpace]:
    """Return a space for each covariance that holds the solutions for all shrinkages."""
    covariances = residuals.covariances
    spaces = [KrylovSpace(c.means[c.present]) for c in covariances]
    while True:
        open_ = [
            space.residual(1 - smallest, _ridge(c, smallest)) > _TOLERANCE
            for c, space in zip(covariances, spaces, strict=True)
        ]
        if not any(open_):
            return spaces
        products = residuals.multiply(
            [space.block if o else None for space, o in zip(spaces, open_, strict=True)]
        )
        for space, product in zip(spaces, products, strict=True):
            if product is not None:
                space.extend(product)


def _solve(
    covariance: Covariance, space: KrylovSpace, shrinkages: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (n_shrinkages, n_classes, n_features) and intercepts."""
    present, means = covariance.present, covariance.means
    shares = np.array(shrinkages)
    coefs = np.zeros((len(shares), *means.shape))
    coefs[:, present] = space.solve(
        1 - shares, np.array([_ridge(covariance, s) for s in shrinkages])
    )
    intercepts = -0.5 * np.einsum("skp,kp->sk", coefs, means)
    # A fold may have no training clip of a class. Such a class is never predicted.
    intercepts[:, ~present] = -np.inf
    return coefs, intercepts


def _ridge(covariance: Covariance, shrinkage: float) -> float:
    # without any variance within classes, all directions count the same
    return shrinkage * covariance.variance if covariance.variance > 0 else 1.0


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

"""Linear discriminant analysis with a shrunk covariance, and the choice of the shrinkage.

Functions of arrays; the estimator is `sersk.classifiers.discriminant.DiscriminantClassifier`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from threadpoolctl import ThreadpoolController

from sersk.classifiers.covariance import Covariance, Residuals
from sersk.classifiers.krylov import KrylovSpace
from sersk.classifiers.vectors import standardize

# Largest residual of the weights, as a share of the class means. The decisions are more accurate.
_TOLERANCE_OF_CHOICE = 1e-4
_TOLERANCE = {np.float64: 1e-9, np.float32: 1e-6}
# Features of float32 have rounding errors of their own. With as much shrinkage as this, the weights
# are no more sensitive than the features, and float32 suffices for the products too.
_SHRINKAGE_OF_FLOAT32 = 0.1
_STEPS_BETWEEN_CHECKS = 3
_BLAS = ThreadpoolController()


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
    exact = X.dtype != np.float32 or min(shrinkages) < _SHRINKAGE_OF_FLOAT32
    dtype: type[np.floating[Any]] = np.float64 if exact else np.float32
    parts_of = [train for train, _ in splits]
    residuals = Residuals(X, position, weight, clip_value, parts_of, dtype)
    whole, *parts = residuals.covariances
    spaces = [KrylovSpace(c.means[c.present]) for c in residuals.covariances]
    scores: dict[float, float] = {}
    shrinkage = shrinkages[0]
    if splits:
        _grow(residuals, spaces, min(shrinkages), _TOLERANCE_OF_CHOICE)
        decisions = np.zeros((len(shrinkages), len(X), len(whole.means)))
        for (_, test), part, space in zip(splits, parts, spaces[1:], strict=True):
            clean = standardize(X[test, 0], part.mean, part.scale, clip_value)
            coefs, intercepts = _solve(part, space, shrinkages)
            decisions[:, test] = clean @ coefs.swapaxes(1, 2) + intercepts[:, np.newaxis]
        scored = np.sort(np.concatenate([test for _, test in splits]))
        decisions, truth, weight = decisions[:, scored], position[scored], weight[scored]
        scores = {
            s: _average_recall(truth, d.argmax(axis=1), weight, len(whole.means))
            for s, d in zip(shrinkages, decisions, strict=True)
        }
        # among equal scores the larger shrinkage, which is the simpler model
        shrinkage = max(shrinkages, key=lambda s: (scores[s], s))
        if temperature is None:
            chosen = decisions[list(shrinkages).index(shrinkage)]
            temperature = _fit_temperature(chosen, truth, weight)
    _grow(residuals, [spaces[0], *[None] * len(parts)], shrinkage, _TOLERANCE[dtype])
    coefs, intercepts = _solve(whole, spaces[0], [shrinkage])
    return Discriminant(
        shrinkage,
        1.0 if temperature is None else temperature,
        scores,
        whole.mean,
        whole.scale,
        coefs[0],
        intercepts[0],
    )


def _average_recall(
    truth: NDArray[Any], answers: NDArray[Any], weight: NDArray[Any] | None, n_classes: int
) -> float:
    """Return the UAR over the classes of `truth`; few speakers may leave a class without clips."""
    counts = confusion_matrix(
        truth, answers, labels=np.arange(n_classes), sample_weight=weight
    ).astype(float)
    totals = counts.sum(axis=1)
    known = totals > 0
    return float(np.mean(counts.diagonal()[known] / totals[known]))


def _grow(
    residuals: Residuals,
    spaces: Sequence[KrylovSpace | None],
    smallest: float,
    tolerance: float,
) -> None:
    """Grow spaces, one for each covariance or None, to hold the weights for all shrinkages."""

    def grows(covariance: Covariance, space: KrylovSpace | None) -> bool:
        if space is None:
            return False
        return space.residual(1 - smallest, _ridge(covariance, smallest)) > tolerance

    growing = [grows(*pair) for pair in zip(residuals.covariances, spaces, strict=True)]
    for step in count(1):
        if not any(growing):
            break
        products = residuals.multiply(
            [s.block if s and g else None for s, g in zip(spaces, growing, strict=True)]
        )
        # More threads than one only wait for each other in products as small as these.
        with _BLAS.limit(limits=1, user_api="blas"):
            for i, (space, product) in enumerate(zip(spaces, products, strict=True)):
                if space is None or product is None:
                    continue
                space.extend(product)
                if step % _STEPS_BETWEEN_CHECKS == 0 or not len(space.block):
                    growing[i] = grows(residuals.covariances[i], space)


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

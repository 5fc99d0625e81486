"""Corrections of a classifier's decisions: by how often it gives each label, and by true labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

Floats = NDArray[np.float64]

_N_STEPS = 200
_DAMPING = 0.5
_LEAST_SHARE = 1e-4
# Weight of the prior of a correction by labels: how far its matrix is from the identity, and its
# offset from 0, in squared log-odds. Chosen on EmoDB and RAVDESS as each other's target.
_PRIOR_OF_MATRIX = 10.0
_PRIOR_OF_OFFSET = 3.0


def balance(log_odds: Floats) -> Floats:
    """Return offsets with which all classes are equally probable, on average over clips.

    Parameters
    ----------
    log_odds : ndarray of shape (n_clips, n_classes)
        Logarithms of probabilities up to a constant of the clip.

    Returns
    -------
    offset : ndarray of shape (n_classes,)
        To add to them; its mean is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.adaptation.decisions import balance
    >>> balance(np.log([[0.9, 0.1], [0.9, 0.1]])).round(2).tolist()
    [-1.1, 1.1]
    """
    offset = np.zeros(log_odds.shape[1])
    for _ in range(_N_STEPS):
        shares = softmax(log_odds + offset, axis=1).mean(axis=0)
        offset -= _DAMPING * np.log(np.maximum(shares, _LEAST_SHARE) * len(shares))
        offset -= offset.mean()
    return offset


def fit_correction(log_odds: Floats, position: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return the affine correction of decisions that labelled clips make most probable.

    Parameters
    ----------
    log_odds : ndarray of shape (n_clips, n_classes)
        Logarithms of probabilities up to a constant of the clip.
    position : ndarray of int of shape (n_clips,)
        Class of each clip, from 0.

    Returns
    -------
    matrix : ndarray of shape (n_classes, n_classes)
        The corrected log-odds are ``log_odds @ matrix + offset``.
    offset : ndarray of shape (n_classes,)
        The maximum a posteriori estimate, with normal distributions around the identity and 0 as
        priors. Classes that have clips count equally.
    """
    n_clips, n_classes = log_odds.shape
    truth = np.eye(n_classes)[position]
    counts = np.bincount(position, minlength=n_classes)
    weight = (n_clips / (np.count_nonzero(counts) * np.maximum(counts, 1)))[position]

    def loss(values: Floats) -> tuple[float, Floats]:
        change, offset = values[:-n_classes].reshape(n_classes, n_classes), values[-n_classes:]
        log_proba = log_softmax(log_odds @ (np.eye(n_classes) + change) + offset, axis=1)
        error = (np.exp(log_proba) - truth) * weight[:, np.newaxis]
        penalty = _PRIOR_OF_MATRIX * np.sum(change**2) + _PRIOR_OF_OFFSET * np.sum(offset**2)
        slopes = [
            (log_odds.T @ error + _PRIOR_OF_MATRIX * change).ravel(),
            error.sum(axis=0) + _PRIOR_OF_OFFSET * offset,
        ]
        likelihood = np.sum(weight * log_proba[np.arange(n_clips), position])
        return float(penalty / 2 - likelihood), np.concatenate(slopes)

    start = np.zeros(n_classes * (n_classes + 1))
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return np.eye(n_classes) + found[:-n_classes].reshape(n_classes, n_classes), found[-n_classes:]

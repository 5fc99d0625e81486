"""Covariances within classes of all training clips and of parts of them, never formed.

The products of all of them with vectors share one matrix, that of all clips. A matrix with few
columns is multiplied at the speed of memory, so five parts take little more time than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sersk.classifiers.vectors import mean_and_scale, standardize

Floats = NDArray[np.float64]
# Rows are standardised in chunks of this many values.
_CHUNK_VALUES = 2**20
# A smaller share of the variance is the rounding error of what was subtracted from it.
_ROUNDING = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 1e-5}


class Covariance:
    """Covariance within classes of some of the clips, with their own scale; see `Residuals`.

    Attributes
    ----------
    mean, scale : ndarray of shape (n_features,)
        Mean and standard deviation of each feature over these clips, clean.
    means : ndarray of shape (n_classes, n_features)
        Class means of all views, standardised and clipped; 0 for a class without clips.
    present : ndarray of bool of shape (n_classes,)
        Whether a class has clips.
    variance : float
        Mean over features of the variance within classes.
    """

    mean: Floats
    scale: Floats
    means: Floats
    present: NDArray[np.bool_]
    variance: float
    # A view's value, standardised as these clips and around its class, is
    # _ratio * residual - _excess - _offsets of its class; the excess is of clipped values only.
    _ratio: Floats
    _excess: csr_array
    _offsets: Floats  # (n_classes, n_features)
    _totals: Floats  # (n_classes,) weight of each class
    _shares: Floats  # (n_clips * n_views,) weight of each view, 0 for other clips


class Residuals:
    """Views of all clips around the mean of their class, standardised, and covariances of parts.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_views, n_features)
        Features.
    position : ndarray of int of shape (n_clips,)
        Class of each clip, from 0.
    weight : ndarray of shape (n_clips,)
        Weight of each clip; its views have equal shares of it.
    clip_value : float or None
        See `sersk.classifiers.vectors.standardize`.
    parts : sequence of ndarray of int
        Clips of each further covariance.
    dtype : {numpy.float64, numpy.float32}, default=numpy.float64
        Precision of the standardised views and of their products. float32 takes half the time and
        half the memory; what is small is in float64 in any case.

    Attributes
    ----------
    covariances : list of Covariance
        Of all clips, then of each part.

    Notes
    -----
    Memory: one matrix of `dtype` as large as all views, and some vectors.
    """

    def __init__(
        self,
        X: NDArray[np.generic],
        position: NDArray[np.intp],
        weight: Floats,
        clip_value: float | None,
        parts: Sequence[NDArray[np.intp]] = (),
        dtype: type[np.floating[Any]] = np.float64,
    ) -> None:
        n_clips, n_views, n_features = X.shape
        n_classes = int(position.max()) + 1
        self.covariances = [Covariance() for _ in range(1 + len(parts))]
        for covariance, clips in zip(self.covariances, [np.arange(n_clips), *parts], strict=True):
            inside = np.zeros(n_clips)
            inside[clips] = weight[clips]
            covariance.mean, covariance.scale = mean_and_scale(X[:, 0], inside)
            covariance._shares = np.repeat(inside / (inside.sum() * n_views), n_views)
        whole = self.covariances[0]
        self._member = np.eye(n_classes)[np.repeat(position, n_views)]
        self._rows = np.empty((n_clips * n_views, n_features), dtype)
        clipped = [np.empty(0, int)], [np.empty(0, int)], [np.empty(0)]
        low, high = _bounds(self.covariances, clip_value)
        for rows in self._chunks():
            values = standardize(X.reshape(-1, n_features)[rows], whole.mean, whole.scale, None)
            if clip_value is not None:
                row, column = np.nonzero((values < low) | (values > high))
                for found, new in zip(
                    clipped, (row + rows.start, column, values[row, column]), strict=True
                ):
                    found.append(new)
                np.clip(values, -clip_value, clip_value, out=values)
            self._rows[rows] = values
        totals = self._member.T @ whole._shares
        weighted = (self._member * whole._shares[:, np.newaxis]).astype(dtype)
        means = (weighted.T @ self._rows).astype(np.float64) / totals[:, np.newaxis]
        classes = np.repeat(position, n_views)
        for rows in self._chunks():
            self._rows[rows] -= means.astype(dtype)[classes[rows]]
        row, column, value = (np.concatenate(found) for found in clipped)
        self._complete(means, row, column, value, clip_value)

    def multiply(self, blocks: Sequence[Floats | None]) -> list[Floats | None]:
        """Return the products of covariances with vectors.

        Parameters
        ----------
        blocks : sequence of (ndarray of shape (n_vectors, n_features) or None)
            Vectors for each covariance; None for those that are done.

        Returns
        -------
        products : list of (ndarray of shape (n_vectors, n_features) or None)
            The products.
        """
        used = [(c, b) for c, b in zip(self.covariances, blocks, strict=True) if b is not None]
        vectors = np.concatenate([c._ratio * b for c, b in used]).astype(self._rows.dtype)
        projected = self._rows @ vectors.T
        ends = np.cumsum([len(b) for _, b in used])[:-1]
        parts = np.split(projected, ends, axis=1)
        for (c, b), part in zip(used, parts, strict=True):
            part -= c._excess @ b.T
            part *= c._shares[:, np.newaxis]
        # With several threads BLAS takes longer for the transposed product.
        products = iter(np.split(np.ascontiguousarray((self._rows.T @ projected).T), ends))
        remaining = iter(parts)
        found: list[Floats | None] = []
        for c, block in zip(self.covariances, blocks, strict=True):
            if block is None:
                found.append(None)
                continue
            product = c._ratio * next(products) - (c._excess.T @ next(remaining)).T
            product -= ((block @ c._offsets.T) * c._totals) @ c._offsets
            found.append(product)
        return found

    def _chunks(self) -> Iterator[slice]:
        step = max(1, _CHUNK_VALUES // self._rows.shape[1])
        for start in range(0, len(self._rows), step):
            yield slice(start, min(start + step, len(self._rows)))

    def _complete(
        self,
        means: Floats,
        row: NDArray[np.intp],
        column: NDArray[np.intp],
        value: Floats,
        clip_value: float | None,
    ) -> None:
        """Compute what differs between covariances."""
        whole = self.covariances[0]
        shares = np.stack([c._shares for c in self.covariances], axis=1)
        n_classes = len(means)
        # class sums of all parts in one product
        members = (shares[:, :, np.newaxis] * self._member[:, np.newaxis]).reshape(len(shares), -1)
        dtype = self._rows.dtype
        sums = (members.astype(dtype).T @ self._rows).astype(np.float64)
        sums = sums.reshape(len(self.covariances), n_classes, -1)
        squares = np.zeros((len(self.covariances), self._rows.shape[1]))
        for rows in self._chunks():
            squares += shares[rows].astype(dtype).T @ np.square(self._rows[rows])
        residual = self._rows[row, column].astype(np.float64)
        for c, total, square in zip(self.covariances, sums, squares, strict=True):
            c._ratio = whole.scale / c.scale
            shift = (whole.mean - c.mean) / c.scale
            excess = np.zeros(len(row))
            if clip_value is not None and c is not whole:
                ratio, offset = c._ratio[column], shift[column]
                bound = ratio * np.clip(value, -clip_value, clip_value) + offset
                excess = bound - np.clip(ratio * value + offset, -clip_value, clip_value)
                excess[c._shares[row] == 0] = 0
            kept = excess != 0
            at = row[kept], column[kept]
            c._excess = csr_array((excess[kept], at), shape=self._rows.shape)
            c._totals = self._member.T @ c._shares
            c.present = c._totals > 0
            divisor = np.where(c.present, c._totals, 1)[:, np.newaxis]
            weighted = self._member * c._shares[:, np.newaxis]
            c._offsets = (c._ratio * total - (c._excess.T @ weighted).T) / divisor
            c.means = np.where(c.present[:, np.newaxis], c._ratio * means + shift + c._offsets, 0)
            change = excess * (excess - 2 * c._ratio[column] * residual)
            around = np.sum(np.square(c._ratio) * square) + np.sum(change * c._shares[row])
            variance = around - np.sum(c._totals @ np.square(c._offsets))
            # less is the rounding error of a part whose classes have one value each
            c.variance = (
                float(variance / len(square)) if variance > _ROUNDING[dtype] * around else 0.0
            )


def _bounds(
    covariances: Sequence[Covariance], clip_value: float | None
) -> tuple[Floats | float, Floats | float]:
    """Return between which values, standardised as all clips, no covariance clips any."""
    if clip_value is None:
        return -np.inf, np.inf
    whole = covariances[0]
    low = [(c.mean - clip_value * c.scale - whole.mean) / whole.scale for c in covariances]
    high = [(c.mean + clip_value * c.scale - whole.mean) / whole.scale for c in covariances]
    return np.max(low, axis=0), np.min(high, axis=0)

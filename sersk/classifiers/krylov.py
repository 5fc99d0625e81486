"""Solve linear systems of one symmetric matrix plus any multiple of the identity at once.

The block Lanczos method: the solutions for all multiples are in the same Krylov space.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

Floats = NDArray[np.float64]
# A direction shorter than this share of the vector that it is left of is a rounding error.
_SMALLEST = 1e-12
_SHORT = 1e-4


class KrylovSpace:
    """Space that a positive semidefinite matrix and some vectors span, grown step by step [1]_.

    Each step needs one product of the matrix with `block`, which `extend` takes. All vectors are
    kept orthogonal, so the space that cannot grow holds the exact solutions.

    Parameters
    ----------
    vectors : ndarray of shape (n_vectors, n_features)
        Right-hand sides.

    Attributes
    ----------
    block : ndarray of shape (n_new, n_features)
        Orthonormal vectors that the space was last extended by; none if it is complete.

    References
    ----------
    .. [1] D. P. O'Leary, "The block conjugate gradient algorithm and related methods", Linear
       Algebra and its Applications, 29, 1980.
    """

    def __init__(self, vectors: Floats) -> None:
        self._vectors = vectors
        self._basis = np.empty((0, vectors.shape[1]))
        self._matrix = np.empty((0, 0))
        self._size = 0
        self._coupling = np.empty((0, 0))
        self.block = _orthonormal(vectors, float(np.linalg.norm(vectors)))[1]
        self._seen = self.block @ vectors.T  # later blocks are orthogonal to the vectors
        self._append()

    def extend(self, product: Floats) -> None:
        """Extend the space by the matrix's product with `block`.

        Parameters
        ----------
        product : ndarray of shape (n_new, n_features)
            The product; it is changed.
        """
        size, new = self._size, len(self.block)
        basis = self._basis[:size]
        shadow = product @ basis.T
        self._matrix[size - new : size, :size] = shadow
        self._matrix[:size, size - new : size] = shadow.T
        length = float(np.linalg.norm(product))
        remainder = product - shadow @ basis
        remainder -= (remainder @ basis.T) @ basis
        sizes, block = _orthonormal(remainder, length)
        if len(block) and sizes[-1] < _SHORT * length:
            # A short direction, made as long as others, is no longer orthogonal to the basis.
            block -= (block @ basis.T) @ basis
            block = np.linalg.qr(block.T)[0].T
        self.block = block
        self._coupling = self.block @ product.T
        self._append()

    def residual(self, scale: float, ridge: float) -> float:
        """Return how far the solutions in this space, without its last block, are from exact.

        Parameters
        ----------
        scale, ridge : float
            As for `solve`.

        Returns
        -------
        residual : float
            Length of the residuals as a share of that of the right-hand sides.
        """
        length = np.linalg.norm(self._vectors)
        if not len(self.block) or length == 0:
            return 0.0
        size, last = self._size - len(self.block), self._coupling.shape[1]
        if not size:
            return 1.0
        matrix = scale * self._matrix[:size, :size]
        matrix.flat[:: size + 1] += ridge
        seen = np.zeros((size, len(self._vectors)))
        seen[: len(self._seen)] = self._seen
        inner = np.linalg.solve(matrix, seen)[size - last :]
        return float(scale * np.linalg.norm(self._coupling @ inner) / length)

    def solve(self, scale: Floats, ridge: Floats) -> Floats:
        """Solve (scale * matrix + ridge * identity) x = vectors for each scale and ridge.

        Parameters
        ----------
        scale, ridge : ndarray of shape (n_systems,)
            Factors of the matrix and of the identity.

        Returns
        -------
        solutions : ndarray of shape (n_systems, n_vectors, n_features)
            The solutions.
        """
        size = self._size - len(self.block)
        values, vectors = eigh(self._matrix[:size, :size], driver="evd")
        basis = self._basis[:size]
        seen = self._seen.T @ vectors[: len(self._seen)]
        divisors = np.multiply.outer(scale, values) + ridge[:, np.newaxis]
        inner = (seen / divisors[:, np.newaxis]) @ vectors.T
        return inner @ basis

    def _append(self) -> None:
        size = self._size + len(self.block)
        if size > len(self._basis):
            capacity = 2 * size
            basis, matrix = np.empty((capacity, self._basis.shape[1])), np.zeros((capacity,) * 2)
            basis[: self._size] = self._basis[: self._size]
            matrix[: self._size, : self._size] = self._matrix[: self._size, : self._size]
            self._basis, self._matrix = basis, matrix
        self._basis[self._size : size] = self.block
        self._size = size


def _orthonormal(vectors: Floats, length: float) -> tuple[Floats, Floats]:
    """Return sizes and unit vectors of the directions that are no rounding errors of `length`."""
    _, sizes, rows = np.linalg.svd(vectors, full_matrices=False)
    kept = sizes > _SMALLEST * length
    return sizes[kept], rows[kept]

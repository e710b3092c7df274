# SPDX-License-Identifier: BSD-3-Clause
"""The quadratic form in which a compressed weight is near a dense one."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..backends import get_backend, namespace_of
from ._linalg import gram_cholesky, triangular_inverse


def unit_factor(A: Any) -> Any:
    """Upper triangular R with ones on its diagonal and A = R' D R, for a NumPy array of double precision.

    A is shifted as little as rounding demands; where it is not finite the identity comes back.
    """
    size = max(float(np.trace(A)), np.finfo(np.float64).tiny)
    shift = np.finfo(np.float64).eps * size
    while shift <= size:
        try:
            R = np.linalg.cholesky(A).T
        except np.linalg.LinAlgError:
            A, shift = A + shift * np.eye(len(A)), 100.0 * shift
            continue
        return R / np.diag(R)[:, None]
    return np.eye(len(A))


@dataclass(frozen=True, eq=False)
class Side:
    """One factor of a :class:`Metric`: a symmetric positive definite matrix A = L L'.

    Attributes
    ----------
    A : array of shape (d, d), array of shape (d,) or None
        The matrix, its diagonal if it has nothing else, or None for the identity.
    """

    A: Any = None

    @property
    def is_diagonal(self) -> bool:
        """Whether A is the identity or a diagonal."""
        return self.A is None or self.A.ndim == 1

    @cached_property
    def _factor(self) -> Any:
        """L' as the products need it; a diagonal's square root as a column."""
        xp = namespace_of(self.A)
        if self.is_diagonal:
            return xp.sqrt(self.A)[:, None]
        return gram_cholesky(self.A, xp=xp)

    @cached_property
    def _factor_inverse(self) -> Any:
        xp = namespace_of(self.A)
        return triangular_inverse(self._factor, xp=xp)

    @cached_property
    def _eigen(self) -> tuple[Any, Any]:
        xp = namespace_of(self.A)
        values, vectors = xp.linalg.eigh(self.A)
        return xp.clip(values, 0.0, None), vectors

    @cached_property
    def ordered_factor(self) -> tuple:
        """(order, R) on the host in double precision: A[order][:, order] = R' D R with R of
        :func:`unit_factor`, what weighs most coming last."""
        xp = namespace_of(self.A)
        A = np.asarray(get_backend(xp).to_numpy(self.A, xp=xp), dtype=np.float64)
        order = np.argsort(np.diag(A), kind="stable")
        return order, unit_factor(A[np.ix_(order, order)])

    def spectrum(self, d: int, dtype: Any, *, xp: Any) -> tuple[Any, Any]:
        """Eigenvalues, shape (d,), and eigenvectors in columns; None where these are the unit vectors."""
        if self.is_diagonal:
            return self.diagonal(d, dtype, xp=xp), None
        return self._eigen

    def diagonal(self, d: int, dtype: Any, *, xp: Any) -> Any:
        """The diagonal of A, shape (d,)."""
        if self.A is None:
            return xp.ones(d, dtype=dtype)
        return self.A if self.is_diagonal else xp.linalg.diagonal(self.A)

    def inverse_diagonal(self, d: int, dtype: Any, *, xp: Any) -> Any:
        """The diagonal of A^-1, shape (d,)."""
        if self.is_diagonal:
            return 1.0 / self.diagonal(d, dtype, xp=xp)
        return xp.sum(self._factor_inverse * self._factor_inverse, axis=0)

    def row_sums(self, d: int, dtype: Any, *, xp: Any) -> Any:
        """Row sums of |A|, shape (d,); as a diagonal matrix they are an upper bound of A."""
        if self.is_diagonal:
            return self.diagonal(d, dtype, xp=xp)
        return xp.sum(xp.abs(self.A), axis=1)

    def multiply(self, X: Any) -> Any:
        """A X."""
        if self.A is None:
            return X
        return self.A[:, None] * X if self.is_diagonal else self.A @ X

    def whiten(self, X: Any) -> Any:
        """L' X, whose squared Frobenius norm is tr(X' A X)."""
        if self.A is None:
            return X
        return self._factor * X if self.is_diagonal else self._factor.T @ X

    def restore(self, Z: Any) -> Any:
        """The X with L' X = Z."""
        if self.A is None:
            return Z
        return Z / self._factor if self.is_diagonal else self._factor_inverse.T @ Z

    def lower(self, X: Any) -> Any:
        """L X; ``lower(whiten(X)) = multiply(X)``."""
        if self.A is None:
            return X
        return self._factor * X if self.is_diagonal else self._factor @ X

    def unlower(self, X: Any) -> Any:
        """The Z with ``lower(Z) = X``."""
        if self.A is None:
            return X
        return X / self._factor if self.is_diagonal else self._factor_inverse @ X


@dataclass(frozen=True, eq=False)
class Metric:
    """||D||^2 = tr(S D' G D) = ||G^{1/2} D S^{1/2}||_F^2 for weights of shape (d_in, d_out).

    G is what the data say about the inputs of a layer (their covariance), S what the rest of the
    network makes of a change of its outputs. The Cholesky factors are computed once, when they are
    first needed; a metric is meant to be kept for several projections.

    Parameters
    ----------
    G : array of shape (d_in, d_in) or (d_in,), or None
        Symmetric positive definite (a ridge is the caller's), a diagonal, or None for the identity.
    S : array of shape (d_out, d_out) or (d_out,), or None
        The same for the outputs.

    Examples
    --------
    >>> import numpy as np
    >>> metric = Metric(np.asarray([[2.0, 1.0], [1.0, 2.0]]), np.asarray([3.0]))
    >>> round(metric.squared_norm(np.asarray([[1.0], [1.0]]), xp=np), 12)
    18.0
    """

    G: Any = None
    S: Any = None

    @cached_property
    def rows(self) -> Side:
        """The side of G."""
        return Side(self.G)

    @cached_property
    def columns(self) -> Side:
        """The side of S."""
        return Side(self.S)

    @cached_property
    def transposed(self) -> "Metric":
        """The same form for transposed weights; the factors are shared."""
        other = Metric(self.S, self.G)
        other.__dict__.update(rows=self.columns, columns=self.rows, transposed=self)
        return other

    @property
    def is_diagonal(self) -> bool:
        """Whether the form has no cross terms between entries."""
        return self.rows.is_diagonal and self.columns.is_diagonal

    def whiten_columns(self, Y: Any) -> Any:
        """Y L_S, for Y of shape (any, d_out)."""
        return self.columns.whiten(Y.T).T

    def restore_columns(self, Z: Any) -> Any:
        """The Y with Y L_S = Z."""
        return self.columns.restore(Z.T).T

    def whiten(self, D: Any) -> Any:
        """L_G' D L_S, whose Frobenius norm is the norm of D."""
        return self.whiten_columns(self.rows.whiten(D))

    def restore(self, Z: Any) -> Any:
        """The D with ``whiten(D) = Z``."""
        return self.restore_columns(self.rows.restore(Z))

    def multiply(self, D: Any) -> Any:
        """G D S, half the gradient of the squared norm."""
        return self.columns.multiply(self.rows.multiply(D).T).T

    def solve(self, A: Any, R: Any, weight: float, *, xp: Any) -> Any:
        """The X with ``A X + weight G X S = R``.

        With G = L L', S = Q diag(s) Q' and L^-1 A L'^-1 = P diag(a) P' the entries of P' L' X Q are
        those of P' L^-1 R Q over a_i + weight s_j: one eigenproblem of the size of A, one of S that is
        kept, and products.

        Parameters
        ----------
        A : array of shape (d_in, d_in)
            Symmetric positive semidefinite.
        R : array of shape (d_in, d_out)
        weight : float
            > 0.
        xp : module
            Array API namespace.

        Returns
        -------
        X : array of shape (d_in, d_out)
            NaN throughout if A or R is not finite.
        """
        known = xp.isfinite(xp.sum(A) + xp.sum(R))
        A = xp.where(known, A, xp.eye(A.shape[0], dtype=A.dtype))  # a library may raise otherwise
        s, Q = self.columns.spectrum(R.shape[1], R.dtype, xp=xp)
        B = self.rows.unlower(self.rows.unlower(A).T)
        a, P = xp.linalg.eigh(0.5 * (B + B.T))
        Y = P.T @ self.rows.unlower(R)
        Y = Y if Q is None else Y @ Q
        Y = P @ (Y / (xp.clip(a, 0.0, None)[:, None] + weight * s[None, :]))
        X = self.rows.restore(Y if Q is None else Y @ Q.T)
        return xp.where(known, X, xp.full_like(X, math.nan))

    def diagonal(self, shape: tuple, dtype: Any, *, xp: Any) -> Any:
        """G_ii S_jj, shape (d_in, d_out): the weight of one entry on its own."""
        g = self.rows.diagonal(shape[0], dtype, xp=xp)
        return g[:, None] * self.columns.diagonal(shape[1], dtype, xp=xp)[None, :]

    def inverse_diagonal(self, shape: tuple, dtype: Any, *, xp: Any) -> Any:
        """(G^-1)_ii (S^-1)_jj, shape (d_in, d_out): the inverse weight of one among all others."""
        g = self.rows.inverse_diagonal(shape[0], dtype, xp=xp)
        return g[:, None] * self.columns.inverse_diagonal(shape[1], dtype, xp=xp)[None, :]

    def squared_norm(self, D: Any, *, xp: Any) -> Any:
        """tr(S D' G D), a number >= 0."""
        return get_backend(xp).sum_of_squares(self.whiten(D), xp=xp)

    def squared_distance(self, W: Any, M: Any, *, xp: Any) -> Any:
        """The squared norm of W - M, both dense, a number."""
        return self.squared_norm(W - M, xp=xp)


#: the Frobenius norm
EUCLIDEAN = Metric()

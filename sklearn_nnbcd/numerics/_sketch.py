# SPDX-License-Identifier: BSD-3-Clause
"""What is kept of the Gram matrix of very many columns: its diagonal, and its products with a few vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..backends import get_backend, namespace_of
from ._linalg import add_to_diagonal, gram_cholesky, inverse_factor, rounding_shift, triangular_inverse

#: test vectors beside the constant: directions of G that are kept with their cross terms
N_TESTS = 32


@dataclass(frozen=True, eq=False)
class GramSketch:
    """A d x d Gram matrix G of which d (k + 1) numbers are kept; sums and multiples of sketches are sketches.

    With tests Q (d, k) and products Y = G Q, Nystrom's E E' = Y (Q'Y)^{-1} Y' lies between 0 and G (Gittens
    and Mahoney 2013; from a stream, Tropp, Yurtsever, Udell and Cevher 2017) and is G along Q. The
    diagonal of G is exact, so G is taken for E E' + diag(G - E E'), which has its trace, its diagonal and
    its most important directions, and whose inverse takes k x k matrices only.

    Attributes
    ----------
    diagonal : array of shape (d,)
        Of G.
    tests, products : arrays of shape (d, k)
        Q, and Y = G Q. The last column of Q is the last unit vector: the column of G of a constant input is
        exact.
    """

    diagonal: Any
    tests: Any
    products: Any

    @classmethod
    def of(cls, A: Any, tests: Any = None) -> GramSketch:
        """The sketch of A'A.

        Parameters
        ----------
        A : array or SparseRows of shape (n, d)
        tests : array of shape (d, k) or None, default=None
            Those of the sketches that it is to be added to; None: mixtures of the rows of A.
        """
        xp = namespace_of(A)
        tests = row_mixtures(A, xp=xp) if tests is None else tests
        return cls(get_backend(xp).column_squares(A, xp=xp), tests, A.T @ (A @ tests))

    def __add__(self, other: GramSketch) -> GramSketch:
        sums = self.diagonal + other.diagonal, self.products + other.products
        return GramSketch(sums[0], self.tests, sums[1])

    def __rmul__(self, factor: float) -> GramSketch:
        return replace(self, diagonal=factor * self.diagonal, products=factor * self.products)

    @property
    def last_column(self) -> Any:
        """G e_d, shape (d,)."""
        return self.products[:, -1]

    @cached_property
    def factor(self) -> Any:
        """E of shape (d, k)."""
        xp, Y = namespace_of(self.diagonal), self.products
        B = self.tests.T @ Y
        B = 0.5 * (B + B.T)
        L = gram_cholesky(add_to_diagonal(B, rounding_shift(B, xp=xp), xp=xp), xp=xp)
        return Y @ triangular_inverse(L, xp=xp).T

    @cached_property
    def remainder(self) -> Any:
        """The diagonal of G - E E', shape (d,)."""
        xp = namespace_of(self.diagonal)
        return xp.clip(self.diagonal - get_backend(xp).column_squares(self.factor.T, xp=xp), 0.0, None)

    def mean_diagonal(self) -> Any:
        """Mean of the diagonal of G, a number."""
        xp = namespace_of(self.diagonal)
        return get_backend(xp).number(xp.mean(self.diagonal), xp=xp)

    def eigenvalues(self) -> Any:
        """Those of E E', and the remainder as its own, shape (d + k,): their sum is the trace of G."""
        xp, E = namespace_of(self.diagonal), self.factor
        return xp.concat([get_backend(xp).eigenvalues(E.T @ E, xp=xp), self.remainder])

    def inverse(self, ridge: Any) -> LowRankInverse:
        """(E E' + diag(remainder) + ridge I)^{-1}, by Woodbury's identity.

        Parameters
        ----------
        ridge : number
            > 0.
        """
        xp, E = namespace_of(self.diagonal), self.factor
        diagonal = 1.0 / (self.remainder + ridge)
        H = diagonal[:, None] * E
        K = inverse_factor(add_to_diagonal(E.T @ H, 1.0, xp=xp), xp=xp)
        return LowRankInverse(diagonal, H @ K.T)


@dataclass(frozen=True, eq=False)
class LowRankInverse:
    """diag(h) - F F', for products with arrays from the left.

    Attributes
    ----------
    diagonal : array of shape (d,)
    factor : array of shape (d, k)
    """

    diagonal: Any
    factor: Any

    def __matmul__(self, X: Any) -> Any:
        """The product with an array of shape (d, m)."""
        return self.diagonal[:, None] * X - self.factor @ (self.factor.T @ X)


def row_mixtures(A: Any, *, xp: Any) -> Any:
    """Orthonormal mixtures of the rows of A, shape (d, k - 1), and the last unit vector.

    By cosines over the rows: G times mixtures of rows is nearer to its leading directions than G times
    vectors that know nothing of it, and no draw is needed.
    """
    n, d = A.shape
    k = min(N_TESTS, n, d)
    places = (xp.arange(n, dtype=A.dtype) + 0.5) * (math.pi / n)
    waves = xp.cos(places[:, None] * xp.arange(k, dtype=A.dtype)[None, :])
    last = xp.astype(xp.arange(d) == d - 1, A.dtype)[:, None]
    return xp.concat([xp.linalg.qr(A.T @ waves)[0], last], axis=1)

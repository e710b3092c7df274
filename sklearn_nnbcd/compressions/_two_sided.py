# SPDX-License-Identifier: BSD-3-Clause
"""What Tucker and CP share: W = A X B' with A made of row modes and B of column modes.

As A belongs to the input side G of a metric and B to the output side S, each side is fitted with
thin products only, factor by factor. A CG iteration that is preconditioned by the Frobenius problem
solves that one exactly, so one form of the step serves both metrics.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..numerics._conjugate import conjugate_gradients
from ..numerics._linalg import inverse_gram
from ..numerics._metric import Metric, Side
from ._base import BaseCompression
from ._local import Local
from ._tensorized import positive_integers
from .tensors._factor_maps import marginal_factors
from .tensors._tensorize import factor_modes


class TwoSidedCompression(BaseCompression):
    """A compression with the parameter ``tensor_shape``: row modes and column modes."""

    #: size about which the factors of d_in and d_out are merged where ``tensor_shape`` is None
    _mode_target = 32

    def _modes(self, shape: tuple) -> tuple:
        """Row modes and column modes, two tuples."""
        automatic = tuple(factor_modes(d, self._mode_target) or (1,) for d in shape)
        if self.tensor_shape is None:
            return automatic
        given = self.tensor_shape
        pair: list = [positive_integers(p) for p in given] if isinstance(given, tuple | list) else []
        if len(pair) != 2 or None in pair or tuple(math.prod(p) for p in pair) != shape:
            raise ValueError(
                f"The 'tensor_shape' of {type(self).__name__} must be two tuples of integers with "
                f"products {shape[0]} and {shape[1]} for a weight of shape {shape}. Got "
                f"{self.tensor_shape!r}. Try {automatic!r}, or None."
            )
        return tuple(pair)


def fit_factors(
    factors: Sequence,
    target: Any,
    B: Any,
    SB: Any,
    side: Side,
    maps: Callable,
    gram: Callable,
    n_iter: int,
    *,
    only: int | None = None,
    xp: Any,
) -> list:
    """Fit the factors of one side one after the other; the error never rises.

    Lowers 1/2 <A, G A K> - <A, G target> over A = product of the factors, with K = B' S B.

    Parameters
    ----------
    factors : sequence of arrays (n_k, R_k)
    target : array of shape (d, R)
        W S B for the rows, W' G A for the columns (with the core of a Tucker format in B or A).
    B, SB : arrays of shape (m, R)
        The other side's product of factors, without and with its metric.
    side : Side
        G for the rows, S for the columns.
    maps : callable
        ``maps(factors, k)`` gives U_k -> A and its adjoint.
    gram : callable
        ``gram(K, factors, k)``, the (R_k, R_k) matrix of the problem of U_k where G is the
        identity.
    n_iter : int
        Conjugate gradient iterations per factor.
    only : int or None, default=None
        The one factor that is fitted; None: all.
    xp : module
        Array API namespace.

    Returns
    -------
    factors : list of arrays
    """
    factors, right, K = list(factors), side.multiply(target), B.T @ SB
    thin = B.shape[1] > 2 * B.shape[0]  # then two products with B are less work than one with K

    def times_K(D: Any) -> Any:
        return (D @ B.T) @ SB if thin else D @ K

    for k, U in enumerate(factors):
        if only is not None and k != only:
            continue
        expand, reduce = maps(factors, k, xp=xp)
        solve = inverse_gram(gram(K, factors, k, xp=xp), xp=xp)

        def multiply(X: Any, expand: Callable = expand, reduce: Callable = reduce) -> Any:
            return reduce(times_K(side.multiply(expand(X))))

        def precondition(R: Any, solve: Callable = solve) -> Any:
            return solve(R.T).T

        b = reduce(right)
        residual = b - multiply(U)
        factors[k] = conjugate_gradients(U, residual, multiply, precondition, n_iter, right=b, xp=xp)
    return factors


def local_factor(
    k: int,
    factors: Any,
    modes: Any,
    target: Any,
    B: Any,
    SB: Any,
    side: Any,
    maps: Any,
    gram: Any,
    n_iter: Any,
    *,
    xp: Any,
) -> Local:
    """The :class:`Local` problem of factor k of one side; see :func:`fit_factors`."""
    fitted = fit_factors(factors, target, B, SB, side, maps, gram, n_iter, only=k, xp=xp)
    L, _ = marginal_factors(side, modes, B.dtype, xp=xp)[k]
    return Local(fitted[k], Metric(L @ L.T, gram(B.T @ SB, factors, k, xp=xp)))

# SPDX-License-Identifier: BSD-3-Clause
"""Kronecker and Khatri-Rao products of factors, their adjoints, and mode-wise metrics."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from ...numerics._linalg import gram_cholesky, triangular_inverse
from ...numerics._metric import Side


def kronecker(factors: Sequence, *, xp: Any) -> Any:
    """Kronecker product of factors (n_k, R_k), shape (n_1 ... n_p, R_1 ... R_p)."""
    product = factors[0]
    for U in factors[1:]:
        wide = product[:, None, :, None] * U[None, :, None, :]
        shape = (product.shape[0] * U.shape[0], product.shape[1] * U.shape[1])
        product = xp.reshape(wide, shape)
    return product


def khatri_rao(factors: Sequence, *, xp: Any) -> Any:
    """Column-wise Kronecker product of factors (n_k, R), shape (n_1 ... n_p, R)."""
    product = factors[0]
    for U in factors[1:]:
        product = xp.reshape(product[:, None, :] * U[None, :, :], (-1, U.shape[1]))
    return product


def _around(product: Callable, factors: Sequence, k: int, like: Any, *, xp: Any) -> tuple[Any, Any]:
    """Products of the factors before and after the k-th; those of none are ones."""
    one = xp.ones((1, 1), dtype=like.dtype)
    left = product(factors[:k], xp=xp) if k else one
    right = product(factors[k + 1 :], xp=xp) if k + 1 < len(factors) else one
    return left, right


def kronecker_maps(factors: Sequence, k: int, *, xp: Any) -> tuple[Callable, Callable]:
    """U_k -> kronecker(factors), linear in U_k, and its adjoint."""
    U = factors[k]
    left, right = _around(kronecker, factors, k, U, xp=xp)
    (a, d), (b, e), (c, f) = left.shape, U.shape, right.shape

    def expand(U: Any) -> Any:
        return kronecker([left, U, right], xp=xp)

    def reduce(D: Any) -> Any:
        D = xp.permute_dims(xp.reshape(D, (a, b, c, d, e, f)), (1, 4, 0, 3, 2, 5))
        inner = xp.reshape(D, (-1, c * f)) @ xp.reshape(right, (-1, 1))
        return xp.reshape(xp.reshape(inner, (-1, a * d)) @ xp.reshape(left, (-1, 1)), (b, e))

    return expand, reduce


def khatri_rao_maps(factors: Sequence, k: int, *, xp: Any) -> tuple[Callable, Callable]:
    """U_k -> khatri_rao(factors), linear in U_k, and its adjoint."""
    U = factors[k]
    left, right = _around(khatri_rao, factors, k, U, xp=xp)
    left, right = left[:, None, None, :], right[None, None, :, :]

    def expand(U: Any) -> Any:
        return xp.reshape(left * U[None, :, None, :] * right, (-1, U.shape[1]))

    def reduce(D: Any) -> Any:
        D = xp.reshape(D, (left.shape[0], U.shape[0], right.shape[2], -1))
        return xp.sum(D * left * right, axis=(0, 2))

    return expand, reduce


def marginal_factors(side: Side, modes: tuple, dtype: Any, *, xp: Any) -> list[tuple[Any, Any]]:
    """Lower triangular L_k with L_k L_k' the mean of one side of a metric over all modes but k.

    Their Kronecker product stands for the side where a cold start needs a metric that acts mode by
    mode.

    Parameters
    ----------
    side : Side
        One side of a metric, of size d = product of the modes.
    modes : tuple of int
    dtype : dtype
    xp : module
        Array API namespace.

    Returns
    -------
    pairs : list of (L, L^-1), arrays of shape (n_k, n_k)
    """
    pairs = []
    for k, n in enumerate(modes):
        a, c = math.prod(modes[:k]), math.prod(modes[k + 1 :])
        if side.is_diagonal:
            diagonal = xp.reshape(side.diagonal(a * n * c, dtype, xp=xp), (a, n, c))
            mean = xp.sum(diagonal, axis=(0, 2)) / (a * c)
            M = xp.eye(n, dtype=dtype) * mean[None, :]
        else:
            A = xp.permute_dims(xp.reshape(side.A, (a, n, c, a, n, c)), (1, 4, 0, 2, 3, 5))
            ones = xp.reshape(xp.eye(a * c, dtype=dtype), (-1, 1))
            M = xp.reshape(xp.reshape(A, (n * n, -1)) @ ones, (n, n)) / (a * c)
        L = gram_cholesky(M, xp=xp)
        pairs.append((L, triangular_inverse(L, xp=xp)))
    return pairs


def multiply_modes(T: Any, matrices: Sequence, *, xp: Any) -> Any:
    """The tensor with ``matrices[k]`` (m_k, n_k) applied to its mode k."""
    for A in matrices:  # every mode comes to the front once, so the order is the old one afterwards
        rest = T.shape[1:]
        T = xp.reshape(A @ xp.reshape(T, (T.shape[0], -1)), (A.shape[0], *rest))
        T = xp.permute_dims(T, (*range(1, T.ndim), 0))
    return T

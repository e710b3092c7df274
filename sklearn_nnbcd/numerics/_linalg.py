# SPDX-License-Identifier: BSD-3-Clause
"""Symmetric positive definite systems in the array API, made of matrix products.

The hot loop must stay in one BLAS (NumPy's and SciPy's wheels bring a thread pool each, and
alternating between them makes the pools fight), and NumPy alone has neither a triangular solve nor
a symmetric inverse. A recursive inverse of the Cholesky factor puts all but the smallest blocks
into matrix products.
"""

import math
from collections.abc import Callable
from typing import Any

import array_api_compat

from ..backends import Pass, get_backend
from ._choice import choose

#: how often a matrix that rounding has made indefinite is shifted, each time a hundred times more
_ATTEMPTS = 4


def inverse_factor(A: Any, *, xp: Any) -> Any:
    """Lower triangular K with ``K' K`` the inverse of a symmetric positive definite matrix.

    With ``A = [[P, Q], [Q', R]]``, K_P the factor of P and ``T = K_P Q``, the Schur complement is
    ``Z = R - T' T`` and ``K = [[K_P, 0], [-K_Z T' K_P, K_Z]]``. K is as large as the *root* of the
    inverse, so rounding grows with the root of the condition number; with the inverse of P itself,
    the Z of a nearly singular matrix would be nothing but rounding.
    """
    d, backend = A.shape[0], get_backend(xp)
    if d <= backend.largest_factor:
        return backend.small_triangular_inverse(backend.cholesky(A, xp=xp), xp=xp)
    h = d // 2
    Q = A[:h, h:]
    K_P = inverse_factor(A[:h, :h], xp=xp)
    T = _times(K_P, Q, xp=xp)
    K_Z = inverse_factor(A[h:, h:] - backend.gram(T, xp=xp), xp=xp)
    top = xp.concat([K_P, xp.zeros_like(Q)], axis=1)
    bottom = xp.concat([-_times(K_Z, times_transposed(K_P, T, xp=xp).T, xp=xp), K_Z], axis=1)
    return xp.concat([top, bottom], axis=0)


def largest_eigenvalue(A: Any, *, xp: Any) -> Any:
    """An upper bound of the largest eigenvalue of a symmetric positive semi-definite matrix.

    ||A^16||_F^(1/16) is above it by a factor of d^(1/32) at most, 1.24 for d = 1024, and takes four
    products and no factorisation.

    Examples
    --------
    >>> import numpy as np
    >>> round(largest_eigenvalue(np.asarray([[2.0, 1.0], [1.0, 2.0]]), xp=np), 3)
    3.0
    """
    backend, bound, power = get_backend(xp), 1.0, 1.0
    for _ in range(5):
        size = backend.number(xp.linalg.matrix_norm(A), xp=xp)
        if backend.synchronous and not 0.0 < size < math.inf:
            return size
        bound = bound * size**power
        A = A * (1.0 / choose(size > 0.0, size, size + 1.0, xp=xp))
        if power > 1.0 / 16.0:
            A, power = A @ A, 0.5 * power
    return bound


def proximal_sandwich(A: Any, B: Any, target: Any, tau: float, alpha: float, *, xp: Any) -> Any:
    """X with tau A X B + alpha X = target, A acting on the first index of X and B on the last one.

    Parameters
    ----------
    A : array of shape (a, a)
    B : array of shape (b, b)
        Both symmetric positive semidefinite.
    target : array of shape (a, m, b)
    tau, alpha : float
        tau > 0, alpha >= 0; with 0, X is the solution of least norm.
    xp : module
        Array API namespace.

    Returns
    -------
    X : array of shape (a, m, b)
    """
    (a, P), (b, Q) = (xp.linalg.eigh(0.5 * (M + M.T)) for M in (A, B))
    scale = tau * (xp.clip(a, 0.0, None)[:, None, None] * xp.clip(b, 0.0, None)[None, None, :]) + alpha
    least = float(xp.finfo(scale.dtype).eps) * max(A.shape[0], B.shape[0]) * xp.max(scale)
    solved = scale > least
    inverse = xp.where(solved, 1.0 / xp.where(solved, scale, xp.ones_like(scale)), xp.zeros_like(scale))

    def turned(left: Any, X: Any, right: Any) -> Any:
        flat = xp.reshape(left @ xp.reshape(X, (X.shape[0], -1)), (-1, X.shape[2]))
        return xp.reshape(flat @ right, X.shape)

    return turned(P, inverse * turned(P.T, target, Q), Q.T)


def spd_solve(A: Any, B: Any, *, xp: Any) -> Any:
    """Solution X of ``A X = B`` for a symmetric positive definite matrix.

    Parameters
    ----------
    A : array of shape (d, d)
        Symmetric positive definite, up to rounding: an indefinite one is shifted a little (see
        :func:`rounding_shift`) until it is not.
    B : array of shape (d, m)
    xp : module
        Array API namespace.

    Returns
    -------
    X : array of shape (d, m)
        NaN throughout if A is not finite or not positive definite at all.
    """
    return spd_solver(A, xp=xp)(B)


def spd_solver(A: Any, *, xp: Any) -> Callable[[Any], Any]:
    """The map ``B -> A^-1 B`` of :func:`spd_solve` for any number of right hand sides, B of shape (d, m)."""
    if not get_backend(xp).synchronous:
        return _unread_solver(A, xp=xp)
    for attempt in range(_ATTEMPTS):
        K = inverse_factor(A, xp=xp)
        if math.isfinite(float(xp.linalg.trace(K))):
            return lambda B: times_transposed(K, _times(K, B, xp=xp), xp=xp)
        A = add_to_diagonal(A, 100.0**attempt * rounding_shift(A, xp=xp), xp=xp)
    return lambda B: B * math.nan


def _unread_solver(A: Any, *, xp: Any) -> Callable[[Any], Any]:
    """:func:`spd_solver` without a look at the factor, which a device may still be working on.

    Where rounding has made A indefinite, B is divided by the row sums of |A| instead. As a diagonal
    matrix these are above A, so 1/2 <X, A X> - <B, X> still falls below its value at 0.
    """
    K = inverse_factor(A, xp=xp)
    sound = xp.isfinite(xp.linalg.trace(K))
    above, row_pass = xp.sum(xp.abs(A), axis=1)[:, None], get_backend(xp).row_pass

    def solve(B: Any) -> Any:
        X = times_transposed(K, _times(K, B, xp=xp), xp=xp)
        return row_pass(_sound_or_bounded, X, B, above, numbers=(sound,), xp=xp).rows[0]

    return solve


def _sound_or_bounded(X: Any, B: Any, above: Any, sound: Any, *, xp: Any) -> Pass:
    return Pass(rows=(xp.where(sound, X, B / above),))


def _parts(d: int, *, xp: Any) -> list[tuple[int, int]]:
    """Four slices of a triangular matrix; one where it is too small to gain."""
    cuts = [d * k // 4 for k in range(5)] if d > 2 * get_backend(xp).largest_factor else [0, d]
    return list(zip(cuts, cuts[1:], strict=False))


def _times(K: Any, B: Any, *, xp: Any) -> Any:
    """K B for a lower triangular K, without most of the products with zeros (3/8 of all)."""
    out = xp.empty(B.shape, dtype=B.dtype, device=array_api_compat.device(B))
    for a, b in _parts(K.shape[0], xp=xp):
        out[a:b, :] = K[a:b, :b] @ B[:b, :]
    return out


def times_transposed(K: Any, B: Any, *, xp: Any) -> Any:
    """K' B, likewise."""
    out = xp.empty(B.shape, dtype=B.dtype, device=array_api_compat.device(B))
    for a, b in _parts(K.shape[0], xp=xp):
        out[a:b, :] = K[a:, a:b].T @ B[a:, :]
    return out


def own_product(K: Any, *, xp: Any) -> Any:
    """K' K for a lower triangular K, with half of those products; as symmetric as the backend's ``gram``."""
    out = xp.empty(K.shape, dtype=K.dtype, device=array_api_compat.device(K))
    for a, b in _parts(K.shape[0], xp=xp):
        tail = K[a:, a:b]
        out[a:b, a:b] = get_backend(xp).gram(tail, xp=xp)
        if a > 0:
            out[a:b, :a] = tail.T @ K[a:, :a]
            out[:a, a:b] = out[a:b, :a].T
    return out


def add_to_diagonal(A: Any, value: Any, *, xp: Any) -> Any:
    """``A + value * I`` for a square matrix; ``value`` is a number."""
    return get_backend(xp).add_to_diagonal(A, value, xp=xp)


def rounding_shift(A: Any, *, xp: Any) -> Any:
    """A diagonal shift that keeps a Gram matrix positive definite in its own precision.

    The largest eigenvalue of a Gram matrix is at most its trace, and a computed one is wrong by a
    few units of rounding of that size; the shift is four such units. Taken before a matrix is
    centred, it covers the rounding of that too. Never zero: a matrix of zeros becomes regular.
    """
    info, size = xp.finfo(A.dtype), get_backend(xp).number(xp.linalg.trace(A), xp=xp)
    return 4.0 * float(info.eps) * size + float(info.smallest_normal)


def triangular_inverse(L: Any, *, xp: Any) -> Any:
    """Inverse of a lower triangular matrix, almost all of it matrix products.

    ``[[A, 0], [B, C]]^-1 = [[A^-1, 0], [-C^-1 B A^-1, C^-1]]``.

    Parameters
    ----------
    L : array of shape (d, d)
        Lower triangular, no zero on the diagonal.
    xp : module
        Array API namespace.

    Returns
    -------
    inverse : array of shape (d, d)
        Lower triangular, same dtype.
    """
    d, backend = L.shape[0], get_backend(xp)
    if d <= backend.largest_factor:
        return backend.small_triangular_inverse(L, xp=xp)
    h = d // 2
    A = triangular_inverse(L[:h, :h], xp=xp)
    C = triangular_inverse(L[h:, h:], xp=xp)
    top = xp.concat([A, xp.zeros((h, d - h), dtype=L.dtype)], axis=1)
    bottom = xp.concat([-(C @ (L[h:, :h] @ A)), C], axis=1)
    return xp.concat([top, bottom], axis=0)


def gram_cholesky(A: Any, *, xp: Any) -> Any:
    """Lower Cholesky factor of a Gram matrix, which only rounding can have made indefinite.

    That of :func:`repaired_cholesky` where the host may look at it; else of A, or where there is none of A
    with a thousand times :func:`rounding_shift` on the diagonal, whichever the device finds.
    """
    backend = get_backend(xp)
    if backend.synchronous:
        return repaired_cholesky(A, xp=xp)
    L = backend.cholesky(A, xp=xp)
    shifted = add_to_diagonal(A, 1e3 * rounding_shift(A, xp=xp), xp=xp)
    return xp.where(xp.isfinite(xp.sum(L)), L, backend.cholesky(shifted, xp=xp))


def repaired_cholesky(A: Any, *, xp: Any) -> Any:
    """Lower Cholesky factor of a symmetric matrix, shifted as little as rounding demands.

    Parameters
    ----------
    A : array of shape (d, d)
        Symmetric, positive semidefinite up to rounding.
    xp : module
        Array API namespace.

    Returns
    -------
    L : array of shape (d, d)
        ``L L' = A + shift I``; the shift is 0 where A itself has a factor, otherwise
        :func:`rounding_shift` times the first power of ten that cures it.

    Raises
    ------
    ValueError
        If no shift up to the size of A cures it: A is indefinite, or not finite.
    """
    step, backend = rounding_shift(A, xp=xp), get_backend(xp)
    for shift in (None, *(step * 10.0**k for k in range(7))):
        shifted = A if shift is None else add_to_diagonal(A, shift, xp=xp)
        L = backend.cholesky(shifted, xp=xp)
        if bool(xp.all(xp.isfinite(L))):
            return L
    raise ValueError(
        "A metric must be made of symmetric positive definite matrices of finite numbers. Got one "
        f"of shape {tuple(A.shape)} with trace {float(xp.linalg.trace(A)):g} that no small shift "
        "repairs. "
        "Add a ridge, such as 1e-3 of its mean diagonal."
    )


def inverse_gram(K: Any, *, xp: Any) -> Callable[[Any], Any]:
    """R -> K^{-1} R for a positive semidefinite matrix, shifted where it is singular."""
    shift = 1e-6 * get_backend(xp).number(xp.linalg.trace(K), xp=xp) / K.shape[0]
    return spd_solver(add_to_diagonal(K, shift, xp=xp), xp=xp)

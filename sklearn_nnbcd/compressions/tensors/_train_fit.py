# SPDX-License-Identifier: BSD-3-Clause
"""Tensor trains fitted in a metric, core by core, by a few conjugate gradient iterations each.

A flat train that splits between the rows and the columns of its matrix is a low-rank split W = A B
with a train on each side. With B S B' = I the fit of A is a fit of the target W S B' in G alone,
and the other way round, so every product is thin. A train without such a split pays full products.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ...numerics._conjugate import conjugate_gradients
from ...numerics._linalg import gram_cholesky, triangular_inverse
from ...numerics._metric import Metric
from ._tensor_train import contract_cores, right_orthogonalise


def fit_core(
    core: Any, expand: Callable, reduce: Callable, multiply: Callable, target: Any, n_iter: int, *, xp: Any
) -> Any:
    """Lower ||target - expand(core)||^2 in a metric, starting from a core.

    Parameters
    ----------
    core : array
        Start.
    expand : callable
        Linear map from a core to what it contributes, in the shape of ``target``.
    reduce : callable
        The adjoint of ``expand``.
    multiply : callable
        The metric: D -> A D with A symmetric positive definite.
    target : array
    n_iter : int
        Conjugate gradient iterations.
    xp : module
        Array API namespace.

    Returns
    -------
    core : array
        Never farther from the target than the start, up to rounding.
    """
    return conjugate_gradients(
        core,
        reduce(multiply(target - expand(core))),
        lambda x: reduce(multiply(expand(x))),
        lambda r: r,
        n_iter,
        xp=xp,
    )


def fit_train(cores: Sequence, target: Any, multiply: Callable, n_iter: int, *, xp: Any) -> list:
    """One pass over the cores of a train, first to last, each fitted in a metric.

    Interfaces are kept orthonormal, so the small problems are as well conditioned as the metric.

    Parameters
    ----------
    cores : sequence of arrays of shape (r_{k-1}, n_k, r_k)
        Start; r_0 and r_d may be larger than 1 and are then modes of the target.
    target : array
        Any shape in which r_0 n_1 ... n_d r_d entries lie in C order.
    multiply : callable
        The metric, on arrays of the shape of ``target``.
    n_iter : int
        Conjugate gradient iterations per core.
    xp : module
        Array API namespace.

    Returns
    -------
    cores : list of arrays
        All but the last with orthonormal columns.
    """
    cores = right_orthogonalise(cores, xp=xp)
    rights = [xp.eye(cores[-1].shape[2], dtype=target.dtype)]
    for core in reversed(cores[1:]):
        rank, mode, after = core.shape
        product = xp.reshape(core, (rank * mode, after)) @ rights[-1]
        rights.append(xp.reshape(product, (rank, -1)))
    left = xp.eye(cores[0].shape[0], dtype=target.dtype)
    for k, right in enumerate(reversed(rights)):
        rank, mode, after = cores[k].shape
        expand, reduce = interface_maps(left, right, cores[k].shape, target.shape, xp=xp)
        core = fit_core(cores[k], expand, reduce, multiply, target, n_iter, xp=xp)
        if k + 1 < len(cores):
            Q, R = xp.linalg.qr(xp.reshape(core, (rank * mode, after)))
            core = xp.reshape(Q, (rank, mode, -1))
            cores[k + 1] = _times_left(R, cores[k + 1], xp=xp)
            left = xp.reshape(left @ xp.reshape(core, (rank, -1)), (-1, core.shape[2]))
        cores[k] = core
    return cores


def fit_split_train(cores: Sequence, split: int, W: Any, metric: Metric, n_iter: int, *, xp: Any) -> list:
    """One pass over a train whose first ``split`` cores carry the rows of W, the others the
    columns.

    Parameters
    ----------
    cores : sequence of arrays of shape (r_{k-1}, n_k, r_k)
    split : int
    W : array of shape (d_in, d_out)
    metric : Metric
    n_iter : int
        Conjugate gradient iterations per core.
    xp : module
        Array API namespace.

    Returns
    -------
    cores : list of arrays
        Never farther from W than the start, up to rounding.
    """
    G, S = metric.rows, metric.columns
    cores = right_orthogonalise(cores, xp=xp)
    rows, columns = cores[:split], cores[split:]
    rank, mode, after = columns[0].shape
    Q, R = xp.linalg.qr(xp.reshape(columns[0], (rank, mode * after)).T)
    columns[0] = xp.reshape(Q.T, (-1, mode, after))
    B = xp.reshape(contract_cores(columns, xp=xp), (Q.shape[1], -1))
    L, L_inverse = _factors(B @ S.multiply(B.T), xp=xp)
    rows[-1] = _times_right(rows[-1], R.T @ L, xp=xp)
    columns[0] = _times_left(L_inverse, columns[0], xp=xp)
    target = W @ S.multiply((L_inverse @ B).T)
    rows = fit_train(rows, target, G.multiply, n_iter, xp=xp)

    before, mode, rank = rows[-1].shape
    Q, R = xp.linalg.qr(xp.reshape(rows[-1], (before * mode, rank)))
    rows[-1] = xp.reshape(Q, (before, mode, -1))
    A = contract_cores(rows, xp=xp)
    L, L_inverse = _factors(A.T @ G.multiply(A), xp=xp)
    rows[-1] = _times_right(rows[-1], L_inverse.T, xp=xp)
    columns[0] = _times_left(L.T @ R, columns[0], xp=xp)
    target = G.multiply(A @ L_inverse.T).T @ W
    columns = fit_train(columns, target, lambda D: S.multiply(D.T).T, n_iter, xp=xp)
    return rows + columns


def _factors(A: Any, *, xp: Any) -> tuple[Any, Any]:
    """Cholesky factor of a small Gram matrix, and its inverse."""
    L = gram_cholesky(A, xp=xp)
    return L, triangular_inverse(L, xp=xp)


def _times_left(A: Any, core: Any, *, xp: Any) -> Any:
    """The core with A multiplied to its first index."""
    product = A @ xp.reshape(core, (core.shape[0], -1))
    return xp.reshape(product, (-1, *core.shape[1:]))


def _times_right(core: Any, A: Any, *, xp: Any) -> Any:
    """The core with A multiplied to its last index."""
    product = xp.reshape(core, (-1, core.shape[2])) @ A
    return xp.reshape(product, (*core.shape[:2], -1))


def interface_maps(
    left: Any, right: Any, core_shape: tuple, shape: tuple, *, xp: Any
) -> tuple[Callable, Callable]:
    """core -> left core right as an array of the given shape, and its adjoint."""
    rank, mode, after = core_shape

    def expand(core: Any) -> Any:
        product = xp.reshape(left @ xp.reshape(core, (rank, -1)), (-1, after))
        return xp.reshape(product @ right, shape)

    def reduce(D: Any) -> Any:
        product = xp.reshape(D, (-1, right.shape[1])) @ right.T
        return xp.reshape(left.T @ xp.reshape(product, (left.shape[0], -1)), core_shape)

    return expand, reduce

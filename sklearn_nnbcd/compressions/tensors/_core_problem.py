# SPDX-License-Identifier: BSD-3-Clause
"""The problem of one TT-core while the others stay, and the metric of its own that it sees."""

from collections.abc import Sequence
from typing import Any

from ...numerics._conjugate import conjugate_gradients
from ...numerics._linalg import inverse_gram
from ...numerics._metric import EUCLIDEAN, Metric
from ._factor_maps import kronecker, marginal_factors
from ._tensor_train import contract_cores
from ._train_fit import interface_maps

#: conjugate gradient iterations
_ITERATIONS = 8


def core_problem(
    cores: Sequence, k: int, tensorization: Any, W: Any, metric: Metric | None, *, xp: Any
) -> tuple:
    """The core that fits best, about, and two sides of a metric for its two unfoldings.

    Parameters
    ----------
    cores : sequence of arrays of shape (r_{k-1}, n_k, r_k)
    k : int
    tensorization : Tensorization
    W : array of shape (d_in, d_out)
    metric : Metric or None
    xp : module
        Array API namespace.

    Returns
    -------
    core : array of shape (r_{k-1}, n_k, r_k)
        Fitted in the metric itself, by conjugate gradients from ``cores[k]``.
    left, right : arrays
        A metric of the core, from means of the given one over all modes but each: for k = 0 on
        (r_{k-1} n_k) and on r_k, for others on r_{k-1} and on (n_k r_k).
    """
    metric = EUCLIDEAN if metric is None else metric
    core = cores[k]
    modes = _mode_metrics(cores, tensorization, metric, core.dtype, xp=xp)
    before = _environment(cores[:k], modes[:k], core.dtype, xp=xp)
    behind = [_reversed_core(x, xp=xp) for x in reversed(cores[k + 1 :])]
    after = _environment(behind, modes[k + 1 :][::-1], core.dtype, xp=xp)
    multiply, right, expand, reduce = _normal_maps(cores, k, tensorization, W, metric, xp=xp)
    solvers = [inverse_gram(A, xp=xp) for A in (before, modes[k], after)]

    def precondition(R: Any) -> Any:
        return _along_modes(R, solvers, xp=xp)

    b = reduce(right)
    residual = b - reduce(multiply(expand(core)))

    def product(x: Any) -> Any:
        return reduce(multiply(expand(x)))

    best = conjugate_gradients(core, residual, product, precondition, _ITERATIONS, right=b, xp=xp)
    if k == 0:
        return best, kronecker([before, modes[k]], xp=xp), after
    return best, before, kronecker([modes[k], after], xp=xp)


def _normal_maps(cores: Sequence, k: int, tensorization: Any, W: Any, metric: Metric, *, xp: Any) -> tuple:
    """D -> the metric's product, that of the target, and the core's map with its adjoint.

    Of a train that splits between rows and columns only the half of the core takes part.
    """
    split, shape = tensorization.split, tensorization.modes
    first, last = 0, len(cores)
    if split is None:

        def multiply(D: Any) -> Any:
            product = metric.multiply(tensorization.to_matrix(D, xp=xp))
            return tensorization.to_tensor(product, xp=xp)

        right = multiply(tensorization.to_tensor(W, xp=xp))
    elif k < split:
        B = xp.reshape(contract_cores(cores[split:], xp=xp), (cores[split].shape[0], -1))
        image = metric.columns.multiply(B.T)
        gram, last, shape = B @ image, split, (W.shape[0], B.shape[0])

        def multiply(D: Any) -> Any:
            return metric.rows.multiply(D) @ gram

        right = metric.rows.multiply(W @ image)
    else:
        A = contract_cores(cores[:split], xp=xp)
        image = metric.rows.multiply(A)
        gram, first, shape = A.T @ image, split, (A.shape[1], W.shape[1])

        def multiply(D: Any) -> Any:
            return gram @ metric.columns.multiply(D.T).T

        right = metric.columns.multiply(W.T @ image).T
    left, core = xp.eye(cores[first].shape[0], dtype=W.dtype), cores[k]
    if k > first:
        left = contract_cores(cores[first:k], xp=xp)
    tail = xp.eye(core.shape[2], dtype=W.dtype)
    if k + 1 < last:
        tail = xp.reshape(contract_cores(cores[k + 1 : last], xp=xp), (core.shape[2], -1))
    return multiply, right, *interface_maps(left, tail, core.shape, shape, xp=xp)


def _mode_metrics(cores: Sequence, tensorization: Any, metric: Metric, dtype: Any, *, xp: Any) -> list:
    """A symmetric matrix for every mode: the mean of its side over the others, or the identity."""
    split, modes = tensorization.split, tensorization.modes
    if split is None:
        return [xp.eye(core.shape[1], dtype=dtype) for core in cores]
    pairs = marginal_factors(metric.rows, modes[:split], dtype, xp=xp)
    pairs += marginal_factors(metric.columns, modes[split:], dtype, xp=xp)
    return [L @ L.T for L, _ in pairs]


def _environment(cores: Sequence, modes: Any, dtype: Any, *, xp: Any) -> Any:
    """E[b, b'] = sum C[a, i, b] E[a, a'] M[i, i'] C[a', i', b'] from core to core, its mean diagonal 1."""
    E = xp.ones((1, 1), dtype=dtype)
    for core, M in zip(cores, modes, strict=True):
        image = _along_modes(core, (lambda X, E=E: E @ X, lambda X, M=M: M @ X, lambda X: X), xp=xp)
        flat = (-1, core.shape[2])
        E = xp.reshape(core, flat).T @ xp.reshape(image, flat)
        E = 0.5 * (E + E.T)
        size = float(xp.linalg.trace(E)) / E.shape[0]
        E = E / size if size > 0.0 else xp.eye(E.shape[0], dtype=dtype)
    return E


def _reversed_core(core: Any, *, xp: Any) -> Any:
    """The core read from the right."""
    return xp.permute_dims(core, (2, 1, 0))


def _along_modes(core: Any, functions: Any, *, xp: Any) -> Any:
    """Three functions of matrices, one along each index of a core."""
    for function in functions:  # each index comes to the front once
        rest = core.shape[1:]
        core = xp.reshape(function(xp.reshape(core, (core.shape[0], -1))), (-1, *rest))
        core = xp.permute_dims(core, (1, 2, 0))
    return core

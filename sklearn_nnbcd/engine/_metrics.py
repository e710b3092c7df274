# SPDX-License-Identifier: BSD-3-Clause
"""What the two-sided metrics of the layers are made of: sensitivities from the output back, and ridges."""

from typing import Any

from ..backends import get_backend
from ..numerics._linalg import add_to_diagonal
from ._state import Problem

#: ridge of the loss's Hessian, in units of its mean diagonal: outputs that are sure still take part
HESSIAN_RIDGE = 0.1


def output_sensitivity(problem: Problem, i: int, W: tuple, sensitivities: list, hessian: Any = None) -> Any:
    """What the loss feels of a change of V_i, an array (d_out, d_out) of layer i.

    The sum of the next layer's sensitivity as a quadratic form of V_i, and of what a residual block
    carries past its layers; for the outputs the loss's mean Hessian with a small ridge. With it the
    metrics are those of the generalised Gauss-Newton matrix, in the Kronecker-factored recursion of
    Botev, Ritter and Barber (2017), kin to K-FAC (Martens and Grosse 2015).

    Parameters
    ----------
    problem : Problem
    i : int
        Layer, 1 ... N.
    W : tuple of arrays
    sensitivities : list of arrays
        Entries i + 1 ... N are those of U_{i+1} ... U_N.
    hessian : array of shape (d_N, d_N) or None, default=None
        The loss's mean Hessian; None: the identity.
    """
    xp = problem.xp
    if i == problem.N:
        if hessian is None:
            return xp.eye(W[i].shape[1], dtype=W[i].dtype)
        return with_ridge(hessian, HESSIAN_RIDGE, xp=xp)
    above = problem.layers[i + 1].pull_back_metric(sensitivities[i + 1], W[i + 1], xp=xp)
    j = problem.skip_from(i)
    return above if j is None else above + sensitivities[j]


def mean_diagonal(A: Any, *, xp: Any) -> Any:
    """Mean of a matrix's diagonal, or of a diagonal that stands for a matrix, a number."""
    if A.ndim == 1:
        return get_backend(xp).number(xp.mean(A), xp=xp)
    return get_backend(xp).number(xp.linalg.trace(A), xp=xp) / A.shape[0]


def with_ridge(A: Any, share: float, *, xp: Any) -> Any:
    """A plus ``share`` of its mean diagonal; the identity where that is zero, so never singular.

    A may be a diagonal, of shape (d,).
    """
    trace = xp.sum(A) if A.ndim == 1 else xp.linalg.trace(A)
    A = xp.where(trace > 0.0, A, xp.zeros_like(A))  # rounding can leave less than nothing
    ridge = xp.where(trace <= 0.0, xp.ones_like(trace), (share / A.shape[0]) * trace)
    ridge = get_backend(xp).number(ridge, xp=xp)
    if A.ndim == 1:
        return A + (ridge + float(xp.finfo(A.dtype).smallest_normal))
    return add_to_diagonal(A, ridge + float(xp.finfo(A.dtype).smallest_normal), xp=xp)

# SPDX-License-Identifier: BSD-3-Clause
"""What the two-sided metrics of the layers are made of: sensitivities from the output back, and ridges."""

from typing import Any

from ..backends import get_backend
from ..numerics._linalg import add_to_diagonal
from ._state import Problem


def output_sensitivity(problem: Problem, i: int, W: tuple, sensitivities: list) -> Any:
    """What the loss feels of a change of V_i, an array (d_out, d_out) of layer i.

    The sum of the next layer's sensitivity as a quadratic form of V_i, and of what a residual block
    carries past its layers; the identity for the outputs.

    Parameters
    ----------
    problem : Problem
    i : int
        Layer, 1 ... N.
    W : tuple of arrays
    sensitivities : list of arrays
        Entries i + 1 ... N are those of U_{i+1} ... U_N.
    """
    xp = problem.xp
    if i == problem.N:
        return xp.eye(W[i].shape[1], dtype=W[i].dtype)
    above = problem.layers[i + 1].pull_back_metric(sensitivities[i + 1], W[i + 1], xp=xp)
    j = problem.skip_from(i)
    return above if j is None else above + sensitivities[j]


def mean_diagonal(A: Any, *, xp: Any) -> Any:
    """Mean of a matrix's diagonal, a number."""
    return get_backend(xp).number(xp.linalg.trace(A), xp=xp) / A.shape[0]


def with_ridge(A: Any, share: float, *, xp: Any) -> Any:
    """A plus ``share`` of its mean diagonal (and never singular)."""
    ridge = share * mean_diagonal(A, xp=xp) + float(xp.finfo(A.dtype).smallest_normal)
    return add_to_diagonal(A, ridge, xp=xp)

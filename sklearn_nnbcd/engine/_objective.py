# SPDX-License-Identifier: BSD-3-Clause
"""The value of (7), term by term."""

from dataclasses import dataclass, fields
from typing import Any

from ..backends import get_backend
from ..numerics._metric import EUCLIDEAN
from ._forward import affine
from ._state import Block, Problem, Weights


@dataclass(frozen=True)
class Terms:
    """The terms of L; they add up entry by entry. Numbers, until :meth:`read` makes them floats.

    Attributes
    ----------
    loss : float
        Sum of the loss over rows at V_N.
    split : float
        rho/2 sum ||U_i - V_{i-1} W_i - b_i||^2.
    activation : float
        gamma/2 sum ||V_i - sigma_i(U_i)||^2.
    coupling : float
        tau/2 sum ||W_i - W_i^MC||^2 over the compressed layers, in the metrics of the weights.
    ridge : float
        ridge/2 sum ||W_i||^2.
    penalty : float
        sum r_i(W_i^MC) of the compressions.
    regularizer : float
        sum s_i(V_i) over rows.
    """

    loss: float = 0.0
    split: float = 0.0
    activation: float = 0.0
    coupling: float = 0.0
    ridge: float = 0.0
    penalty: float = 0.0
    regularizer: float = 0.0

    @property
    def total(self) -> float:
        """L."""
        return sum(getattr(self, field.name) for field in fields(self))

    def __add__(self, other: "Terms") -> "Terms":
        return Terms(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def read(self, xp: Any) -> "Terms":
        """The terms as Python floats, in one transfer from a device."""
        numbers = [getattr(self, field.name) for field in fields(self)]
        return Terms(*get_backend(xp).floats(numbers, xp=xp))


def row_roots(s: Any, *, xp: Any) -> Any:
    """Roots of the sample weights as a column, shape (n, 1); None: all one."""
    return None if s is None else xp.sqrt(s)[:, None]


def weighted(E: Any, roots: Any) -> Any:
    """The rows of E times the roots of their weights."""
    return E if roots is None else E * roots


def weighted_squares(E: Any, s: Any, *, xp: Any) -> Any:
    """sum_j s_j ||e_j||^2 over the rows of E, a number."""
    return get_backend(xp).sum_of_squares(weighted(E, row_roots(s, xp=xp)), xp=xp)


def weighted_sum(value: Any, s: Any, *, xp: Any) -> Any:
    """sum_j s_j value_j, a number; value of shape (n,)."""
    return get_backend(xp).number(xp.sum(value if s is None else s * value), xp=xp)


def weighted_loss(problem: Problem, block: Block) -> Any:
    """sum_j s_j loss(V_N[j], Y[j]), a number."""
    value = problem.loss.value(block.Y, block.V[problem.N], xp=problem.xp)
    return weighted_sum(value, block.s, xp=problem.xp)


def weighted_regularizer(problem: Problem, block: Block, i: int) -> Any:
    """sum_j s_j s_i(V_i[j]), a number."""
    regularizer, xp = problem.regularizer(i), problem.xp
    if regularizer is None:
        return 0.0
    return weighted_sum(regularizer.value(block.V[i], xp=xp), block.s, xp=xp)


def weight_terms(problem: Problem, weights: Weights) -> Terms:
    """The terms that belong to no row."""
    xp, p = problem.xp, problem.penalties
    squares = get_backend(xp).sum_of_squares
    terms = Terms()
    for i in range(1, problem.N + 1):
        W = weights.W[i]
        terms += Terms(ridge=0.5 * p.ridge * squares(W, xp=xp) if p.ridge else 0.0)
        if problem.plans[i] is not None:
            metric = weights.metric(i) or EUCLIDEAN
            distance = metric.squared_distance(W, weights.M_dense[i], xp=xp)
            penalty = problem.plans[i].penalty(weights.M[i], xp=xp)
            terms += Terms(coupling=0.5 * p.tau * distance, penalty=penalty)
    return terms


def row_terms(block: Block, problem: Problem, weights: Weights) -> Terms:
    """The terms of one block of rows."""
    xp, p, N = problem.xp, problem.penalties, problem.N
    split = activation = regularizer = 0.0
    for i in range(1, N + 1):
        P = affine(problem, i, block.V, weights.W, weights.b)
        S = problem.activations[i](block.U[i], xp=xp)
        split += weighted_squares(block.U[i] - P, block.s, xp=xp)
        activation += weighted_squares(block.V[i] - S, block.s, xp=xp)
        regularizer += weighted_regularizer(problem, block, i)
    loss = weighted_loss(problem, block)
    return Terms(
        loss=loss,
        split=0.5 * p.rho * split,
        activation=0.5 * p.gamma * activation,
        regularizer=regularizer,
    )


def objective(problem: Problem, weights: Weights, placement: Any) -> Terms:
    """L of (7), as :class:`Terms`.

    Parameters
    ----------
    problem : Problem
    weights : Weights
    placement : placement
        Holds the blocks.

    Returns
    -------
    terms : Terms
    """
    rows = placement.reduce(row_terms, problem, weights.for_forward())
    return (rows + weight_terms(problem, weights)).read(problem.xp)

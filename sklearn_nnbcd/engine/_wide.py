# SPDX-License-Identifier: BSD-3-Clause
"""(12) for a first layer of so many inputs that their Gram matrix is never formed."""

from dataclasses import replace
from typing import Any

from ..numerics._conjugate import conjugate_gradients
from ._blocks import update_b
from ._normal_equations import right_side
from ._state import Block, Problem, Weights

#: conjugate gradient steps of one update; each is two products with the rows
STEPS = 8


def gram_product(block: Block, problem: Problem, shift: Any, P: Any) -> Any:
    """Vc' s Vc P of one block, with Vc = X - shift and s the sample weights; the sums of blocks add up."""
    A = problem.layers[1].design(block.V[0], xp=problem.xp)
    E = A @ P
    if shift is not None:
        E = E - shift @ P
    if block.s is not None:
        E = E * block.s[:, None]
    product = A.T @ E  # about the means, one of the two corrections is for rounding only
    return product if shift is None else product - shift[:, None] * problem.xp.sum(E, axis=0)[None, :]


def update_wide_W(weights: Weights, problem: Problem, statistics: Any, placement: Any) -> Weights:
    """W_1 and b_1 by (12) as :func:`~._blocks.update_W`, by conjugate gradients from the old W_1.

    The normal equations are known by their products with matrices; their diagonal, that of the Gram matrix in
    ``weights.gram``, preconditions. Every step lowers L, and so does each point between the old W_1 and
    twice the change: relaxation is as safe as with the exact minimiser.

    Parameters
    ----------
    weights : Weights
        ``gram`` holds the diagonal of the Gram matrix of X about ``shift[1]``, shape (d,).
    problem : Problem
    statistics : LayerStatistics
        Of layer 1, over all rows.
    placement : placement
        Holds the blocks.
    """
    xp, p, shift = problem.xp, problem.penalties, weights.shift[1]
    if weights.gram is None:
        weights = replace(weights, gram=statistics.gram)
    right, ridge, metric = right_side(weights, 1, problem, statistics)
    mean_v, sum_v = None, None
    squares = weights.gram
    if problem.fit_intercept:
        mean_v, sum_v = statistics.sum_v / statistics.weight, statistics.sum_v
        squares = xp.clip(squares - mean_v * sum_v, 0.0, None)
    diagonal = p.rho * squares[:, None] + ridge
    if metric is not None:
        diagonal = diagonal + p.tau * metric.diagonal(right.shape, right.dtype, xp=xp)

    def multiply(P: Any) -> Any:
        product = placement.reduce(gram_product, problem, shift, P)
        if mean_v is not None:
            product = product - mean_v[:, None] * (sum_v @ P)[None, :]
        product = p.rho * product + ridge * P
        return product if metric is None else product + p.tau * metric.multiply(P)

    start = xp.zeros_like(right)
    axis = 0 if metric is None else None
    change = conjugate_gradients(start, right, multiply, lambda R: R / diagonal, STEPS, axis=axis, xp=xp)
    if p.relaxation != 1.0:
        change = p.relaxation * change
    if problem.fit_intercept:
        weights = update_b(weights, 1, statistics, change)
    return weights.updated(W=(1, weights.W[1] + change))

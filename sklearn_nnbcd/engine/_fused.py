# SPDX-License-Identifier: BSD-3-Clause
"""The updates of rows, (8) to (11), in few passes over them: the numbers of ``_blocks``, sooner.

A pass goes over all rows slice by slice (:meth:`Backend.row_pass`), so that what is made between two
matrix products stays in the caches; it adds up the terms of L before the update on the way, and writes
new rows over old ones where the block allows that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..backends import Pass, get_backend
from ._blocks import (
    center_V,
    formula_U,
    relaxed,
    update_regularized_V,
    update_V_output,
    weight_statistics,
)
from ._objective import row_roots, weighted, weighted_loss, weighted_regularizer
from ._state import Block, Penalties, Problem, Weights, put


@dataclass(frozen=True)
class RowSums:
    """What one layer's passes over the rows add up; sums of blocks add up.

    Attributes
    ----------
    statistics : LayerStatistics
        For W_i and b_i.
    split, activation, loss, regularizer : numbers
        Sums of L's terms of layer i *before* the update, at no extra product: when layer i is visited,
        U_i, V_i, V_{i-1}, W_i and b_i are all still those of the last sweep.
    """

    statistics: Any
    split: Any
    activation: Any
    loss: Any
    regularizer: Any = 0.0

    def __add__(self, other: "RowSums") -> "RowSums":
        return RowSums(
            self.statistics + other.statistics,
            self.split + other.split,
            self.activation + other.activation,
            self.loss + other.loss,
            self.regularizer + other.regularizer,
        )


def update_rows(
    block: Block, i: int, problem: Problem, weights: Weights, operator: Any
) -> tuple[Block, RowSums]:
    """V_i and U_i of one block, then the sums for W_i: lines 2-3 (i = N) or 7-8 of Algorithm 1."""
    S, activation = activate(block, i, problem)
    loss = weighted_loss(problem, block) if i == problem.N else 0.0
    regularizer = weighted_regularizer(problem, block, i)
    if i == problem.N:
        block = update_V_output(block, problem)
    else:
        block = update_V_in_slices(block, i, problem, weights, operator, S)
    del S
    block, E, split = update_U_in_slices(block, i, problem, weights)
    statistics = weight_statistics(block, i, problem, weights, E)
    return block, RowSums(statistics, split, activation, loss, regularizer)


def activate(block: Block, i: int, problem: Problem) -> tuple[Any, Any]:
    """sigma_i(U_i), and the sum of squares of V_i - sigma_i(U_i)."""
    xp, settings = problem.xp, (problem.activations[i],)
    arrays = block.U[i], block.V[i], row_roots(block.s, xp=xp)
    result = get_backend(xp).row_pass(_activate, *arrays, settings=settings, xp=xp)
    return *result.rows, *result.squares


def _activate(U: Any, V: Any, roots: Any, activation: Any, *, xp: Any) -> Pass:
    S = activation(U, xp=xp)
    return Pass(rows=(S,), squares=(weighted(V - S, roots),))


def update_V_in_slices(
    block: Block, i: int, problem: Problem, weights: Weights, operator: Any, S: Any
) -> Block:
    """V_i by (9), as :func:`update_V`: one pass before the product with the operator, one after it."""
    C = center_V(block, i, problem, weights, S)
    if problem.regularizer(i) is not None:
        return update_regularized_V(block, i, problem, weights, operator, C)
    xp, old = problem.xp, block.V[i]
    row_pass = get_backend(xp).row_pass
    parts = affine_parts(problem, i + 1, put(block.V, i, C), weights)
    (R,) = row_pass(_residual, block.U[i + 1], *parts, into=parts[:1], xp=xp).rows
    del parts
    change = problem.layers[i + 1].input_change(operator, C, R, start=old, xp=xp)
    del R
    given = {"settings": (problem.penalties.relaxation,), "into": (block.overwritten(old),)}
    (new,) = row_pass(_relaxed, old, C, change, **given, xp=xp).rows
    return block.with_V(i, new)


def _residual(U: Any, product: Any, offset: Any, skip: Any, *, xp: Any) -> Pass:
    return Pass(rows=(U - added(product, offset, skip),))


def _relaxed(old: Any, C: Any, change: Any, relaxation: float, *, xp: Any) -> Pass:
    return Pass(rows=(relaxed(old, C + change, relaxation),))


def update_U_in_slices(block: Block, i: int, problem: Problem, weights: Weights) -> tuple[Block, Any, Any]:
    """U_i by (10) or (11), as :func:`update_U`, with both residuals of the same pass.

    Returns
    -------
    block : Block
    E : array
        The new U_i - P_i.
    split : number
        Sum of squares of the old U_i - P_i.
    """
    xp, (formula, settings) = problem.xp, formula_U(problem, i)
    parts = affine_parts(problem, i, block.V, weights)
    arrays = block.U[i], block.V[i], *parts, row_roots(block.s, xp=xp)
    given = {"settings": (formula, *settings), "into": (block.overwritten(block.U[i]), parts[0])}
    result = get_backend(xp).row_pass(_update_U, *arrays, **given, xp=xp)
    (U, E), (split,) = result.rows, result.squares
    return block.with_U(i, U), E, split


def _update_U(
    U: Any,
    V: Any,
    product: Any,
    offset: Any,
    skip: Any,
    roots: Any,
    formula: Callable,
    penalties: Penalties,
    activation: Any,
    *,
    xp: Any,
) -> Pass:
    P = added(product, offset, skip)
    before = U - P
    U = formula(U, V, P, penalties, activation, xp=xp)
    return Pass(rows=(U, U - P), squares=(weighted(before, roots),))


def affine_parts(problem: Problem, i: int, V: tuple, weights: Weights) -> tuple:
    """P_i before its sums: V_{i-1} W_i, b_i as a row (1, d), and V_k of a residual block; None where absent.

    For a pass over the rows that adds them up slice by slice, by :func:`added`.
    """
    layer, k, b, xp = problem.layers[i], problem.skip_into(i), weights.b[i], problem.xp
    product = layer.forward(V[i - 1], weights.W[i], None, xp=xp)
    offset = None if b is None else layer.spread_channels(b, xp=xp)[None, :]
    return product, offset, None if k is None else V[k]


def added(product: Any, offset: Any, skip: Any) -> Any:
    """The sum of what :func:`affine_parts` returns."""
    P = product if offset is None else product + offset
    return P if skip is None else P + skip

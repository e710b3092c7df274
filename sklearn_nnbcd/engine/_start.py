# SPDX-License-Identifier: BSD-3-Clause
"""What Algorithm 1 starts from: first blocks and weights, and the means that inputs are taken about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..backends import get_backend
from ._forward import forward
from ._state import Block, Problem, Weights


def initial_block(problem: Problem, weights: Weights, X: Any, Y: Any, s: Any = None) -> Block:
    """U and V by one forward pass, as the paper starts, V_i where s_i is finite."""
    V, U = forward(problem, X, weights.W, weights.b)
    block = Block(Y, V, U, s)
    for i in range(1, problem.N + 1):
        if problem.regularizer(i) is not None:
            block = block.with_V(i, problem.regularizer(i).project(V[i], xp=problem.xp))
    return block


def start_block(rows: tuple, problem: Problem, weights: Weights) -> Block:
    """The block of some rows, a tuple (X, Y, s): a step for a placement that holds such tuples.

    U and V may be overwritten: where an activation returned U itself as V, V is a copy.
    """
    block, distinct = initial_block(problem, weights, *rows), get_backend(problem.xp).distinct
    V = [distinct(v, u, xp=problem.xp) for v, u in zip(block.V[1:], block.U[1:], strict=True)]
    return replace(block, V=(block.V[0], *V), overwritable=True)


def initial_weights(problem: Problem, W: Sequence, b: Sequence, *, compress: bool = True) -> Weights:
    """Weights from first matrices W and intercepts b; W^MC by the cold projection of W, or none yet."""
    M: list = [None]
    M_dense: list = [None]
    for i in range(1, problem.N + 1):
        plan = problem.plans[i] if compress else None
        M.append(None if plan is None else plan.project(W[i], xp=problem.xp))
        M_dense.append(None if plan is None else M[-1].to_dense(xp=problem.xp))
    return Weights(tuple(W), tuple(b), tuple(M), tuple(M_dense), (None,) * (problem.N + 1))


def input_sums(block: Block, problem: Problem) -> "InputSums":
    """Weighted column sums of V_0 ... V_{N-1} of a block."""
    layers = problem.layers
    return InputSums(
        [layers[i].input_sum(block.V[i - 1], block.s, xp=problem.xp) for i in range(1, problem.N + 1)]
    )


@dataclass(frozen=True)
class InputSums:
    """Pairs (sum of v, sum of s), one for each layer; they add entry by entry."""

    pairs: list

    def __add__(self, other: "InputSums") -> "InputSums":
        both = zip(self.pairs, other.pairs, strict=True)
        return InputSums([(a + c, b + d) for (a, b), (c, d) in both])


def center_inputs(problem: Problem, weights: Weights, placement: Any) -> Weights:
    """Weights whose ``shift`` is the present mean of each layer's input; a Gram matrix is dropped.

    Gram matrices are taken about it: in single precision a large mean would drown the spread.
    """
    weights = replace(weights, gram=None)
    if not problem.fit_intercept:
        return weights
    sums = placement.reduce(input_sums, problem)
    return replace(weights, shift=(None, *(total * (1.0 / n) for total, n in sums.pairs)))

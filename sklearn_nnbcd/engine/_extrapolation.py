# SPDX-License-Identifier: BSD-3-Clause
"""Extrapolated sweeps with restart, after Nesterov (1983) and O'Donoghue and Candes (arXiv 1204.3982).

A sweep begins beyond the state x, at z = x + beta (x - y), with y the state before x. z and x differ in
U, V, W and b. beta_k = (t_k - 1)/t_{k+1} with t_{k+1} = (1 + sqrt(1 + 4 t_k^2))/2 grows towards 1. L is
measured where a sweep ends: one that ends above x is dropped and made again from x, with beta as at first,
and that one descends block by block. So L never rises from one state to the next, wherever sweeps begin;
it costs one product more for each layer than a sweep without extrapolation, which collects L on the way.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..backends import Pass, get_backend
from ._objective import Terms, objective
from ._state import Block, Problem, Weights


@dataclass(frozen=True)
class Extrapolation:
    """What an extrapolated sweep knows of those before it.

    Attributes
    ----------
    t : float
        t_k of the next sweep.
    here : Terms or None
        L at the state x that the next sweep is made from; None: not known yet, and beta is 0 then.
    start : Weights or None
        z of the next sweep, with the W and b beyond its x; None: it begins at x. That of the rows is made
        by the sweep, from what the blocks hold.
    n_dropped : int
        How many sweeps were dropped so far.
    """

    t: float = 1.0
    here: Terms | None = None
    start: Weights | None = None
    n_dropped: int = 0

    def restarted(self) -> "Extrapolation":
        """Without a speed, and without L, which was perhaps another function."""
        return Extrapolation(n_dropped=self.n_dropped)


def next_t(t: float) -> float:
    """t_{k+1} of t_k."""
    return 0.5 * (1.0 + math.sqrt(1.0 + 4.0 * t**2))


def momentum(t: float) -> float:
    """beta_k of t_k."""
    return (t - 1.0) / next_t(t)


def extrapolated_sweep(
    sweep: Callable, problem: Problem, weights: Weights, placement: Any, extrapolation: Extrapolation
) -> tuple[Weights, Terms, Extrapolation]:
    """A sweep from beyond ``weights`` and the blocks, or from there if that was too far.

    Parameters
    ----------
    sweep : callable
        ``sweep(problem, weights, placement)`` gives the weights after it and the terms of L before it.
    problem : Problem
    weights : Weights
        x, of the sweep before.
    placement : placement
        Holds the blocks at x; afterwards, without an interrupt in between, after the sweep and, in
        ``previous``, at x.
    extrapolation : Extrapolation

    Returns
    -------
    weights : Weights
    before : Terms
        L at x.
    extrapolation : Extrapolation
        For the next sweep.
    """
    t, n_dropped = extrapolation.t, extrapolation.n_dropped
    beta = momentum(t)
    placement.map(extrapolate_block, problem, beta)
    begin = weights if extrapolation.start is None else extrapolation.start
    new, at_begin = sweep(problem, begin, placement)
    before = at_begin if extrapolation.here is None else extrapolation.here
    after = measured(problem, new, placement)
    if beta > 0.0 and not after.total <= before.total:
        placement.map(restore_block, problem)
        t, n_dropped = 1.0, n_dropped + 1
        del new  # its memory is needed
        new, _ = sweep(problem, weights, placement)
        after = measured(problem, new, placement)
    t = next_t(t)
    start = extrapolate_weights(new, weights, momentum(t))
    return new, before, Extrapolation(t, after, start, n_dropped)


def measured(problem: Problem, weights: Weights, placement: Any) -> Terms:
    """L at the weights and the blocks, as precise as the sweeps collect it."""
    with problem.row_products():
        return objective(problem, weights, placement)


def extrapolate_weights(weights: Weights, previous: Weights, beta: float) -> Weights | None:
    """W and b of ``weights`` beyond those of ``previous``; None for a beta of 0."""
    if beta == 0.0:
        return None

    def beyond(new: tuple, old: tuple) -> tuple:
        return tuple(x if x is None else x + beta * (x - y) for x, y in zip(new, old, strict=True))

    return replace(weights, W=beyond(weights.W, previous.W), b=beyond(weights.b, previous.b))


def extrapolate_block(block: Block, problem: Problem, beta: float) -> Block:
    """U and V beyond where they are, by beta times the way from ``previous``, which is then where they were.

    A block without ``previous`` stays, with a copy of its U and V there. A V_i with a regulariser s_i stays
    where s_i is finite.
    """
    if block.previous is None:
        return replace(block, previous=copied_rows(block, problem.xp))
    xp = problem.xp
    previous_V, previous_U = block.previous

    def beyond(x: Any, y: Any, regularizer: Any = None) -> Any:
        given = {"numbers": (beta,), "settings": (regularizer,), "into": (block.overwritten(y),)}
        return get_backend(xp).row_pass(_beyond, x, y, **given, xp=xp).rows[0]

    V = [beyond(block.V[i], previous_V[i], problem.regularizer(i)) for i in range(1, problem.N + 1)]
    U = [beyond(block.U[i], previous_U[i]) for i in range(1, problem.N + 1)]
    previous = (None, *block.V[1:]), block.U
    return replace(block, V=(block.V[0], *V), U=(None, *U), previous=previous)


def _beyond(x: Any, y: Any, beta: Any, regularizer: Any, *, xp: Any) -> Pass:
    z = x + beta * (x - y)
    return Pass(rows=(z if regularizer is None else regularizer.project(z, xp=xp),))


def copied_rows(block: Block, xp: Any) -> tuple[tuple, ...]:
    """Copies of V_1 ... V_N and of U_1 ... U_N, entry 0 None."""
    return tuple((None, *(xp.asarray(x, copy=True) for x in arrays[1:])) for arrays in (block.V, block.U))


def restore_block(block: Block, problem: Problem) -> Block:
    """U and V as they are in ``previous``, which stays."""
    previous_V, previous_U = block.previous

    def copied(x: Any, old: Any) -> Any:
        into = (block.overwritten(old),)
        return get_backend(problem.xp).row_pass(_copy, x, into=into, xp=problem.xp).rows[0]

    V = [copied(x, old) for x, old in zip(previous_V[1:], block.V[1:], strict=True)]
    U = [copied(x, old) for x, old in zip(previous_U[1:], block.U[1:], strict=True)]
    return replace(block, V=(block.V[0], *V), U=(None, *U))


def _copy(x: Any, *, xp: Any) -> Pass:
    return Pass(rows=(xp.asarray(x, copy=True),))

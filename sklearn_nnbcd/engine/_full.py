# SPDX-License-Identifier: BSD-3-Clause
"""Algorithm 1, full batch: the reference for everything."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._blocks import input_operator, update_M, update_W
from ._data_metric import remeasure
from ._extrapolation import Extrapolation, extrapolated_sweep
from ._fused import update_rows
from ._objective import Terms, objective, weight_terms
from ._start import center_inputs
from ._state import Problem, Weights
from ._wide import update_wide_W


def sweep(problem: Problem, weights: Weights, placement: Any) -> tuple[Weights, Terms]:
    """One iteration k of Algorithm 1, from the output layer to the first one.

    Parameters
    ----------
    problem : Problem
    weights : Weights
        W^{k-1}, b^{k-1}, W^{MC,k-1}, centred by :func:`center_inputs` before the first sweep.
    placement : placement
        Holds the blocks with U^{k-1} and V^{k-1}; holds U^k and V^k afterwards.

    Returns
    -------
    weights : Weights
    before : Terms
        L at iteration k - 1, collected on the way from products that the updates need anyway.
    """
    before = weight_terms(problem, weights)
    for i in range(problem.N, 0, -1):
        weights, part = visit(i, problem, weights, placement)
        before += part
    return weights, before.read(problem.xp)


def visit(i: int, problem: Problem, weights: Weights, placement: Any) -> tuple[Weights, Terms]:
    """The updates of layer i, and its part of L before them."""
    p = problem.penalties
    operator = input_operator(i, problem, weights)
    few = weights.for_rows(i, problem.skip_from(i))
    with problem.row_products():
        sums = placement.sweep(update_rows, i, problem, few, operator)  # lines 2-3, 7-8
    del operator, few  # the next lines are where a sweep takes the most memory
    if i == 1 and problem.wide:
        weights = update_wide_W(weights, problem, sums.statistics, placement)
    else:
        weights = update_W(weights, i, problem, sums.statistics)  # lines 4, 9
    weights = update_M(weights, i, problem)  # lines 5, 10
    return weights, Terms(
        loss=sums.loss,
        split=0.5 * p.rho * sums.split,
        activation=0.5 * p.gamma * sums.activation,
        regularizer=sums.regularizer,
    )


#: sweeps after which the plans of a budget are made anew, once, by the metrics of that time
PLAN_SWEEPS = 8


def update_metrics(problem: Problem, weights: Weights, placement: Any, k: int) -> tuple[Problem, Weights]:
    """Problem and weights for sweep k: metrics are measured before sweeps 1, 2, 4, 8 ...

    Ever more rarely, so that there is time to converge; everywhere else L never rises.
    """
    plan = problem.budget is not None and k == PLAN_SWEEPS + 1
    due = problem.data_metric and problem.compressed and k & (k - 1) == 0
    return remeasure(problem, weights, placement, plan=plan) if plan or due else (problem, weights)


@dataclass(frozen=True)
class FullState:
    """A fit between two sweeps.

    Attributes
    ----------
    problem : Problem
    weights : Weights
    placement : placement
        Holds the blocks of rows. It is no value: a sweep replaces its blocks, and what they were is lost, so
        that the rows always belong to the newest state.
    n_sweeps : int
        How many sweeps led here.
    extrapolation : Extrapolation
    """

    problem: Problem
    weights: Weights
    placement: Any
    n_sweeps: int = 0
    extrapolation: Extrapolation = Extrapolation()


def start_full(problem: Problem, weights: Weights, placement: Any) -> FullState:
    """The state before the first sweep; the placement holds the blocks of :func:`start_block`."""
    return FullState(problem, center_inputs(problem, weights, placement), placement)


def full_step(state: FullState, *, extrapolate: bool = False) -> tuple[FullState, Terms]:
    """The state after one more sweep, and L at the state before it.

    Parameters
    ----------
    state : FullState
        Stays what it is but for the rows in its placement, which go on to the new state. After an interrupt
        within the sweep its weights are still good, and the rows are those of somewhere in between.
    extrapolate : bool, default=False
        Whether sweeps begin beyond the state before them, see :func:`extrapolated_sweep`; the blocks then
        hold U and V twice. L never rises from state to state, with or without it.
    """
    k, placement, extrapolation = state.n_sweeps + 1, state.placement, state.extrapolation
    problem, weights = update_metrics(state.problem, state.weights, placement, k)
    if problem is not state.problem or weights.metrics is not state.weights.metrics:
        extrapolation = extrapolation.restarted()  # L is another function now
    if extrapolate:
        given = sweep, problem, weights, placement, extrapolation
        weights, before, extrapolation = extrapolated_sweep(*given)
    else:
        weights, before = sweep(problem, weights, placement)
    return FullState(problem, weights, placement, k, extrapolation), before


def full_result(state: FullState) -> Weights:
    """The weights of a state."""
    return state.weights


def full_objective(state: FullState) -> Terms:
    """L at a state, if it is the newest of its placement."""
    known = state.extrapolation.here
    return objective(state.problem, state.weights, state.placement) if known is None else known


def fit_full(
    problem: Problem,
    weights: Weights,
    placement: Any,
    *,
    max_iter: int,
    on_sweep: Callable,
    extrapolate: bool = False,
) -> tuple[Weights, Terms, bool]:
    """Sweep until ``on_sweep`` says stop, ``max_iter`` is reached, or the user interrupts.

    Parameters
    ----------
    problem : Problem
    weights : Weights
    placement : placement
    max_iter : int
    on_sweep : callable
        ``on_sweep(k, weights, terms)`` after sweep k = 1, 2, ..., with the terms of L at the state *before*
        it; a true result stops.
    extrapolate : bool, default=False

    Returns
    -------
    weights : Weights
        After the last complete sweep.
    terms : Terms
        L at the end.
    complete : bool
        False if the user interrupted (Ctrl-C).
    """
    state, complete = start_full(problem, weights, placement), True
    del problem, weights  # the state replaces them
    try:
        for k in range(1, max_iter + 1):
            state, before = full_step(state, extrapolate=extrapolate)
            if on_sweep(k, full_result(state), before):
                break
    except KeyboardInterrupt:
        complete = False
    return full_result(state), full_objective(state), complete

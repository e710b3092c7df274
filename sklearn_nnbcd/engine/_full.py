# SPDX-License-Identifier: BSD-3-Clause
"""Algorithm 1, full batch: the reference for everything."""

from ._data_metric import renew
from ._extrapolation import Extrapolation
from ._objective import Terms, objective, weight_terms
from ._row_updates import update_rows
from ._start import center_inputs
from ._weight_updates import input_operator, update_M, update_W


def sweep(problem, weights, placement):
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


def visit(i, problem, weights, placement):
    """The updates of layer i, and its part of L before them."""
    p = problem.penalties
    operator = input_operator(i, problem, weights)
    few = weights.for_rows(i, problem.skip_from(i))
    with problem.row_products():
        sums = placement.sweep(update_rows, i, problem, few, operator)  # lines 2-3, 7-8
    del operator, few  # the next lines are where a sweep takes the most memory
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


def renewed(problem, weights, placement, k):
    """Problem and weights for sweep k: metrics are renewed before sweeps 1, 2, 4, 8 ...

    Ever more rarely, so that there is time to converge; everywhere else L never rises.
    """
    plan = problem.budget is not None and k == PLAN_SWEEPS + 1
    again = problem.data_metric and problem.compressed and k & (k - 1) == 0
    return renew(problem, weights, placement, plan=plan) if plan or again else (problem, weights)


def fit_full(problem, weights, placement, *, max_iter, on_sweep, extrapolate=False):
    """Sweep until ``on_sweep`` says stop, ``max_iter`` is reached, or the user interrupts.

    Parameters
    ----------
    problem : Problem
    weights : Weights
    placement : placement
    max_iter : int
    on_sweep : callable
        ``on_sweep(k, weights, terms)`` after sweep k = 1, 2, ..., with the terms of L at the state that
        the sweep *started* from; a true result stops.
    extrapolate : bool, default=False
        Whether sweeps begin beyond the state before them, see :class:`Extrapolation`; the blocks then
        hold U and V twice.

    Returns
    -------
    weights : Weights
        After the last complete sweep.
    terms : Terms
        L at the end.
    complete : bool
        False if the user interrupted (Ctrl-C).
    """
    weights, complete = center_inputs(problem, weights, placement), True
    extrapolation, metrics = Extrapolation(sweep), weights.metrics
    one = extrapolation.sweep if extrapolate else sweep
    try:
        for k in range(1, max_iter + 1):
            changed, weights = renewed(problem, weights, placement, k)
            if changed is not problem or weights.metrics is not metrics:
                extrapolation.restart()  # L is another function now
            problem, metrics = changed, weights.metrics
            weights, before = one(problem, weights, placement)
            if on_sweep(k, weights, before):
                break
    except KeyboardInterrupt:
        complete = False
    return weights, objective(problem, weights, placement), complete

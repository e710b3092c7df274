# SPDX-License-Identifier: BSD-3-Clause
"""The W^MC blocks of the mini-batch solvers: which steps are due when, a budget's plans, the final fit."""

from dataclasses import replace
from typing import Any

from .._state import Weights
from ._averaging import mean_weights, update_mean
from ._factored import factorize, inner_rank, match_norms, merge_weights, split_weights
from ._pruning import Pruning
from ._state import BatchState, restarted

#: metric steps of a W^MC that was just made, and of one that is fitted to the mean weights
START_STEPS, MEAN_STEPS = 3, 2
#: batches between two prunings
PRUNE_EVERY = 10


def project(state: BatchState, *, due_only: bool = False, final: bool = False) -> BatchState:
    """W^MC by the metric step; the intercept takes what the compression changes at the mean.

    Of all layers, or of those only that are due after this batch (``due_only``): the dearer a step of
    a format, the fewer. Sparse weights have as few entries as they should have by then, or in the end
    (``final``).

    The step minimises r(M) + n_rows/2 ||W - M||^2 in the metric of means over rows: the penalty
    plus, to second order, what the compression adds to the sum of the losses. Until W is first
    pulled, a budget of ranks makes new plans each time, by the spectra in these metrics.
    """
    pruning = state.pruning
    if pruning is not None and not (due_only and state.n_batches % PRUNE_EVERY):
        state = pruned(state, pruning, 0.0 if final else pruning.share(state.n_batches))
    problem, weights, projected = state.problem, state.weights, state.projected
    if problem.budget is not None and pruning is None and not state.pulled:
        metrics = [curvature.metric for curvature in state.curvatures[1:]]
        problem = problem.with_plans(weights.W, (None, *metrics))
        projected, due_only = frozenset(), False
    for i, plan in enumerate(problem.plans[1:], 1):
        if plan is None:
            weights = weights.updated(M=(i, None), M_dense=(i, None))
        elif not (due_only and state.n_batches % plan.step_every):
            weights = _fit_layer(state, plan, i, weights, cold=i not in projected)
            projected = projected | {i}
    stale = due_only and state.stale
    return replace(state, problem=problem, weights=weights, projected=projected, stale=stale)


def pruned(state: BatchState, pruning: Pruning, share: float) -> BatchState:
    """The state with plans that keep a share of the entries to be taken away; 0: those that are asked for."""
    metrics = (None, *(curvature.metric for curvature in state.curvatures[1:]))
    plans = pruning.plans_of(state.problem, state.weights.W, metrics, share)
    left = pruning if share > 0.0 else None
    return replace(state, problem=replace(state.problem, plans=plans), pruning=left)


def _fit_layer(state: BatchState, plan: Any, i: int, weights: Weights, *, cold: bool) -> Weights:
    """The weights with W_i^MC some steps nearer to W_i, from its old value or a new start (``cold``)."""
    xp, metric, W = state.problem.xp, state.curvatures[i].metric, weights.W[i]
    M, steps = weights.M[i], 1
    if cold:
        M, steps = plan.begin(W, metric=metric, xp=xp), START_STEPS
    return _metric_steps(state, plan, i, weights, M, steps)


def _metric_steps(state: BatchState, plan: Any, i: int, weights: Weights, M: Any, steps: int) -> Weights:
    """The weights with W_i^MC so many metric steps from M, and the mean input that goes with them."""
    xp, curvature = state.problem.xp, state.curvatures[i]
    for _ in range(steps):
        M = plan.step(weights.W[i], M, float(state.n_rows), metric=curvature.metric, xp=xp)
    return weights.updated(M=(i, M), M_dense=(i, M.to_dense(xp=xp)), shift=(i, curvature.mean_input))


def can_factorize(state: BatchState) -> bool:
    """Whether some layers can, but do not yet, train as two.

    Not with closed forms: their messages would fade on the way.
    """
    settings, problem = state.settings, state.problem
    if state.factorization is not None or not (settings.factored and settings.linearized):
        return False
    return any(inner_rank(problem, i) is not None for i in range(1, problem.N + 1))


def change_to_factors(state: BatchState) -> BatchState:
    """From here on W is W^MC in the layers that can train as two.

    Before the first batch nothing is known of the data, but that signals must neither grow nor
    fade: W^MC then gets the norm of W.
    """
    state = project(state, final=True)
    factorization, weights = factorize(state.problem), state.weights
    if state.n_batches == 0:
        weights = match_norms(factorization, weights)
    weights = split_weights(factorization, weights)
    projected = frozenset(i for i, M in enumerate(weights.M) if M is not None)
    problem, settings = factorization.problem, state.settings
    pruning = Pruning.of(problem, weights.W, state.n_batches, state.n_steps, settings.free)
    fields = {"factorization": factorization, "projected": projected, "pruning": pruning}
    return restarted(state, problem, weights, **fields)


def compress_mean(state: BatchState) -> BatchState:
    """The mean weights, compressed, as the weights: the end of a fit that was free so long."""
    state = update_mean(state)
    return project(replace(state, weights=state.mean))


def fitted_weights(state: BatchState) -> Weights:
    """What the fit has come to: the mean weights, with W^MC fitted to them from the running one.

    They belong to ``state.network_problem``. The running W^MC stays as it is.
    """
    weights = mean_weights(state)
    if weights is not state.weights:
        for i in sorted(state.projected):
            weights = _metric_steps(state, state.problem.plans[i], i, weights, weights.M[i], MEAN_STEPS)
    return weights if state.factorization is None else merge_weights(state.factorization, weights)

# SPDX-License-Identifier: BSD-3-Clause
"""Passes over the rows: when the compression starts, how hard it pulls, what the end of a pass owes it."""

from collections.abc import Callable, Iterable
from typing import Any

from .._state import Weights
from ._projection import can_factorize, change_to_factors, compress_mean, project
from ._schedule import pull_weight
from ._state import BatchState
from ._step import batch_step


def train_batch(state: BatchState, X: Any, Y: Any, s: Any, share: float) -> tuple[BatchState, Any]:
    """:func:`batch_step` with the pull after a share of the fit, then the W^MC steps that are due.

    Parameters
    ----------
    state : BatchState
    X, Y, s : arrays
        Rows, targets, sample weights (None: ones).
    share : float
        Of the fit, in [0, 1], that is over.

    Returns
    -------
    state : BatchState
    loss : number
        Weighted loss of the batch before the change.
    """
    settings, tau = state.settings, state.problem.penalties.tau
    if state.n_batches == 0 and settings.free == 0.0 and can_factorize(state):
        state = change_to_factors(state)
    pull = pull_weight(settings, share, tau) if state.projected else 0.0
    state, loss = batch_step(state, X, Y, s, pull)
    if state.problem.compressed and share >= settings.free:
        state = change_to_factors(state) if can_factorize(state) else project(state, due_only=True)
    return state, loss


def train_pass(state: BatchState, batches: Iterable, share: Callable[[int], float]) -> tuple[BatchState, Any]:
    """One pass over the rows.

    Parameters
    ----------
    state : BatchState
    batches : iterable of (X, Y, s)
    share : callable
        ``share(n)`` is the share of the fit that is over after n batches.

    Returns
    -------
    state : BatchState
    loss : number
        Sum of the batches' losses, each before its own change.
    """
    loss = 0.0
    for X, Y, s in batches:
        state, part = train_batch(state, X, Y, s, share(state.n_batches))
        loss += part
    return state, loss


def end_pass(state: BatchState, share: float) -> BatchState:
    """The state after the W^MC steps that are due at the end of a pass, after a share of the fit.

    None while W is free; the mean weights are compressed at the end of a fit that was free so long.
    """
    if not state.network_problem.compressed:
        return state
    if share >= 1.0 and state.settings.free >= 1.0:
        return compress_mean(state)
    return project(state) if share >= state.settings.free else state


def end_fit(state: BatchState) -> BatchState:
    """The state with every W^MC in it: after a fit that was stopped they may be missing, old or large."""
    if state.network_problem.compressed and (state.stale or not state.projected or state.pruning):
        return project(state, final=True)
    return state


def has_all_compressed(state: BatchState, weights: Weights) -> bool:
    """Whether there is a W^MC wherever there should be one, and as small as it should be."""
    pairs = zip(state.network_problem.plans, weights.M, strict=True)
    return state.pruning is None and all(plan is None or M is not None for plan, M in pairs)

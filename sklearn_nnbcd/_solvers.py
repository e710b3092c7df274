# SPDX-License-Identifier: BSD-3-Clause
"""The solvers as the estimators call them: rows to their place, the engine, the curve of the fit."""

import math
import warnings

import numpy as np

from ._network import block_rows
from ._validation import parse_bytes
from .backends import get_backend
from .engine import (
    BatchSettings,
    MiniBatch,
    Terms,
    diagnose,
    diagnose_weights,
    fit_full,
    fit_minibatch,
    initial_weights,
    start_block,
)
from .placements import ShuffledBatches, row_slices

#: rows up to which "auto" takes the full solver: exact in weights and row order, and cheap there
FULL_ROWS = 500
#: sweeps of the full solver, and batches of the mini-batch solver, that max_iter="auto" stands for
AUTO_SWEEPS, AUTO_BATCHES = 200, 600


def resolve_solver(estimator, n_rows):
    """Name of the solver that "auto" stands for."""
    if estimator.solver == "auto":
        return "full" if n_rows <= FULL_ROWS or full_only(estimator) else "minibatch"
    if estimator.solver == "minibatch":
        refuse_full_only(estimator, "solver='minibatch'")
    return estimator.solver


def full_only(estimator):
    """Parameters that only the full solver can meet.

    Mini-batches have no V_i for a regulariser to act on, and a W step in the metric of the data.
    """
    given = [] if estimator.activity_regularizer is None else ["activity_regularizer"]
    return [*given, *(["projection"] if estimator.projection == "frobenius" else [])]


def refuse_full_only(estimator, what):
    """Raise if there is one of them."""
    for name in full_only(estimator):
        raise ValueError(
            f"The {name!r} of {type(estimator).__name__} needs solver='full' in fit. Got "
            f"{getattr(estimator, name)!r} with {what}. Use fit with solver='auto' or 'full'."
        )


def resolve_batch_size(batch_size, n_rows):
    """Rows of a batch; "auto" grows with the root of the number of rows, from 32 to 1024."""
    if batch_size == "auto":
        batch_size = min(1024, max(32, 2 * math.isqrt(n_rows)))
    return min(batch_size, n_rows)


def resolve_max_iter(max_iter, solver, n_rows, batch_size):
    """Sweeps or passes; "auto" is a fixed number of sweeps, or of batches (at least 6 passes)."""
    if max_iter != "auto":
        return max_iter
    if solver == "full":
        return AUTO_SWEEPS
    return min(200, max(6, round(AUTO_BATCHES * batch_size / n_rows)))


def cut_rows(rows, size):
    """Tuples (X, Y, s) of at most ``size`` rows each."""
    parts = row_slices(rows[0].shape[0], size)
    return [tuple(None if x is None else x[part, ...] for x in rows) for part in parts]


def resolve_blocks(estimator, problem, weights, n_rows):
    """Rows of a block, and whether the blocks must lie on disk.

    Counted are U and V of all layers (twice with ``extrapolation``), some twelve arrays that a step of one
    block makes (of the widest layer), and what does not grow with the rows: weights, Gram matrices and
    their factors. Without a limit, a device's free memory makes blocks smaller, and nothing goes to disk.

    Raises
    ------
    ValueError
        If the limit does not even leave room for 64 rows.
    MemoryError
        If a device has no room for U and V, and there is no limit.
    """
    layers = problem.layers[1:]
    widest = max([weights.W[1].shape[0], *(layer.row_entries for layer in layers)])
    owner, backend = type(estimator).__name__, get_backend(problem.xp)
    size = min(n_rows, block_rows([widest], backend.block_entries))
    limit = parse_bytes(estimator.memory_limit, "memory_limit", owner)
    shapes = [W.shape for W in weights.W[1:]]
    itemsize = problem.xp.finfo(weights.W[1].dtype).bits // 8
    fixed = itemsize * (5 * sum(a * b for a, b in shapes) + 6 * max(max(s) for s in shapes) ** 2)
    step = 12 * widest * itemsize
    entries = sum(math.prod(layer.build(layer.input_shape_)) for layer in layers)
    states = (4 if estimator.extrapolation else 2) * itemsize * entries
    if limit is None:
        free = backend.free_bytes()
        return size if free is None else min(size, room_on(free, n_rows, fixed, states, step, owner)), False
    if fixed + n_rows * states + step * size <= limit:
        return size, False
    size = min(size, (limit - fixed) // step)
    if size < min(64, n_rows):
        least = fixed + step * min(64, n_rows)
        raise ValueError(
            f"The 'memory_limit' of {owner} must be at least {least} bytes for these layers, "
            f"{fixed} of them for weights and their Gram matrices. Got {estimator.memory_limit!r}. "
            "Raise it, or use narrower layers."
        )
    return size, True


def room_on(free, n_rows, fixed, states, step, owner):
    """Rows of a block for which a device with so many free bytes has room, 64 at least.

    Raises
    ------
    MemoryError
        If not even U and V have room, with what helps.
    """
    if n_rows * states > free:
        raise MemoryError(
            f"The device of {owner} must have room for U and V of all rows. They take "
            f"{n_rows * states} bytes, and {free} are free. Use memory_limit={free // 2} to keep them in "
            "files, extrapolation=False, which needs half as many, or solver='minibatch'."
        )
    return max(int(0.9 * free - fixed - n_rows * states) // step, min(64, n_rows))


def run_full(estimator, problem, start, rows, max_iter, monitor):
    """Algorithm 1 on all rows.

    Parameters
    ----------
    estimator : estimator
    problem : Problem
    start : callable
        Makes the first W and b, two tuples; nobody keeps them once they are replaced.
    rows : tuple (X, Y, s)
    max_iter : int
    monitor : Monitor

    Returns
    -------
    weights : Weights
    curve : list of Terms
        L after each sweep.
    """
    W, b = start()
    problem, dtype = problem.with_plans(W), W[1].dtype
    first = [initial_weights(problem, W, b)]
    del W, b
    placement = estimator._place(problem, first[0], rows)

    def on_sweep(k, weights, before):
        return monitor(k, weights, before, finite=finite_weights(problem, weights))

    def run():
        placement.map(start_block, problem, first[0])
        weights, terms, complete = fit_full(
            problem,
            first.pop(),
            placement,
            max_iter=max_iter,
            on_sweep=on_sweep,
            extrapolate=estimator.extrapolation,
        )
        return weights, complete, terms

    try:
        weights, terms = guarded(run, monitor, dtype)
        if terms:  # otherwise the rows may hold what is not finite
            monitor.diagnosis = diagnose(problem, weights, placement)
    finally:
        placement.close()
    return weights, [*monitor.terms, *terms][1:]


#: what compress_after="auto" stands for where layers train as products; elsewhere the engine's default
PRODUCT_AFTER = 0.25


def batch_settings(estimator, problem, **others):
    """:class:`BatchSettings` of an estimator for its problem."""
    free = estimator.compress_after
    if free == "auto":
        products = any(plan is not None and plan.inner_rank is not None for plan in problem.plans)
        linear = estimator.block_step == "prox_linear"
        free = PRODUCT_AFTER if products and linear else BatchSettings.free
    free = float(free)
    return BatchSettings.of(estimator.block_step, averaging=estimator.averaging, free=free, **others)


def run_minibatch(estimator, problem, start, rows, max_iter, monitor):
    """The same objective one batch at a time; parameters and results as :func:`run_full`.

    The curve holds each pass's sum of losses, every batch before its own change.
    """
    size = resolve_batch_size(estimator.batch_size, rows[0].shape[0])
    batches = ShuffledBatches(*rows, size, monitor.random_state)
    start = start()
    problem = problem.with_plans(start[0])
    weights = initial_weights(problem, *start, compress=False)
    settings = batch_settings(estimator, problem)
    monitor.monotone = False
    if problem.compressed:
        monitor.patience_from = max_iter  # the pull towards W^MC must come to its end

    def on_pass(k, weights, loss):
        monitor.eligible = has_all(problem, weights)
        terms = Terms(loss=loss).read(problem.xp)
        return monitor(k, weights, terms, finite=finite_weights(problem, weights))

    def run():
        weights_, complete = fit_minibatch(
            problem, weights, batches, settings, max_iter=max_iter, on_pass=on_pass
        )
        return weights_, complete, None

    weights, _ = guarded(run, monitor, weights.W[1].dtype)
    if not has_all(problem, weights):  # the last finite weights may be those of a dense start
        weights = initial_weights(problem, weights.W, weights.b)
    monitor.diagnosis = diagnose_weights(problem, weights, batches.weight)
    return weights, monitor.terms[: monitor.n_sweeps]


def has_all(problem, weights):
    """Whether there is a W^MC wherever there should be one."""
    pairs = zip(problem.plans, weights.M, strict=True)
    return all(plan is None or M is not None for plan, M in pairs)


SOLVERS = {"full": run_full, "minibatch": run_minibatch}


def finite_weights(problem, weights):
    """Whether every W_i is finite."""
    return math.isfinite(float(sum(problem.xp.sum(W) for W in weights.W[1:])))


def guarded(run, monitor, dtype):
    """Run the engine; an interrupt or an overflow keeps the last good weights and warns."""
    try:
        with np.errstate(all="ignore"):  # overflows are met by the check for a finite objective
            result, complete, terms = run()
    except FloatingPointError:
        return monitor.last_good(dtype), []
    if terms is not None and not math.isfinite(terms.total):
        return monitor.last_good(dtype), []
    if not complete:
        warnings.warn(
            f"Training interrupted by the user after {monitor.n_sweeps} complete sweeps; the "
            "best weights so far are kept.",
            stacklevel=7,
        )
    return result, [] if terms is None else [terms]


def new_minibatch(estimator, problem, start):
    """A :class:`MiniBatch` for ``partial_fit``: a constant step, no end in sight."""
    refuse_full_only(estimator, "partial_fit")
    problem = problem.with_plans(start[0])
    settings = batch_settings(estimator, problem, decay=False)
    weights = initial_weights(problem, *start, compress=False)
    return MiniBatch(problem, weights, settings, None, 0.0)


def continue_minibatch(solver, rows, size, random_state):
    """One pass of a :class:`MiniBatch` over some more rows.

    The pull towards W^MC rises over the first ``AUTO_BATCHES`` batches and then stays.

    Parameters
    ----------
    solver : MiniBatch
        Changed in place, unless the numbers overflow.
    rows : tuple (X, Y, s)
    size : int
        Rows of a batch, about.
    random_state : numpy.random.RandomState

    Returns
    -------
    loss : float
        Mean loss that the rows had when their batch came.

    Raises
    ------
    ValueError
        If the weights are no longer finite; the solver then keeps those it had.
    """
    batches, problem, before = ShuffledBatches(*rows, size, random_state), solver.whole, solver.result
    compressed, loss, weight = problem.compressed, 0.0, batches.weight
    solver.n_rows += weight
    with np.errstate(all="ignore"):  # overflows are met by the check below
        for X, Y, s in batches:
            loss += solver.advance(X, Y, s, min(1.0, solver.done / AUTO_BATCHES))
        loss = float(loss)
        finite = math.isfinite(loss) and finite_weights(problem, solver.weights)
        if finite and compressed:
            solver.project()
    if not finite:
        solver.restart(before)
        solver.n_rows -= weight
        raise ValueError(
            "The objective is not finite for the given X and y: entries are too large for "
            f"{before.W[1].dtype}. Standardise the columns first, or pass float64."
        )
    return loss / weight

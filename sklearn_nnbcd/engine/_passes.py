# SPDX-License-Identifier: BSD-3-Clause
"""A whole fit of the mini-batch solver: passes over the rows, and how it ends."""

from ._minibatch import MiniBatch


def fit_minibatch(problem, weights, batches, settings, *, max_iter, on_pass):
    """Passes over the rows until ``on_pass`` says stop, ``max_iter`` or an interrupt.

    Parameters
    ----------
    problem : Problem
    weights : Weights
    batches : placement of batches
        ``len(batches)`` batches a pass; iterating yields (X, Y, s) in a new order each time;
        ``batches.weight`` is the sum of all sample weights.
    settings : BatchSettings
    max_iter : int
        Most passes.
    on_pass : callable
        ``on_pass(k, weights, loss)`` after pass k, with the sum of the batches' losses before each
        change; a true result stops.

    Returns
    -------
    weights : Weights
    complete : bool
        False if the user interrupted.
    """
    compressed, complete = problem.compressed, True
    n_steps = max_iter * len(batches)
    solver = MiniBatch(
        problem, weights, settings, n_steps if settings.decay else None, batches.weight
    )
    try:
        for k in range(1, max_iter + 1):
            loss = 0.0
            for X, Y, s in batches:
                loss += solver.advance(X, Y, s, solver.done / n_steps)
            if compressed:
                solver.end_pass(k / max_iter)
            if on_pass(k, solver.result, loss):
                break
    except KeyboardInterrupt:
        complete = False
    if compressed and (solver.moved or not solver.projected):
        solver.project()  # W^MC may be missing, or old
    return solver.result, complete

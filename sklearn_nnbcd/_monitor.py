# SPDX-License-Identifier: BSD-3-Clause
"""What happens after every sweep: stopping, the best weights, verbose lines, callbacks."""

import math
import time
from collections.abc import Callable
from typing import Any

from ._sklearn_compat import SweepCallbacks
from .engine import Terms, Weights
from .solvers import BaseSolver


class Monitor:
    """Follows a fit sweep by sweep; :func:`~sklearn_nnbcd.solvers.run` calls it after each.

    Parameters
    ----------
    estimator : estimator
        Holds tol, n_iter_no_change, verbose.
    solver : solver
        Says whether a stall means convergence, and when a state may be stopped at.
    callbacks : SweepCallbacks
    to_attributes : callable
        ``to_attributes(weights)`` gives the fitted attributes for some weights.
    validate : callable or None
        ``validate(weights)`` gives the validation score, greater is better; None: no early
        stopping.

    Attributes
    ----------
    scores : list of float
        Validation scores so far.
    best_score : float
    best_weights : Weights or None
        Those with the best score; None without early stopping.
    """

    def __init__(
        self,
        estimator: Any,
        solver: BaseSolver,
        callbacks: SweepCallbacks,
        to_attributes: Callable[[Weights], dict],
        validate: Callable[[Weights], float] | None = None,
    ):
        self.estimator, self.solver, self.callbacks = estimator, solver, callbacks
        self.to_attributes, self.validate = to_attributes, validate
        self.scores: list[float] = []
        self.best_score = -math.inf
        self.best_weights: Weights | None = None
        self._since_best = self._stalled = 0
        self._last: float | None = None
        self._start = time.perf_counter()

    def __call__(self, k: int, state: Any, before: Terms) -> bool:
        """After sweep k, with the terms of L at its start; True stops the fit."""
        stop = self.solver.monotone and self._is_stalled(before.total)
        if self.validate is not None:
            stop = self._is_past_best(state) and self.solver.may_stop(state)
        if self.estimator.verbose:
            self._print(k, before)
        return self.callbacks.sweep(lambda: self.to_attributes(self.solver.result(state))) or stop

    def _is_stalled(self, objective: float) -> bool:
        last, self._last, tol = self._last, objective, self.estimator.tol
        if last is None:
            return False
        self._stalled = self._stalled + 1 if last - objective < tol * last else 0
        return tol > 0 and self._stalled >= self.estimator.n_iter_no_change

    def _is_past_best(self, state: Any) -> bool:
        weights = self.solver.result(state)
        score = self.validate(weights)  # type: ignore[misc]
        self.scores.append(score)
        if not self.solver.may_keep(state):
            return False
        better = score > self.best_score + self.estimator.tol
        self._since_best = 0 if better else self._since_best + 1
        if score > self.best_score:
            self.best_score, self.best_weights = score, weights
        return self._since_best >= self.estimator.n_iter_no_change

    def _print(self, k: int, before: Terms) -> None:
        parts = ", ".join(f"{name} {value:.4g}" for name, value in vars(before).items() if value)
        line = f"[{type(self.estimator).__name__}] sweep {k}: from L = {before.total:.6g} ({parts})"
        if self.scores:
            line += f", validation score {self.scores[-1]:.4f}"
        print(f"{line}, {time.perf_counter() - self._start:.1f} s", flush=True)

# SPDX-License-Identifier: BSD-3-Clause
"""Gradual pruning: how many entries sparse weights keep in the course of a fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .._state import Problem

#: share of the compressed part of a fit over which entries are taken away
PRUNED_BY = 0.8


@dataclass(frozen=True)
class Pruning:
    """The way from the entries that weights have at first to those that they may keep.

    The entries beyond those fall by the third power of what is left of the way (Zhu and Gupta 2017). A
    budget is divided anew each time: which layer can spare entries shows once the others have lost theirs.
    All at once, by weights that have hardly learned, leaves layers nearly empty where few entries stay.

    Attributes
    ----------
    plans : tuple of CompressionPlan or None
        What is asked for, where there is no budget.
    counts : tuple of int
        Entries of W_0 (none), W_1 ... W_N that are not zero at first.
    first, last : int
        Batches between which entries are taken away.
    """

    plans: tuple
    counts: tuple[int, ...]
    first: int
    last: int

    @classmethod
    def of(cls, problem: Problem, W: tuple, first: int, n_steps: int | None, free: float) -> Pruning | None:
        """That of a fit, or None: nothing is pruned to a given number, or no end is known.

        Parameters
        ----------
        problem : Problem
            With first plans, if it has a budget.
        W : tuple of arrays
            First weights; entry 0 is None.
        first, n_steps : int
            First and last batch; ``n_steps`` may be None.
        free : float
            Share of the fit before the compression starts.
        """
        if n_steps is None or not any(plan is not None and plan.is_pruned for plan in problem.plans):
            return None
        xp = problem.xp
        counts = (0, *(int(xp.sum(xp.astype(w != 0, xp.int64))) for w in W[1:]))
        start = first + free * (n_steps - first)
        return cls(problem.plans, counts, round(start), round(start + PRUNED_BY * (n_steps - start)))

    def share(self, n_batches: int) -> float:
        """Share of the entries to be taken away that are there still; 0 in the end."""
        left = (self.last - n_batches) / (self.last - self.first) if self.last > self.first else 0.0
        return min(1.0, max(0.0, left)) ** 3

    def plans_of(self, problem: Problem, W: tuple, metrics: tuple, share: float) -> tuple:
        """The plans for weights that keep a share of the entries to be taken away."""
        if problem.budget is not None:
            density = sum(self.counts) / sum(math.prod(w.shape) for w in W[1:])
            return problem.budget.loosened(share, density)(W, metrics, xp=problem.xp)
        pairs = zip(self.plans, self.counts, strict=True)
        return tuple(None if plan is None else plan.loosened(share, count) for plan, count in pairs)

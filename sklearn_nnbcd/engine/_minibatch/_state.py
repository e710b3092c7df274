# SPDX-License-Identifier: BSD-3-Clause
"""The state of a mini-batch fit between two batches: one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .._state import Problem, Weights
from ._curvature import Curvature, WideCurvature
from ._factored import Factorization
from ._pruning import Pruning
from ._ridges import first_ridges
from ._schedule import BatchSettings


@dataclass(frozen=True, eq=False)
class BatchState:
    """All that the next batch needs. Nothing in it is ever changed, so that older states stay usable.

    Entry i of each tuple belongs to layer i; entry 0 is None.

    Attributes
    ----------
    problem : Problem
        What ``weights`` belong to: the network's own problem, or the longer one of ``factorization``.
    settings : BatchSettings
    weights : Weights
    mean : Weights
        W and b hold the mean weights as of batch ``mean_at``.
    curvatures : tuple of Curvature
    velocity : tuple of arrays or None
        Last changes of W_i and b_i, in one array, before the step length.
    operators : tuple
        What the closed V_{i-1} steps need of W_i; None with linearised blocks.
    ridges : tuple of numbers
        delta_i of ridge/2 ||W_i||^2 beside sums over all rows.
    hessian : array of shape (d_N, d_N) or None
        Running mean of the loss's mean Hessian in the outputs; None before the first batch.
    dispersion : number or None
        Running dispersion of the loss.
    n_rows : float
        Sum of all sample weights, which ``ridge`` and the penalties are relative to where they are given.
    weight_norm : float
        Root of the sum of the squares of all sample weights.
    batch_weight : float or None
        Mean sum of the sample weights of a batch; None: every batch is taken to weigh the same.
    n_steps : int or None
        Batches of the whole fit, over which the step length falls to zero; None: no end is known.
    n_batches : int
        Batches so far.
    first_batch : int
        ``n_batches`` when the statistics of this ``problem`` started.
    mean_at : int
    interval : int or None
        Batches between two updates of the curvatures; None before the first batch of this ``problem``.
    projected : frozenset of int
        Layers whose W^MC was made.
    stale : bool
        Whether W has changed since every W^MC was fitted.
    pulled : bool
        Whether W was ever pulled towards W^MC; a budget's plans are final from then on.
    factorization : Factorization or None
        The form in which W is W^MC, once the fit has changed over to it.
    pruning : Pruning or None
        How many entries sparse weights keep until they have as few as asked for; None: they do.
    """

    problem: Problem
    settings: BatchSettings
    weights: Weights
    mean: Weights
    curvatures: tuple
    velocity: tuple
    operators: tuple
    ridges: tuple
    hessian: Any = None
    dispersion: Any = None
    n_rows: float = 1.0
    weight_norm: float = 1.0
    batch_weight: float | None = None
    n_steps: int | None = None
    n_batches: int = 0
    first_batch: int = 0
    mean_at: int = 0
    interval: Any = None
    projected: frozenset = frozenset()
    stale: bool = False
    pulled: bool = False
    factorization: Factorization | None = None
    pruning: Pruning | None = None

    @property
    def network_problem(self) -> Problem:
        """The problem of the network itself, whatever form it trains in."""
        return self.problem if self.factorization is None else self.factorization.original

    @property
    def evidence_rows(self) -> float:
        """How many rows of weight 1 say as much (Kish 1965), whatever the unit of the weights.

        A weight that is a whole multiple of the least one counts as so many rows.
        """
        return (self.n_rows / self.weight_norm) ** 2

    @property
    def ridge_rows(self) -> float:
        """What the ridges stand beside a mean over rows with: those that are given, and those found."""
        return self.evidence_rows if self.problem.penalties.ridge is None else self.n_rows

    @property
    def trust(self) -> float:
        """Bound on the predicted mean squared change of the outputs by one batch."""
        return self.settings.trust if self.factorization is None else self.settings.factored_trust


def initial_state(
    problem: Problem,
    weights: Weights,
    settings: BatchSettings,
    n_steps: int | None = None,
    n_rows: float = 1.0,
    n_batches: int = 0,
) -> BatchState:
    """The state before the first batch.

    Parameters
    ----------
    problem : Problem
        With first plans, if it has a budget.
    weights : Weights
    settings : BatchSettings
    n_steps : int or None, default=None
        Batches of the whole fit; None: no end is known.
    n_rows : float, default=1.0
        Sum of all sample weights.
    n_batches : int, default=0
        Batches that the weights have seen before.
    """
    return BatchState(
        problem,
        settings,
        weights,
        weights,
        **blank_statistics(problem),
        n_rows=n_rows,
        n_steps=n_steps,
        n_batches=n_batches,
        first_batch=n_batches,
        pruning=Pruning.of(problem, weights.W, n_batches, n_steps, settings.free),
    )


def blank_statistics(problem: Problem) -> dict[str, Any]:
    """Fields of a :class:`BatchState` that know nothing of the data yet."""
    N = problem.N
    kinds = [WideCurvature if problem.wide else Curvature, *(Curvature for _ in range(N - 1))]
    return {
        "curvatures": (None, *(kind(problem.fit_intercept) for kind in kinds)),
        "velocity": (None,) * (N + 1),
        "operators": (None,) * (N + 1),
        "ridges": first_ridges(problem),
        "interval": None,
    }


def restarted(state: BatchState, problem: Problem, weights: Weights, **fields: Any) -> BatchState:
    """The state on another problem and its weights, with all statistics blank again."""
    return replace(
        state,
        problem=problem,
        weights=weights,
        mean=weights,
        first_batch=state.n_batches,
        mean_at=state.n_batches,
        stale=False,
        pulled=False,
        **blank_statistics(problem),
        **fields,
    )

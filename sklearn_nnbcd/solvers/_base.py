# SPDX-License-Identifier: BSD-3-Clause
"""What a fit asks of a solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._sklearn_compat import LinkedEstimator
from ..engine import STREAM_BATCHES, Diagnosis, Problem, Terms, Weights
from ..network import InputMap


@dataclass(frozen=True)
class FitContext:
    """What a solver is told of a fit, beside the problem and the rows.

    Attributes
    ----------
    max_iter : int or None
        Most sweeps or passes; None: no end is known, as in ``partial_fit``.
    random_state : numpy.random.RandomState
        Draws the order of the rows.
    memory_limit : int or None
        Bytes that the solver may take for what it makes of the rows; None: no limit.
    owner : str
        Name of the estimator, for messages.
    place : callable or None
        ``place(problem, weights, rows, context, extrapolation)`` makes the placement of the rows instead
        of the solver's own way, as Dask does; None: the solver decides.
    inputs : InputMap or None
        Maps the rows of X, block by block or batch by batch; None: they stay as they are.
    n_batches : int
        Batches that the first weights have seen before: schedules go on from there.
    temperature : float
        Of outputs on rows that were held out from a short fit; 1: none were.
    """

    max_iter: int | None
    random_state: np.random.RandomState
    memory_limit: int | None = None
    owner: str = "the estimator"
    place: Callable | None = None
    inputs: InputMap | None = None
    n_batches: int = 0
    temperature: float = 1.0


class BaseSolver(LinkedEstimator):
    """A way to minimise the problem of a fit, step by step.

    A fit calls :meth:`init` once, :meth:`step` until it is told to stop, and :meth:`finish`. Between
    them it reads :meth:`result`. States are frozen: a step that is interrupted, or whose numbers
    overflow, leaves the state that it started from as it was.

    Attributes
    ----------
    uses : frozenset of str
        Which of the estimator's parameters that not every solver reads this one reads, out of "rho",
        "gamma", "proximal", "tau", "ridge", "activity_regularizer", "tol", "n_iter_no_change" and
        "memory_limit". A fit refuses the others unless they have their defaults.
    scales_columns : bool
        Whether the columns of X are to be centred and scaled for it.
    cuts_columns : bool
        Whether ``column_bins="auto"`` may cut columns into bins for it.
    monotone : bool
        Whether the objective only falls, so that a stall means convergence.
    changes_rows : bool
        Whether a step changes what the solver keeps of the rows, so that a step that was interrupted leaves
        them between two states.
    splits_all : bool
        Whether layers without a compression have a W^MC, too, tied to W by ``tau``.
    takes_squares : bool
        Whether a squared norm r_i of W^MC may stand beside a format.
    auto_penalties : dict
        What "auto" stands for as ``tau`` and ``ridge``; a ridge of None: the solver finds one by itself.
    gram_columns : int
        Inputs of the first layer, or rows in their place where they are fewer, up to which their Gram matrix
        is formed; beyond, the problem is ``wide``.
    auto_initializer : str
        What ``initializer="auto"`` stands for.
    """

    uses: frozenset[str] = frozenset()
    scales_columns: bool = True
    cuts_columns: bool = False
    monotone: bool = False
    changes_rows: bool = False
    splits_all: bool = False
    takes_squares: bool = False
    auto_penalties: dict[str, float | None] = {"tau": 10.0, "ridge": 0.0}
    gram_columns: int = 2048
    auto_initializer: str = "kaiming_normal"

    def check_parameters(self) -> None:
        """Raise for parameters of the solver's own that are no good, before any work.

        Raises
        ------
        ValueError, TypeError
            Naming the solver's class, the parameter, what is allowed, what came, and the cure.
        """

    def auto_max_iter(self, problem: Problem, n_rows: int, has_ramps: bool = False) -> int:
        """What ``max_iter="auto"`` stands for.

        Parameters
        ----------
        problem : Problem
        n_rows : int
            Rows of the fit.
        has_ramps : bool, default=False
            Whether columns have ramps.

        Returns
        -------
        max_iter : int
            Sweeps or passes.
        """
        raise NotImplementedError

    def resolve_precision(self, n_weights: int, dtype: str) -> str:
        """Name of the dtype in which a network is trained.

        Parameters
        ----------
        n_weights : int
            Of the network, without intercepts and before any compression.
        dtype : {"float32", "float64"}
            That of X, and of the fitted network.
        """
        return dtype

    def init(self, problem: Problem, start: Callable, rows: tuple, context: FitContext) -> Any:
        """The state before the first step.

        Parameters
        ----------
        problem : Problem
        start : callable
            ``start()`` makes the first W and b, two tuples whose entry 0 is None, in the precision of the
            training.
        rows : tuple (X, Y, s)
            Rows, targets, sample weights (None: ones), in that of X.
        context : FitContext

        Returns
        -------
        state : frozen dataclass
        """
        raise NotImplementedError

    def step(self, state: Any) -> tuple[Any, Terms]:
        """One sweep or one pass.

        Parameters
        ----------
        state : frozen dataclass

        Returns
        -------
        state : frozen dataclass
            After the step; the old one stays usable.
        terms : Terms
            Floats: the terms of L before the sweep, or the sum of the batches' losses, each before its
            own change.
        """
        raise NotImplementedError

    def result(self, state: Any) -> Weights:
        """What the fit has come to in this state.

        Parameters
        ----------
        state : frozen dataclass

        Returns
        -------
        weights : Weights
            Of the network's own problem.
        """
        raise NotImplementedError

    def is_finite(self, state: Any) -> bool:
        """Whether the weights of this state are finite, by as little work as that takes."""
        return self.result(state).is_finite

    def may_stop(self, state: Any) -> bool:
        """Whether the fit may stop here by its validation scores."""
        return True

    def may_keep(self, state: Any) -> bool:
        """Whether the weights of this state may be the result: those of a dense start may not."""
        return True

    def finish(self, state: Any) -> tuple[Any, Terms | None]:
        """What is still owed after the last step, also after an interrupt.

        Parameters
        ----------
        state : frozen dataclass

        Returns
        -------
        state : frozen dataclass
        terms : Terms or None
            L at the end; None where the solver does not know it.
        """
        return state, None

    def diagnosis(self, state: Any) -> Diagnosis:
        """How far each equation of the network is from holding.

        Parameters
        ----------
        state : frozen dataclass

        Returns
        -------
        diagnosis : Diagnosis
        """
        raise NotImplementedError

    def n_batches(self, state: Any) -> int:
        """How far along a stream is that goes on from this state, in batches."""
        return STREAM_BATCHES

    def close(self, state: Any) -> None:
        """Give back files and workers; the state is not used again.

        Parameters
        ----------
        state : frozen dataclass
        """

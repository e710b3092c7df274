# SPDX-License-Identifier: BSD-3-Clause
"""What one fit works on: the problem, and the way from the user's units to the solver's and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sklearn.utils import check_random_state

from ._resolve import resolve_problem
from ._start import first_weights
from ._validation import parse_bytes
from .engine import Problem, Weights
from .layers import Dense
from .network import InputMap, Network
from .numerics import ColumnMoments
from .solvers import BaseSolver, FitContext
from .targets import BaseTargets

#: columns up to which a problem stays in the columns' own space, however few the rows
MANY_COLUMNS = 512


@dataclass(frozen=True, eq=False)
class Training:
    """One fit's problem in the units of the solver.

    Attributes
    ----------
    estimator : estimator
        Holds the parameters.
    targets : BaseTargets
    solver : BaseSolver
    problem : Problem
    shapes : list of tuple
        Weight shapes of layers 1 ... N.
    inputs : InputMap or None
        From the user's rows to the solver's; None: they are the same.
    X : array
        The rows as the solver takes them.
    is_mapped : bool
        Whether X is mapped already.
    """

    estimator: Any
    targets: BaseTargets
    solver: BaseSolver
    problem: Problem
    shapes: list
    inputs: InputMap | None
    X: Any
    is_mapped: bool

    @classmethod
    def prepare(
        cls,
        estimator: Any,
        rows: Any,
        targets: BaseTargets,
        solver: BaseSolver,
        moments: ColumnMoments | None,
        is_stream: bool = False,
    ) -> Training:
        """The problem of an estimator for some rows.

        Where columns outnumber rows and the first layer is a plain dense one, the problem is that of the
        rows' coordinates in the space that they span: the same network at a fraction of the work.

        Parameters
        ----------
        estimator : estimator
        rows : Rows
        targets : BaseTargets
        solver : BaseSolver
        moments : ColumnMoments or None
            Of the columns; None: they are not to be mapped.
        is_stream : bool, default=False
            Whether more rows will come.
        """
        size = rows.X.shape[1], targets.n_outputs
        options = targets.loss, solver, rows.namespace
        problem, shapes = resolve_problem(estimator, *size, *options, rows.image_shape)
        if moments is None:
            return cls(estimator, targets, solver, problem, shapes, None, rows.X, False)
        shared = len(problem.layers[1].input_shape_) > 1
        how = {"centre": estimator.fit_intercept, "shared": shared, "drop_constant": not is_stream}
        inputs = InputMap.from_moments(moments, rows.X, **how)
        if problem.plans[1] is not None and problem.plans[1].in_user_units:
            inputs = inputs.without_scale()
        plain = type(problem.layers[1]) is Dense and problem.plans[1] is None and problem.budget is None
        few_rows = rows.is_local and MANY_COLUMNS < size[0] > rows.X.shape[0]
        if shared or is_stream or not (plain and few_rows):
            return cls(estimator, targets, solver, problem, shapes, inputs, rows.X, False)
        inputs, Z = inputs.of_rows(rows.X)
        problem, shapes = resolve_problem(estimator, Z.shape[1], size[1], *options)
        return cls(estimator, targets, solver, problem, shapes, inputs, Z, True)

    def to_network(self, weights: Weights) -> Network:
        """The network of a solver's weights, for X and y as the user has them."""
        network = self.targets.user_network(Network.from_weights(self.problem, weights))
        return network if self.inputs is None else network.with_input_map(self.inputs)

    def start(self, network: Network | None = None) -> Callable[[], tuple]:
        """Makes the first W and b: drawn, or those of a network in the user's units."""
        arguments = self.estimator, self.problem, self.shapes, self.targets, self.solver
        return partial(first_weights, *arguments, self.X.dtype, network, self.inputs)

    def context(self, max_iter: int | None, place: Callable | None = None, n_batches: int = 0) -> FitContext:
        """What the solver is told besides; ``n_batches`` is how many a stream had before."""
        owner = type(self.estimator).__name__
        return FitContext(
            max_iter=max_iter,
            random_state=check_random_state(self.estimator.random_state),
            memory_limit=parse_bytes(self.estimator.memory_limit, "memory_limit", owner),
            owner=owner,
            place=place,
            inputs=None if self.is_mapped else self.inputs,
            n_batches=n_batches,
        )

# SPDX-License-Identifier: BSD-3-Clause
"""What one fit works on: the problem, and the way from the user's units to the solver's and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sklearn.utils import check_random_state

from ._arrays import dtype_name, host_memory
from ._pilot import NOTHING_FOUND, Finding
from ._resolve import resolve_problem
from ._start import first_weights
from ._validation import parse_bytes
from .backends import SparseRows, get_backend, namespace_of
from .compressions import DenseWeight, LowRank, QuantizedWeight, check_budget
from .engine import Problem, Weights
from .layers import Dense
from .network import ColumnMap, InputMap, Network, in_precision, quantize_fit
from .numerics import ColumnMoments
from .solvers import BaseSolver, FitContext
from .targets import BaseTargets

#: columns up to which a problem stays in the columns' own space, however few the rows
MANY_COLUMNS = 512
#: least weight of a row in single precision, whose inverse their sum may be
LEAST_SINGLE = 2.0**-100
#: least rank of a first weight behind ramps that is trained as a product, and the largest share of its
#: entries that the factors may have
JOINED_RANK, JOINED_SHARE = 16, 2.0 / 3.0
#: square matrices of the size of a layer's inputs that a fit holds at a time: sums, factors, inverses
_SQUARES = 10


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
    precision : dtype
        In which the solver works; the network has that of X.
    is_mapped : bool
        Whether X is mapped already.
    is_joined : bool, default=False
        Whether the first weight is a product only while it is trained, see :func:`with_joined_ramps`.
    columns : ColumnMap or None, default=None
        What the user's rows have been through before.
    finding : Finding, default=NOTHING_FOUND
        What short fits have said of the table.
    """

    estimator: Any
    targets: BaseTargets
    solver: BaseSolver
    problem: Problem
    shapes: list
    inputs: InputMap | None
    X: Any
    precision: Any
    is_mapped: bool
    columns: ColumnMap | None = None
    finding: Finding = NOTHING_FOUND
    is_joined: bool = False

    @classmethod
    def prepare(
        cls,
        estimator: Any,
        rows: Any,
        targets: BaseTargets,
        solver: BaseSolver,
        moments: ColumnMoments | None,
        is_stream: bool = False,
        finding: Finding = NOTHING_FOUND,
    ) -> Training:
        """The problem of an estimator for some rows.

        Where columns outnumber rows and the first layer is a plain dense one, or of low rank, the problem
        is that of the rows' coordinates in the space that they span: the same network at a fraction of the
        work. Where columns and rows are both very many, the problem is ``wide``.

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
        finding : Finding, default=NOTHING_FOUND
            What short fits have said of the table.
        """
        size, owner = (rows.X.shape[1], targets.n_outputs), type(estimator).__name__
        options = targets.loss, solver, rows.namespace
        problem, shapes = resolve_problem(estimator, *size, *options, rows.image_shape)
        plain, problem = problem, with_joined_ramps(problem, shapes[0], rows.columns, finding)
        is_joined = problem is not plain
        check_layers(problem, rows.X, owner)
        if problem.budget is not None:  # with ramps there is more room than beside the columns alone
            check_budget(problem.budget.compressions, shapes, problem.budget.ratio, owner)
        check_range(problem, rows, owner)
        shared, most = len(problem.layers[1].input_shape_) > 1, solver.gram_columns
        few_rows = rows.is_local and MANY_COLUMNS < size[0] > rows.X.shape[0] <= most
        in_space = few_rows and not (moments is None or shared or is_stream) and has_rows_space(problem)
        is_wide = not in_space and size[0] > most and type(problem.layers[1]) is Dense
        problem = replace(problem, wide=is_wide)
        xp, n_weights = problem.xp, sum(math.prod(shape) for shape in shapes)
        precision = getattr(xp, precision_for(rows, targets, solver, n_weights))
        known, last = (estimator, targets, solver), (rows.columns, finding, is_joined)
        if moments is None:
            return cls(*known, problem, shapes, None, rows.X, precision, False, *last)
        how = {"centre": estimator.fit_intercept, "shared": shared, "drop_constant": not is_stream}
        n_ramps = 0 if rows.columns is None else rows.columns.n_new
        inputs = InputMap.from_moments(moments, rows.X, **how, wide=is_wide, n_ramps=n_ramps)
        if problem.plans[1] is not None and problem.plans[1].in_user_units:
            inputs = inputs.without_scale()
        if not in_space:
            check_room(problem, shapes, rows.X, owner)
            if not (shared or is_wide):
                problem = with_scaled_inputs(problem, xp.astype(inputs.scale, precision))
            return cls(*known, problem, shapes, inputs, rows.X, precision, False, *last)
        inputs, Z = inputs.of_rows(rows.X)
        problem, shapes = in_rows_space(problem, shapes, Z.shape[1])
        return cls(*known, problem, shapes, inputs, Z, precision, True, *last)

    @property
    def has_ramps(self) -> bool:
        """Whether columns have ramps."""
        return self.columns is not None and self.columns.ramps is not None

    def auto_max_iter(self) -> int:
        """What ``max_iter="auto"`` stands for."""
        n_rows = self.X.shape[0]
        usual = self.solver.auto_max_iter(self.problem, n_rows, self.has_ramps)
        return max(1, round(self.finding.length(n_rows) * usual))

    def without_extremes(self, rows: tuple) -> tuple:
        """Encoded rows (X, Y, s) with extreme entries of X drawn in."""
        if self.inputs is None or self.inputs.reach is None:
            return rows
        return self.inputs.without_extremes(rows[0]), *rows[1:]

    def finished(self, network: Network) -> Network:
        """A network of :meth:`to_network` for X as the user has it."""
        return replace(network, columns=self.columns)

    def to_network(self, weights: Weights) -> Network:
        """The network of a solver's weights, for y as the user has it and rows after ``columns``."""
        network = Network.from_weights(self.problem, weights)
        if self.is_joined:
            first = DenseWeight(network.coefs[0].to_dense(xp=network.xp))
            network = replace(network, coefs=(first, *network.coefs[1:]))
        if self.X.dtype != self.precision:
            network = in_precision(network, dtype_name(self.X))
        network = self.targets.user_network(network)
        return network if self.inputs is None else network.with_input_map(self.inputs)

    def rounded(self, network: Network, rows: tuple) -> Network:
        """The network with few bits where the problem wants them and the solver has not seen to it.

        Parameters
        ----------
        network : Network
            In the units of X and y.
        rows : tuple (X, Y, s)
            Encoded, with X as the network takes it.
        """
        grids = [
            plan.grid
            if plan is not None and plan.is_rounded and not isinstance(coef, QuantizedWeight)
            else None
            for plan, coef in zip(self.problem.plans[1:], network.coefs, strict=True)
        ]
        return quantize_fit(network, self.targets, rows, grids) if any(grids) else network

    def start(self, network: Network | None = None) -> Callable[[], tuple]:
        """Makes the first W and b: drawn, or those of a network in the user's units."""
        arguments = self.estimator, self.problem, self.shapes, self.targets, self.solver
        return partial(first_weights, *arguments, self.X, self.precision, network, self.inputs)

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
            temperature=self.finding.temperature or 1.0,
        )


def with_joined_ramps(problem: Problem, shape: tuple, columns: Any, finding: Finding) -> Problem:
    """The problem with the first weight as a product of thin factors, behind ramps where these help by it.

    A column and its ramps are many inputs that say one thing, and weights of their own for each unit follow
    noise. Factors A B with as many columns between as the root of the inputs share what they say; the network
    has their product. Tables that need more directions than that are found by a short fit.
    """
    is_plain = type(problem.layers[1]) is Dense and problem.plans[1] is None and problem.budget is None
    if columns is None or columns.ramps is None or not (finding.joined and is_plain):
        return problem
    rank = max(JOINED_RANK, round(shape[0] ** 0.5))
    if rank * sum(shape) > JOINED_SHARE * math.prod(shape) or problem.skip_from(0) is not None:
        return problem
    return replace(problem, plans=(None, LowRank(rank).plan(shape), *problem.plans[2:]))


def precision_for(rows: Any, targets: BaseTargets, solver: BaseSolver, n_weights: int) -> str:
    """Name of the dtype in which a solver trains: that of X where weights of rows do not fit into single.

    Raises
    ------
    ValueError
        If they do not, and single precision is asked for.
    """
    name = solver.resolve_precision(n_weights, rows.dtype)
    if name in ("float64", rows.dtype) or not rows.is_local:
        return name
    s = targets.row_weights(rows.y, rows.s, rows.dtype)
    if s is None or (float(s.sum()) <= 1.0 / LEAST_SINGLE and float(s[s > 0].min()) >= LEAST_SINGLE):
        return name
    if getattr(solver, "precision", "auto") == "single":
        raise ValueError(
            f"The 'precision' of {type(solver).__name__} may be 'single' for weights of rows from "
            f"{LEAST_SINGLE:.1g} and with a sum up to {1.0 / LEAST_SINGLE:.1g}. Got weights from "
            f"{s[s > 0].min():.3g} to {s.max():.3g}. Divide them by their mean: a common factor changes "
            "nothing. Or use 'auto'."
        )
    return rows.dtype


def with_scaled_inputs(problem: Problem, scale: Any) -> Problem:
    """The problem whose first weight is multiplied by the scale of its inputs, row by row, in the end."""
    plans, budget = problem.plans, problem.budget
    if plans[1] is not None:
        plans = (None, plans[1].for_scaled_inputs(scale, xp=problem.xp), *plans[2:])
    return replace(problem, plans=plans, budget=None if budget is None else replace(budget, scale=scale))


def has_rows_space(problem: Problem) -> bool:
    """Whether the first layer may as well be trained on coordinates in another space."""
    plan = problem.plans[1]
    if type(problem.layers[1]) is not Dense or problem.budget is not None:
        return False
    return plan is None or plan.for_inputs(1) is not None


def in_rows_space(problem: Problem, shapes: list, n_inputs: int) -> tuple[Problem, list]:
    """The problem, and its weights' shapes, for rows of ``n_inputs`` coordinates."""
    width, plan = shapes[0][1], problem.plans[1]
    layers = (None, Dense(width).bind((n_inputs,)), *problem.layers[2:])
    plans = (None, None if plan is None else plan.for_inputs(n_inputs), *problem.plans[2:])
    return replace(problem, layers=layers, plans=plans), [(n_inputs, width), *shapes[1:]]


def check_range(problem: Problem, rows: Any, owner: str) -> None:
    """Raise ValueError for rows that a network of few bits, which is in single precision, cannot take.

    Raises
    ------
    ValueError
        With the cure.
    """
    rounded = any(plan is not None and plan.is_rounded for plan in problem.plans)
    if not (rounded and rows.is_local) or rows.dtype == "float32":
        return
    X = rows.X.entries.data if isinstance(rows.X, SparseRows) else rows.X
    xp = namespace_of(X)
    if math.prod(X.shape) and float(xp.max(xp.abs(X))) > float(xp.finfo(xp.float32).max):
        raise ValueError(
            f"The 'X' of {owner} must be within the range of float32 for numbers of few bits. Got entries "
            "beyond it. Divide the large columns by a constant, or leave bits and rounded formats out."
        )


def check_layers(problem: Problem, X: Any, owner: str) -> None:
    """Raise ValueError where the first layer cannot read sparse rows."""
    if not isinstance(X, SparseRows):
        return
    first, skipped = problem.layers[1], problem.skip_from(0) is not None
    if type(first) is Dense and not skipped:
        return
    what = "a residual block" if skipped else type(first).__name__
    raise ValueError(
        f"The 'X' of {owner} may be sparse only where the first layer is a plain Dense. Got a sparse X and "
        f"{what}. Pass X.toarray(), or begin 'layers' with a Dense."
    )


def check_room(problem: Problem, shapes: list, X: Any, owner: str) -> None:
    """Raise MemoryError where the Gram matrices of the widest layer have no room, before any work.

    Raises
    ------
    MemoryError
        With what helps.
    """
    xp = namespace_of(X)
    if problem.wide:  # a Gram matrix of its outputs only
        shapes = [(shapes[0][1],), *shapes[1:]]
    side = max(max(shape) for shape in shapes)
    needed, there = _SQUARES * side**2 * (xp.finfo(X.dtype).bits // 8), get_backend(xp).free_bytes()
    if there is None:
        there = host_memory()
    if there is not None and needed > there:
        raise MemoryError(
            f"The layers of {owner} must be narrow enough for Gram matrices of their inputs. Those of {side} "
            f"inputs take about {needed} bytes, and there are {there}. Take fewer columns first, e.g. with "
            "make_pipeline(PCA(), ...) or SelectKBest. For more columns than rows fit needs none "
            'where the first layer is dense or of low rank: compression=[None, ...] or "low_rank".'
        )

# SPDX-License-Identifier: BSD-3-Clause
"""Algorithm 1 on all rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .._validation import check_flag, check_number, check_option
from ..backends import SparseRows, get_backend, namespace_of
from ..compressions import RegularizedFormatPlan, RegularizedPlan
from ..engine import (
    Diagnosis,
    FullState,
    Problem,
    Terms,
    Weights,
    diagnose,
    full_objective,
    full_result,
    full_step,
    initial_weights,
    start_block,
    start_full,
)
from ..placements import DiskBlocks, InMemory, block_rows, row_slices
from ..regularizers import L2
from ._base import BaseSolver, FitContext

#: sum of the sample weights for which ridge="auto" is 1 and tau="auto" is 10; they grow with the sum, so
#: that neither a common factor of the weights nor copies of rows in place of weights change a fit
AUTO_WEIGHT = 300.0
#: sweeps that max_iter="auto" stands for
AUTO_SWEEPS = 200


class FullBatch(BaseSolver):
    """Algorithm 1 of the paper: all rows in every sweep, closed forms only.

    Every block update lowers L of (7) or leaves it as it is. No derivative of an activation is taken with
    ``projection='frobenius'``. U and V of all rows are kept: n (d_1 + ... + d_N) numbers each.

    Parameters
    ----------
    relaxation : float, default=1.3
        V_i and W_i move by this multiple omega of the way to their minimiser, in (0, 2). Their blocks are
        quadratic, so L falls, as with 1, the paper's value, and faster over a fit. For a step of the same
        length the fall is 2/omega - 1 of Lemma 5's amount: 0.54 of it with 1.3.
    extrapolation : bool, default=True
        Whether a sweep begins beyond where the last one ended, in the direction of both (Nesterov's
        momentum), and is made again from there should L have risen from one state to the next. It takes U
        and V twice in memory, one product more for each layer, and a fraction of the sweeps. The paper has
        none of it.
    projection : {'frobenius', 'data'}, default='frobenius'
        Metric in which W_i^MC is near W_i. 'frobenius' is the paper's. 'data': errors count by what they
        do to the outputs, ||S^{1/2} (W_i - W_i^MC)' G^{1/2}|| with G the second moments of the layer's
        input and S what the rest of the network makes of its output. G and S are measured anew before sweeps
        1, 2, 4, 8, ...; the objective may jump there, and never rises in between.
    alpha_w : float, default=0.0
        Proximal weight of the blocks W_i, >= 0.
    ridge_on : {'weights', 'compressed'}, default='weights'
        What the estimator's ``ridge`` is a penalty of. 'weights': of W_i. 'compressed': of W_i^MC, as the
        paper's r_i, and every layer has a W_i^MC then, a dense one where there is no format; "auto" is a
        ridge of 0.
    proximal_on : {'product', 'factors'}, default='product'
        What the estimator's ``proximal`` holds in the step (13) of W_i^MC: the matrix, or as in (26) the
        cores or factors that it is made of ('tt' and 'low_rank'; other formats as (13) has it).
    scale_columns : bool, default=True
        Whether columns of X are centred and brought to comparable spreads; the network that is fitted takes
        X as it is. The paper does not.
    tf32 : bool, default=False
        Whether a GPU may round the factors of products over rows to 10 bits (TF32, float32 only). What
        belongs to the weights, such as solves, stays exact.

    See Also
    --------
    FullBatch.paper : Algorithm 1 without what the paper does not have.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.solvers import FullBatch
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((10,), solver=FullBatch(relaxation=1.0, extrapolation=False)).fit(X, y)
    >>> bool(model.objective_curve_[-1] <= model.objective_curve_[0])
    True
    """

    uses = frozenset({"rho", "gamma", "proximal", "tau", "ridge", "activity_regularizer"})
    monotone = True
    changes_rows = True
    auto_initializer = "small_normal"

    def __init__(
        self,
        *,
        relaxation: float = 1.3,
        extrapolation: bool = True,
        projection: str = "frobenius",
        alpha_w: float = 0.0,
        ridge_on: str = "weights",
        proximal_on: str = "product",
        scale_columns: bool = True,
        tf32: bool = False,
    ):
        self.relaxation = relaxation
        self.extrapolation = extrapolation
        self.projection = projection
        self.alpha_w = alpha_w
        self.ridge_on = ridge_on
        self.proximal_on = proximal_on
        self.scale_columns = scale_columns
        self.tf32 = tf32

    @classmethod
    def paper(cls, **changes: Any) -> "FullBatch":
        """Algorithm 1 as the paper has it: no relaxation, no extrapolation, columns as they come.

        r_i and the constraint act on W_i^MC, which every layer has, and alpha of (26) holds the cores. Of
        the estimator, ``ridge="auto"`` is then no r_i, as in all experiments of the paper.

        Parameters
        ----------
        **changes
            Constructor parameters that are to differ.

        Returns
        -------
        solver : FullBatch

        Examples
        --------
        >>> FullBatch.paper()
        FullBatch(extrapolation=False, proximal_on='factors', relaxation=1.0,
                  ridge_on='compressed', scale_columns=False)
        """
        setting: dict[str, Any] = {"relaxation": 1.0, "extrapolation": False, "scale_columns": False}
        setting |= {"ridge_on": "compressed", "proximal_on": "factors"}
        return cls(**(setting | changes))

    def check_parameters(self) -> None:
        """Raise ValueError or TypeError for bad parameters."""
        owner = type(self).__name__
        cure = "Try 1, or 1.3 for speed."
        check_number(self.relaxation, "relaxation", owner, strict=True, high=1.99, cure=cure)
        check_flag(self.extrapolation, "extrapolation", owner)
        check_option(self.projection, ("frobenius", "data"), "projection", owner)
        check_number(self.alpha_w, "alpha_w", owner, cure="0 switches the term off.")
        check_option(self.ridge_on, ("weights", "compressed"), "ridge_on", owner)
        check_option(self.proximal_on, ("product", "factors"), "proximal_on", owner)
        if self.projection == "data" and (self.ridge_on, self.proximal_on) != ("weights", "product"):
            raise ValueError(
                f"The 'projection' of {owner} must be 'frobenius' with ridge_on='compressed' or "
                f"proximal_on='factors', whose steps know no other metric. Got {self.projection!r}. "
                "Leave projection out."
            )
        check_flag(self.scale_columns, "scale_columns", owner)
        check_flag(self.tf32, "tf32", owner)

    @property
    def scales_columns(self) -> bool:  # type: ignore[override]
        """``scale_columns``."""
        return self.scale_columns

    @property
    def splits_all(self) -> bool:  # type: ignore[override]
        """Whether the ridge is one of W_i^MC, which every layer has then."""
        return self.ridge_on == "compressed"

    @property
    def takes_squares(self) -> bool:  # type: ignore[override]
        """In the Frobenius norm both are one square."""
        return self.projection == "frobenius"

    @property
    def auto_penalties(self) -> dict[str, float | None]:  # type: ignore[override]
        """In units of the sum of the sample weights."""
        ridge = 1.0 if self.ridge_on == "weights" else 0.0
        return {"tau": 10.0 / AUTO_WEIGHT, "ridge": ridge / AUTO_WEIGHT}

    def auto_max_iter(self, problem: Problem, n_rows: int, has_ramps: bool = False) -> int:
        """200 sweeps."""
        return AUTO_SWEEPS

    def init(self, problem: Problem, start: Callable, rows: tuple, context: FitContext) -> FullState:
        """U and V by a forward pass, W^MC by the cold projection of W."""
        penalties = replace(problem.penalties, relaxation=float(self.relaxation), alpha_w=float(self.alpha_w))
        penalties = replace(penalties, on_factors=self.proximal_on == "factors")
        data_metric = self.projection == "data"
        problem = replace(problem, penalties=penalties, data_metric=data_metric, tf32=bool(self.tf32))
        W, b = start()
        problem = problem.with_plans(W)
        if self.ridge_on == "compressed":
            problem = with_squared_plans(problem, [w.shape for w in W[1:]], penalties.ridge, context.owner)
            penalties = replace(penalties, ridge=0.0)
        weights = initial_weights(problem, W, b)
        del W, b  # they are replaced by the first sweep, and nobody else holds them
        place = context.place or self._placement
        placement = place(problem, weights, rows, context, self.extrapolation)
        weight = placement.reduce(row_weights).total
        problem = replace(problem, penalties=penalties.in_units_of(weight, AUTO_WEIGHT))
        if context.inputs is not None:
            placement.map(map_rows, context.inputs)
        placement.map(start_block, problem, weights)
        return start_full(problem, weights, placement)

    def _placement(
        self, problem: Problem, weights: Weights, rows: tuple, context: FitContext, extrapolation: bool
    ) -> Any:
        n_rows = rows[0].shape[0]
        width = rows[0].row_entries if isinstance(rows[0], SparseRows) else rows[0].shape[1]
        size, on_disk = block_size(problem, weights, n_rows, context, extrapolation, width)
        blocks = cut_rows(rows, size)
        if not on_disk:
            return InMemory(blocks)
        X, itemsize = rows[0], problem.xp.finfo(weights.W[1].dtype).bits // 8
        mapped = 0 if context.inputs is None else itemsize * math.prod(X.shape)
        return DiskBlocks(blocks, needed=mapped + n_rows * bytes_of_states(problem, weights, extrapolation))

    def step(self, state: FullState) -> tuple[FullState, Terms]:
        """One sweep, and the terms of L before it."""
        return full_step(state, extrapolate=self.extrapolation)

    def result(self, state: FullState) -> Weights:
        """The weights after the last complete sweep."""
        return full_result(state)

    def finish(self, state: FullState) -> tuple[FullState, Terms]:
        """The state as it is, and L at it."""
        return state, full_objective(state)

    def diagnosis(self, state: FullState) -> Diagnosis:
        """How far each equation of the network is from holding."""
        return diagnose(state.problem, state.weights, state.placement)

    def close(self, state: FullState) -> None:
        """Give back files and workers."""
        state.placement.close()


def with_squared_plans(problem: Problem, shapes: list, strength: float, owner: str) -> Problem:
    """The problem with strength/2 ||M||^2 beside each format, and as all there is where there is none.

    Raises
    ------
    ValueError
        If a budget is to make formats during the fit.
    """
    if problem.budget is not None:
        raise ValueError(
            f"The 'ridge_on' of FullBatch must be 'weights' with the compression_ratio of {owner}, which "
            "makes formats during the fit. Got 'compressed'. Give a rank or a sparsity instead."
        )
    plans: list = [None]
    for plan, shape in zip(problem.plans[1:], shapes, strict=True):
        if plan is None:
            plans.append(RegularizedPlan(tuple(shape), L2(strength)))
        else:
            plans.append(RegularizedFormatPlan(plan, strength) if strength else plan)
    return replace(problem, plans=tuple(plans))


def map_rows(rows: tuple, inputs: Any) -> tuple:
    """A tuple (X, Y, s) with mapped X: a step for a placement that holds such tuples."""
    return inputs(rows[0]), *rows[1:]


@dataclass(frozen=True)
class RowWeights:
    """Sum of the weights of some rows; sums add up."""

    total: float

    def __add__(self, other: "RowWeights") -> "RowWeights":
        return RowWeights(self.total + other.total)


def row_weights(rows: tuple) -> RowWeights:
    """The weights of a tuple (X, Y, s)."""
    X, _, s = rows
    return RowWeights(float(X.shape[0]) if s is None else float(namespace_of(s).sum(s)))


def cut_rows(rows: tuple, size: int) -> list[tuple]:
    """Tuples (X, Y, s) of at most ``size`` rows each."""
    parts = row_slices(rows[0].shape[0], size)
    return [tuple(None if x is None else x[part, ...] for x in rows) for part in parts]


def block_size(
    problem: Problem,
    weights: Weights,
    n_rows: int,
    context: FitContext,
    extrapolation: bool,
    width: int | None = None,
) -> tuple[int, bool]:
    """Rows of a block, and whether the blocks must lie on disk.

    Counted are U and V of all layers (twice with ``extrapolation``), some twelve arrays that a step of one
    block makes (of the widest layer), and what does not grow with the rows: weights, Gram matrices and
    their factors. ``width`` is how many entries a row of X takes; None: its columns. Without a limit, a
    device's free memory makes blocks smaller, and nothing goes to disk.

    Raises
    ------
    ValueError
        If the limit does not even leave room for 64 rows.
    MemoryError
        If a device has no room for U and V, and there is no limit.
    """
    layers = problem.layers[1:]
    width = weights.W[1].shape[0] if width is None else width
    widest = max([width, weights.W[1].shape[1], *(layer.row_entries for layer in layers[1:])])
    if layers[0].positions > 1:
        widest = max(widest, layers[0].row_entries)
    backend, limit, owner = get_backend(problem.xp), context.memory_limit, context.owner
    size = min(n_rows, block_rows([widest], backend.block_entries))
    shapes = [W.shape for W in weights.W[1:]]
    itemsize = problem.xp.finfo(weights.W[1].dtype).bits // 8
    sides = [shapes[0][1] if problem.wide else max(shapes[0]), *(max(s) for s in shapes[1:])]
    fixed = itemsize * (5 * sum(a * b for a, b in shapes) + 6 * max(sides) ** 2)
    step = 12 * widest * itemsize
    states = bytes_of_states(problem, weights, extrapolation)
    if limit is None:
        free = backend.free_bytes()
        return size if free is None else min(
            size, rows_on_device(free, n_rows, fixed, states, step, owner)
        ), False
    if fixed + n_rows * states + step * size <= limit:
        return size, False
    size = min(size, (limit - fixed) // step)
    if size < min(64, n_rows):
        least = fixed + step * min(64, n_rows)
        raise ValueError(
            f"The 'memory_limit' of {owner} must be at least {least} bytes for these layers, "
            f"{fixed} of them for weights and their Gram matrices. Got {limit!r}. "
            "Raise it, or use narrower layers."
        )
    return size, True


def bytes_of_states(problem: Problem, weights: Weights, extrapolation: bool) -> int:
    """Bytes of one row's U and V of all layers, twice with ``extrapolation``."""
    entries = sum(math.prod(layer.build(layer.input_shape_)) for layer in problem.layers[1:])
    return (4 if extrapolation else 2) * (problem.xp.finfo(weights.W[1].dtype).bits // 8) * entries


def rows_on_device(free: int, n_rows: int, fixed: int, states: int, step: int, owner: str) -> int:
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
            "files, FullBatch(extrapolation=False), which needs half as many, or solver='minibatch'."
        )
    return max(int(0.9 * free - fixed - n_rows * states) // step, min(64, n_rows))

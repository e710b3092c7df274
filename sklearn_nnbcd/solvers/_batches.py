# SPDX-License-Identifier: BSD-3-Clause
"""What the two mini-batch solvers share: sizes, passes, results."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .._validation import check_flag, check_integer, check_number, check_option
from ..engine import (
    BatchSettings,
    BatchState,
    Diagnosis,
    Problem,
    Terms,
    Weights,
    diagnose_weights,
    end_fit,
    end_pass,
    fitted_weights,
    has_all_compressed,
    initial_state,
    initial_weights,
    project,
    train_pass,
)
from ..placements import ShuffledBatches
from ._base import STREAM_BATCHES, BaseSolver, FitContext

#: batches that max_iter="auto" stands for, and over which the compression's pull rises where no end is known
AUTO_BATCHES = STREAM_BATCHES
#: fewest and most passes that max_iter="auto" stands for
AUTO_PASSES = (16, 200)
#: weights for each row from which fits are shorter, and the power of what is beyond by which they are
MANY_WEIGHTS, MANY_POWER = 12, 0.6
#: values of precision
PRECISIONS = ("auto", "single", "double")
#: weights from which "auto" is "single" for rows in double precision
SINGLE_WEIGHTS = 2000


@dataclass(frozen=True, eq=False)
class PassState:
    """The state of a mini-batch fit between two passes.

    Attributes
    ----------
    engine : BatchState
    batches : ShuffledBatches or None
        None where no end is known and the rows have been learned from: they are not held on to.
    max_iter : int or None
        Passes of the whole fit; None: no end is known.
    n_passes : int
        Passes so far.
    weight : float
        Sum of the sample weights of the last rows.
    """

    engine: BatchState
    batches: Any
    max_iter: Any
    n_passes: int = 0
    weight: float = 0.0

    @cached_property
    def weights(self) -> Weights:
        """The mean weights, with W^MC fitted to them; computed once."""
        return fitted_weights(self.engine)


def relative_length(problem: Problem, n_rows: int, has_ramps: bool = False) -> float:
    """How many times as long as a fit that tells two classes apart.

    Half as long again for several classes, which share the hidden units; three times for a loss that is
    no likelihood, whose residuals keep their size however sure the network is. Either twice as long for a
    network of fewer weights than rows and without ramps: what it can learn takes longer to find, and it
    cannot learn the rows by heart. Shorter, down to half, for a plain network of very many weights, which
    can: it has found what there is by then.

    Parameters
    ----------
    problem : Problem
    n_rows : int
    has_ramps : bool, default=False
        Whether columns have ramps, with which thresholds and peaks are found at once.
    """
    shapes = [layer.weight_shape(layer.input_shape_) for layer in problem.layers[1:]]
    several, n_weights = shapes[-1][1] > 1, sum(a * b for a, b in shapes)
    if problem.loss.is_likelihood:
        length = 1.5 if several else 1.0
    else:
        length = 3.0
    if n_weights <= n_rows and length > 1.0 and not has_ramps:
        return 2.0 * length
    if problem.compressed:
        return length
    return length * max(0.5, min(1.0, (MANY_WEIGHTS * n_rows / n_weights) ** MANY_POWER))


class BaseBatchSolver(BaseSolver):
    """Passes over the rows in shuffled batches."""

    monotone = False
    gram_columns = 1024  # sketched, it learns as well and takes a fraction of the time
    auto_initializer = "kaiming_normal"

    def settings(self, problem: Problem) -> BatchSettings:
        """What steers the engine for a problem."""
        raise NotImplementedError

    def check_parameters(self) -> None:
        """Raise for parameters that are no good; the message names the parameter and the cure."""
        owner = type(self).__name__
        check_number(self.averaging, "averaging", owner, cure="Try 6; 1e6 keeps the last weights.")
        if not (isinstance(self.compress_after, str) and self.compress_after == "auto"):
            cure = 'Try 0.05; "auto" is allowed, too.'
            check_number(self.compress_after, "compress_after", owner, high=1.0, cure=cure)
        if not (isinstance(self.batch_size, str) and self.batch_size == "auto"):
            check_integer(self.batch_size, "batch_size", owner, cure='"auto" is allowed, too.')
        check_flag(self.tf32, "tf32", owner)
        check_option(self.precision, PRECISIONS, "precision", owner)

    def resolve_batch_size(self, n_rows: int) -> int:
        """Rows of a batch; "auto" is a tenth of the rows up to 256, and grows with their root beyond."""
        size = self.batch_size
        if size == "auto":
            size = max(32, min(n_rows // 10, max(256, 2 * math.isqrt(n_rows))))
        return min(size, n_rows)

    def resolve_precision(self, n_weights: int, dtype: str) -> str:
        """Name of the dtype that batches of mapped rows have; see :class:`BaseSolver`."""
        if self.precision == "auto":
            return "float32" if n_weights >= SINGLE_WEIGHTS else dtype
        return "float32" if self.precision == "single" else "float64"

    def resolve_compress_after(self, default: float) -> float:
        """Share of the fit after which the compression starts."""
        return default if self.compress_after == "auto" else float(self.compress_after)

    def auto_max_iter(self, problem: Problem, n_rows: int, has_ramps: bool = False) -> int:
        """Passes that make 600 batches, 16 at least, times :func:`relative_length`."""
        few, many = AUTO_PASSES
        passes = round(AUTO_BATCHES * self.resolve_batch_size(n_rows) / n_rows)
        return round(relative_length(problem, n_rows, has_ramps) * min(many, max(few, passes)))

    def init(self, problem: Problem, start: Callable, rows: tuple, context: FitContext) -> PassState:
        """The state before the first pass; see :class:`BaseSolver`."""
        W, b = start()
        batches = self._batches(rows, context.random_state, context.inputs, W[1].dtype)
        problem = replace(problem, tf32=self.tf32).training.with_plans(W)
        weights = initial_weights(problem, W, b, compress=False)
        n_steps = None
        if context.max_iter is not None:  # a fit that goes on has the step length of its last part
            n_steps = context.n_batches + context.max_iter * len(batches)
        settings = replace(self.settings(problem), temperature=context.temperature)
        before = context.n_batches
        engine = initial_state(problem, weights, settings, n_steps, batches.weight, before)
        engine = replace(
            engine,
            batch_weight=batches.weight / len(batches),
            weight_norm=batches.weight_norm,
        )
        return PassState(engine, batches, context.max_iter, weight=batches.weight)

    def with_rows(
        self, state: PassState, rows: tuple, random_state: np.random.RandomState, inputs: Any = None
    ) -> PassState:
        """The state with more rows to learn from, in a fit without a known end.

        Parameters
        ----------
        state : PassState
        rows : tuple (X, Y, s)
        random_state : numpy.random.RandomState
            Draws the order of the rows.
        inputs : InputMap or None, default=None
            Maps the rows of X, as before.
        """
        before = state.engine
        batches = self._batches(rows, random_state, inputs, before.weights.W[1].dtype)
        n_rows = before.n_rows + batches.weight
        each = before.batch_weight or before.n_rows
        count = before.n_rows / each + len(batches)  # all that ``n_rows`` came in
        weight_norm = math.hypot(before.weight_norm, batches.weight_norm)
        engine = replace(before, n_rows=n_rows, weight_norm=weight_norm, batch_weight=n_rows / count)
        return replace(state, engine=engine, batches=batches, weight=batches.weight)

    def _batches(
        self, rows: tuple, random_state: np.random.RandomState, inputs: Any, dtype: Any
    ) -> ShuffledBatches:
        X, Y, s = rows
        size = self.resolve_batch_size(X.shape[0])
        return ShuffledBatches(X, Y, s, size, random_state, inputs, dtype)

    def step(self, state: PassState) -> tuple[PassState, Terms]:
        """One pass; see :class:`BaseSolver`.

        With a known end the step length falls to zero and the pull towards W^MC rises over the whole
        fit. Without one the step length stays, the pull rises over the first 600 batches, every pass
        ends in a compressed network, and its rows are not held on to.
        """
        engine, n_passes, endless = state.engine, state.n_passes + 1, state.max_iter is None
        horizon = engine.n_steps or AUTO_BATCHES
        engine, loss = train_pass(engine, state.batches, lambda n: min(1.0, n / horizon))
        if not endless:
            engine = end_pass(engine, n_passes / state.max_iter)
        elif engine.network_problem.compressed:
            engine = project(engine)
        batches = None if endless else state.batches
        terms = Terms(loss=loss).read(engine.problem.xp)
        return PassState(engine, batches, state.max_iter, n_passes, state.weight), terms

    def result(self, state: PassState) -> Weights:
        """The mean weights, with W^MC fitted to them; computed once per state."""
        return state.weights

    def is_finite(self, state: PassState) -> bool:
        """Whether the running weights are finite: W^MC is fitted to their mean only where it is wanted."""
        return state.engine.weights.is_finite

    def may_stop(self, state: PassState) -> bool:
        """Not before the pull towards W^MC has come to its end."""
        return not state.engine.network_problem.compressed or state.n_passes >= state.max_iter

    def may_keep(self, state: PassState) -> bool:
        """Whether there is a W^MC wherever there should be one, and as small as it should be."""
        return has_all_compressed(state.engine, state.weights)

    def finish(self, state: PassState) -> tuple[PassState, None]:
        """The state with every W^MC in it: after a fit that was stopped they may be missing, or old."""
        engine = end_fit(state.engine)
        return (state if engine is state.engine else replace(state, engine=engine)), None

    def n_batches(self, state: PassState) -> int:
        """All batches so far."""
        return state.engine.n_batches

    def diagnosis(self, state: PassState) -> Diagnosis:
        """Gaps between W and W^MC: U and V come from forward passes, and have none."""
        engine = state.engine
        return diagnose_weights(engine.network_problem, state.weights, engine.n_rows)

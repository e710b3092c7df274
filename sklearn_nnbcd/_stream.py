# SPDX-License-Identifier: BSD-3-Clause
"""What ``partial_fit`` knows between two calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sklearn.utils import check_random_state

from ._arrays import to_numpy
from ._bends import columns_that_count
from ._resolve import resolve_solver, takes_streams
from ._training import Training
from .numerics import ColumnMoments
from .solvers import begin
from .targets import BaseTargets


@dataclass(frozen=True, eq=False)
class Stream:
    """Rows that come a few at a time, so far.

    Attributes
    ----------
    training : Training or None
        In the units of the rows that came so far; None: to be made from the fitted network.
    state : state of the solver or None
    moments : ColumnMoments or None
        Of the columns of X.
    n_batches : int
        Batches so far, those of a ``fit`` before included: schedules go on from there.
    whole : list of bool or None
        Columns whose far entries have counted, see :func:`~sklearn_nnbcd._bends.columns_that_count`.
    """

    training: Any = None
    state: Any = None
    moments: ColumnMoments | None = None
    n_batches: int = 0
    whole: list | None = None

    def after(self, state: Any) -> Stream:
        """The stream after a pass over its rows; it holds on to none of them."""
        done = state.engine.n_batches
        return replace(
            self, training=replace(self.training, X=self.training.X[:0, ...]), state=state, n_batches=done
        )

    def without_state(self) -> Stream:
        """What a pickle holds: enough to go on from the fitted network."""
        return Stream(moments=self.moments, n_batches=self.n_batches, whole=self.whole)


def begin_again(estimator: Any) -> None:
    """Let the schedules of the next ``fit`` or ``partial_fit`` begin where those of a first fit do."""
    vars(estimator)["_stream"] = Stream()


def check_stream(estimator: Any) -> bool:
    """Whether there is a ``partial_fit``; AttributeError where the solver takes all rows at once."""
    if takes_streams(estimator):
        return True
    raise AttributeError(
        f"{type(estimator).__name__} has partial_fit only with a solver that takes rows a few at a time: "
        f"'minibatch' or 'exact'. Got solver={estimator.solver!r} and "
        f"activity_regularizer={estimator.activity_regularizer!r}. Use one of them, or fit."
    )


def next_stream(estimator: Any, before: Stream | None, rows: Any, targets: BaseTargets) -> Stream:
    """The stream with a state that is ready to learn from some more rows.

    The units of columns and targets follow all rows so far. Where they have moved on by a tenth, the
    fitted network is expressed in the new ones, and the solver's statistics start again.

    Parameters
    ----------
    estimator : estimator
    before : Stream or None
        None: nothing is known but the fitted network, if there is one.
    rows : Rows
    targets : BaseTargets
    """
    before = Stream() if before is None else before
    moments, whole = rows.moments(targets), before.whole
    if to_numpy(moments.extreme).any():
        counts = columns_that_count(moments, rows, targets)
        whole = counts if whole is None else [a or b for a, b in zip(whole, counts, strict=True)]
        moments = rows.moments(targets, whole)
    moments = moments if before.moments is None else before.moments + moments
    solver = resolve_solver(estimator, None) if before.training is None else before.training.solver
    training = Training.prepare(estimator, rows, targets, solver, moments, is_stream=True)
    known = before.training
    same = known is not None and known.precision == training.precision
    if same and known.inputs.is_near(training.inputs) and known.targets.is_near(targets):
        training = replace(known, X=rows.X)
    encoded = rows.encoded(training.targets)
    if training.inputs is getattr(known, "inputs", None):
        random_state = check_random_state(estimator.random_state)
        state = solver.with_rows(before.state, encoded, random_state, training.inputs)
    else:
        network = getattr(estimator, "network_", None)
        context = training.context(None, None, before.n_batches)
        state = begin(solver, training.problem, training.start(network), encoded, context)
    return Stream(training, state, moments, before.n_batches, whole)

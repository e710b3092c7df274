# SPDX-License-Identifier: BSD-3-Clause
"""One loop for every solver and every fit: sweeps, interrupts, overflows, the best weights."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np

from ..engine import Diagnosis, Problem, Terms, Weights
from ._base import BaseSolver, FitContext


@dataclass(frozen=True)
class RunResult:
    """What a run has come to.

    Attributes
    ----------
    weights : Weights
        To keep.
    curve : list of Terms
        L after each complete sweep, or before it where the fit was interrupted or stopped at numbers that are
        not finite; of batch solvers the sums of losses as the batches came.
    diagnosis : Diagnosis or None
        None if the fit stopped at numbers that are not finite, or was interrupted in the middle of a sweep
        that changes the rows.
    n_sweeps : int
        Complete sweeps or passes.
    state : state of the solver
        The last one.
    """

    weights: Weights
    curve: list[Terms]
    diagnosis: Diagnosis | None
    n_sweeps: int
    state: Any


def not_finite() -> ValueError:
    """The error of a fit that has no finite weights to keep."""
    return ValueError(
        "The objective is not finite for the given X and y: entries are too large for their precision. "
        "Standardise the columns first, e.g. with make_pipeline(StandardScaler(), ...), or pass float64."
    )


def is_failed_decomposition(error: Exception) -> bool:
    """Whether a library's decomposition found numbers that are not finite, or so large that it gave up."""
    return type(error).__name__.lstrip("_") == "LinAlgError"


def begin(solver: BaseSolver, problem: Problem, start: Callable, rows: tuple, context: FitContext) -> Any:
    """The solver's first state; see :meth:`BaseSolver.init`.

    Raises
    ------
    ValueError
        If the first weights, or what they make of the rows, are not finite.
    """
    try:
        return solver.init(problem, start, rows, context)
    except Exception as error:
        if is_failed_decomposition(error):
            raise not_finite() from error
        raise


def unless_failed(made: Callable) -> Callable:
    """A function that gives None where a decomposition in it fails."""

    @wraps(made)
    def make(*arguments: Any) -> Any:
        try:
            return made(*arguments)
        except Exception as error:
            if is_failed_decomposition(error):
                return None
            raise

    return make


@unless_failed
def attempt(solver: BaseSolver, state: Any) -> tuple[Any, Terms] | None:
    """One step and its terms; None where the numbers are not finite."""
    new, before = solver.step(state)
    return (new, before) if math.isfinite(before.total) and solver.is_finite(new) else None


@unless_failed
def ended(solver: BaseSolver, state: Any) -> tuple[Any, Terms | None, Weights] | None:
    """What :meth:`BaseSolver.finish` makes of a state, and its result; None where it is not finite."""
    end, last = solver.finish(state)
    owed = solver.result(end)
    return (end, last, owed) if owed.is_finite else None


@unless_failed
def left(solver: BaseSolver, state: Any) -> Weights | None:
    """The result of a state without what is owed; None where a W^MC that was asked for is missing."""
    return solver.result(state) if solver.may_keep(state) else None


def run(solver: BaseSolver, state: Any, max_iter: int, after_sweep: Callable[..., bool]) -> RunResult:
    """Step until ``after_sweep`` says stop, ``max_iter`` is reached, or the user interrupts.

    Parameters
    ----------
    solver : solver
    state : state of the solver
    max_iter : int
    after_sweep : callable
        ``after_sweep(k, state, terms)`` after sweep k = 1, 2, ...; a true result stops.

    Returns
    -------
    result : RunResult

    Raises
    ------
    ValueError
        If not even the first sweep left finite numbers.
    KeyboardInterrupt
        If the user interrupted before the first sweep was complete: nothing was learned.

    Warns
    -----
    UserWarning
        If the fit was interrupted later, or stopped at numbers that are not finite; the last complete
        weights are kept.
    """
    terms: list[Terms] = []
    kept: tuple[Any, int] = (state, 0)
    finite, interrupted = True, False
    try:
        with np.errstate(all="ignore"):  # overflows are met by the checks for finite numbers
            for k in range(1, max_iter + 1):
                made = attempt(solver, kept[0])
                if made is None:
                    finite = False
                    break
                terms.append(made[1])
                kept = (made[0], k)  # at once: an interrupt finds all of it, or nothing
                if after_sweep(k, *made):
                    break
    except KeyboardInterrupt:
        if not kept[1]:
            raise
        interrupted = True
        warnings.warn(
            f"Training interrupted by the user after {kept[1]} complete sweeps; the "
            "best weights so far are kept.",
            stacklevel=6,
        )
    state, count = kept
    if not count:
        raise not_finite()
    if interrupted and solver.changes_rows:  # L would be that of rows of two sweeps
        return RunResult(solver.result(state), terms[:count], None, count, state)
    return completed(solver, state, terms[:count], finite)


def completed(solver: BaseSolver, state: Any, terms: list[Terms], finite: bool) -> RunResult:
    """The result of a run, with what is owed after its last step; ``finite`` is False after an overflow.

    Raises
    ------
    ValueError
        If that cannot be made of finite weights, and they are not what was asked for without it.
    """
    curve, diagnosis = terms, None
    with np.errstate(all="ignore"):
        end = ended(solver, state)
    if end is not None:  # also after an overflow: a last projection may be owed
        state, last, weights = end
        finite = finite and (last is None or math.isfinite(last.total))
    else:
        finite, weights = False, left(solver, state)
        if weights is None:
            raise not_finite()
    if finite:
        diagnosis = solver.diagnosis(state)
        curve = terms if last is None else [*terms, last][1:]
    else:
        warnings.warn(
            f"Training stopped after {len(terms)} sweeps because the objective was no longer "
            "finite. The last finite weights are kept; standardised X, float64, or a larger 'ridge' "
            "help.",
            stacklevel=7,
        )
    return RunResult(weights, curve, diagnosis, len(terms), state)

# SPDX-License-Identifier: BSD-3-Clause
"""One loop for every solver and every fit: sweeps, interrupts, overflows, the best weights."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._arrays import dtype_name
from ..backends import namespace_of
from ..engine import Diagnosis, Terms, Weights
from ._base import BaseSolver


@dataclass(frozen=True)
class RunResult:
    """What a run has come to.

    Attributes
    ----------
    weights : Weights
        To keep.
    curve : list of Terms
        L after each complete sweep; of batch solvers the sums of losses as the batches came.
    diagnosis : Diagnosis or None
        None if the fit stopped at numbers that are not finite.
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


def run(solver: BaseSolver, state: Any, max_iter: int, after_sweep: Callable[..., bool]) -> RunResult:
    """Step until ``after_sweep`` says stop, ``max_iter`` is reached, or the user interrupts.

    Parameters
    ----------
    solver : solver
    state : state of the solver
    max_iter : int
    after_sweep : callable
        ``after_sweep(k, weights, terms, state)`` after sweep k = 1, 2, ...; a true result stops.

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
    terms, weights, finite = [], None, True
    try:
        with np.errstate(all="ignore"):  # overflows are met by the checks for finite numbers
            for k in range(1, max_iter + 1):
                new, before = solver.step(state)
                found = solver.result(new)
                if not (math.isfinite(before.total) and is_finite(found)):
                    finite = False
                    break
                state, weights = new, found
                terms.append(before)
                if after_sweep(k, weights, before, state):
                    break
    except KeyboardInterrupt:
        if weights is None:
            raise
        warnings.warn(
            f"Training interrupted by the user after {len(terms)} complete sweeps; the "
            "best weights so far are kept.",
            stacklevel=6,
        )
    if weights is None:
        raise ValueError(
            "The objective is not finite for the given X and y: entries are too large for "
            f"{dtype_name(found.W[1])}. Standardise the columns first, e.g. with "
            "make_pipeline(StandardScaler(), ...), or pass float64."
        )
    curve, diagnosis = terms, None
    with np.errstate(all="ignore"):
        ended, last = solver.finish(state)
        owed = solver.result(ended)
    if is_finite(owed):  # also after an overflow: a last projection may be owed
        state, weights = ended, owed
        finite = finite and (last is None or math.isfinite(last.total))
    else:
        finite = False
    if finite:
        diagnosis = solver.diagnosis(state)
        curve = terms if last is None else [*terms, last][1:]
    else:
        warnings.warn(
            f"Training stopped after {len(terms)} sweeps because the objective was no longer "
            "finite. The last finite weights are kept; standardised X, float64, or a larger 'ridge' "
            "help.",
            stacklevel=6,
        )
    return RunResult(weights, curve, diagnosis, len(terms), state)


def is_finite(weights: Weights) -> bool:
    """Whether every W_i is finite."""
    xp = namespace_of(weights.W[1])
    return math.isfinite(float(sum(xp.sum(W) for W in weights.W[1:])))

# SPDX-License-Identifier: BSD-3-Clause
"""The columns of the training rows before a fit: bends, ramps, and what short fits say of the table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ._arrays import to_numpy
from ._asked import warn_of_bins
from ._bends import columns_that_count, worthwhile_bend
from ._bins import LEAST_ROWS, SAMPLE_ROWS, bins_of_columns, find_ramps, fitting_bins, is_on_disk
from ._pilot import NOTHING_FOUND, Finding, given_finding, try_out, try_ramps
from ._resolve import resolve_problem
from .backends import SparseRows
from .network import Bend, ColumnMap, Network, Ramps
from .numerics import ColumnMoments
from .solvers import BaseSolver
from .targets import BaseTargets

#: rows from which outputs are calibrated on some of them
LEAST_CALIBRATED = 500


def mapped_rows(
    estimator: Any,
    rows: Any,
    validation: Any,
    targets: BaseTargets,
    solver: BaseSolver,
    before: Network | None,
) -> tuple[Any, Any, ColumnMoments | None, Finding]:
    """Training and validation rows after the map of their columns, the moments of these, and the finding.

    That is what short fits to some of the rows say of the table, where there are any.

    Parameters
    ----------
    estimator : estimator
    rows : Rows
    validation : Rows or None
    targets : BaseTargets
    solver : BaseSolver
    before : Network or None
        That the fit goes on from: its map is kept, and its temperature.
    """
    columns, moments, given, before_map = None, None, given_finding(estimator), rows
    finding = NOTHING_FOUND if given is None else given
    if before is not None:
        known = getattr(estimator.targets_, "temperature", None)
        columns, finding = before.columns, Finding(temperature=known)
    elif is_table(estimator, rows, targets, solver):
        columns, moments, finding = column_map(estimator, rows, targets, solver, given)
    ramps = None if columns is None else columns.ramps
    if before is None and ramps is None:
        warn_of_bins(estimator)
    if before is None and given is None and is_calibrated(estimator, rows, targets, solver):
        bins = 0 if ramps is None else finding.bins or int(max(ramps.bins))
        finding = replace(finding, temperature=try_out(estimator, rows, bins))
    if columns is not None:
        rows = rows.mapped(columns)
        validation = None if validation is None else validation.mapped(columns)
    if moments is None and solver.scales_columns:
        moments = rows.moments(targets)
    n_columns = before_map.X.shape[1]
    if moments is not None and to_numpy(moments.extreme)[:n_columns].any():  # ramps are behind
        if estimator.bend_columns and is_table(estimator, before_map, targets, solver):
            whole = [i < n_columns for i in range(rows.X.shape[1])]  # what should be bent is
        else:
            whole = columns_that_count(moments, rows, targets)
        moments = rows.moments(targets, whole)
    return rows, validation, moments, finding


def column_map(
    estimator: Any, rows: Any, targets: BaseTargets, solver: BaseSolver, given: Finding | None
) -> tuple[ColumnMap | None, Any, Finding]:
    """Bends and ramps of the columns as the estimator wants them, the moments of X without, and the finding.

    The moments are None where they are not known, or not those of the rows to be fitted.
    """
    bend, ramps, moments = None, None, None
    finding = NOTHING_FOUND if given is None else given
    if estimator.bend_columns:
        moments = rows.moments(targets)
        bend = Bend.of_columns(moments, rows.ends(), rows.X)
        bend = None if bend is None else worthwhile_bend(bend, rows, targets)
    if estimator.column_bins != 0 and not isinstance(rows.X, SparseRows):
        ramps, finding = wanted_ramps(estimator, rows, targets, solver, bend, given)
    columns = ColumnMap.of(bend, ramps)
    return columns, moments if columns is None else None, finding


def wanted_ramps(
    estimator: Any,
    rows: Any,
    targets: BaseTargets,
    solver: BaseSolver,
    bend: Bend | None,
    given: Finding | None,
) -> tuple[Ramps | None, Finding]:
    """As many ramps as the estimator asks for, by "auto" those that are worth having; what says so."""
    bins, found = estimator.column_bins, NOTHING_FOUND if given is None else given
    if bins == "auto" and not (solver.cuts_columns and may_try(rows)):
        return None, found
    X, _, s = rows.sample(targets, SAMPLE_ROWS)
    X = X if bend is None else bend.on_host()(X)
    is_few = estimator.bits is not None or found.rounds_later
    if bins != "auto":
        return find_ramps(X, s, [bins] * X.shape[1], rows.X, few_bits=is_few), found
    table = [len(np.unique(x)) for x in X.T], *rows.X.shape
    ramps = find_ramps(X, s, bins_of_columns(*table), rows.X, few_bits=is_few)
    if given is None and ramps is not None:
        found = try_ramps(estimator, rows, fitting_bins(*table))
    return ramps if found.ramps else None, found


def may_try(rows: Any, least: int = LEAST_ROWS) -> bool:
    """Whether rows allow short fits to some of them: in memory, and enough of them."""
    return rows.is_local and rows.X.shape[0] >= least and not is_on_disk(rows.X)


def is_calibrated(estimator: Any, rows: Any, targets: BaseTargets, solver: BaseSolver) -> bool:
    """Whether a short fit is to say how sure outputs may be.

    Not where weights keep a meaning for X as it is, and not for layers of images, whose short fits are long.
    """
    if not solver.cuts_columns or targets.loss.for_calibration() is None or estimator.layers is not None:
        return False
    return may_try(rows, LEAST_CALIBRATED) and not getattr(estimator.initializer, "in_user_units", False)


def is_table(estimator: Any, rows: Any, targets: BaseTargets, solver: BaseSolver) -> bool:
    """Whether columns may be bent and cut into bins: those of a plain table.

    Not where weights keep a meaning for X as it is, penalties in its units among them, nor where columns
    outnumber rows or what a Gram matrix is made of.
    """
    changes = estimator.bend_columns or estimator.column_bins != 0
    if not (changes and estimator.fit_intercept and solver.scales_columns):
        return False
    n_rows, n_columns = rows.X.shape
    if getattr(estimator.initializer, "in_user_units", False) or n_columns > min(n_rows, solver.gram_columns):
        return False
    options = targets.loss, solver, rows.namespace
    problem, _ = resolve_problem(estimator, n_columns, targets.n_outputs, *options, rows.image_shape)
    first = problem.plans[1]
    is_flat = len(problem.layers[1].input_shape_) == 1
    return is_flat and not (first is not None and first.in_user_units)

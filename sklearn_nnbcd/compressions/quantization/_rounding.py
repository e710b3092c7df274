# SPDX-License-Identifier: BSD-3-Clause
"""Rounding one matrix to a grid in a metric: codes and scales by turns, the better ones kept."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...numerics._metric import EUCLIDEAN, Metric
from ...numerics._nearest_plane import nearest_codes
from ._grid import Grid
from ._scales import first_scale, first_table, fit_scale, fit_table

#: times that codes and scales are found by turns from each start; sparse columns take long, one by one, and
#: gain nothing that labels show by a second turn unless levels are few
_ROUNDS, _FEW_LEVELS = 2, 8


@dataclass(frozen=True, eq=False)
class Rounded:
    """A matrix on a grid.

    Attributes
    ----------
    codes : array of int64 of shape (n, m)
        Indices of levels.
    scale : array of shape (m,) or None
        Of the columns; None with learned levels.
    table : array of shape (count,) or None
        Learned levels.
    values : array of shape (n, m)
        The numbers that the codes stand for, 0 outside the support.
    error : float
        Squared distance to what was rounded, in the metric.
    """

    codes: Any
    scale: Any
    table: Any
    values: Any
    error: float


def round_matrix(
    W: Any,
    grid: Any,
    metric: Metric | None = None,
    *,
    support: Any = None,
    starts: tuple = (),
    columns: bool = True,
    xp: Any,
) -> Rounded:
    """A matrix on a grid near W, with one scale for each column, or learned levels for all.

    min ||W - levels[codes] diag(scale)|| in the metric. Codes are found by :func:`nearest_codes`, the error
    of each made up for by those that follow; for given codes the best scales (or levels) are a small least
    squares problem. In the Frobenius norm and in diagonal metrics the result is the nearest of all for up to
    16 levels that are not learned.

    Parameters
    ----------
    W : array of shape (n, m)
    grid : Grid
    metric : Metric or None, default=None
        None is the Frobenius norm.
    support : array of bool of shape (n, m) or None, default=None
        Entries that are not 0, where W is 0, too; None: all.
    starts : tuple of arrays, default=()
        Further scales, or tables, to start from.
    columns : bool, default=True
        Whether errors are made up for in other columns, too.
    xp : module
        Array API namespace.

    Returns
    -------
    rounded : Rounded
        The best of what all starts have led to.
    """
    if not bool(xp.isfinite(xp.sum(W))):
        return _unknown(W, grid, xp=xp)
    norm = EUCLIDEAN if metric is None else metric
    weight = norm.rows.diagonal(W.shape[0], W.dtype, xp=xp)[:, None] * xp.ones_like(W)
    if support is not None:
        weight = weight * xp.astype(support, W.dtype)
    if grid.learned:
        weight = weight * norm.columns.diagonal(W.shape[1], W.dtype, xp=xp)[None, :]
    first = (first_table if grid.learned else first_scale)(W, weight, grid, xp=xp)
    best: Any = None
    if not (norm.is_diagonal or grid.learned):  # where feedback has no room, rounding plainly may be better
        best = _plainly(W, grid, norm, first, support, xp=xp)
    for start in (first, *starts):
        for found in _turns(W, grid, norm, start, support, columns, xp=xp):
            if best is None or found.error < best.error:
                best = found
    return best


def _unknown(W: Any, grid: Grid, *, xp: Any) -> Rounded:
    """NaN throughout, for numbers that are not finite: whoever looks at the weights is to see it."""
    scale, table = xp.full(W.shape[1], xp.nan, dtype=W.dtype), None
    if grid.learned:
        scale, table = None, xp.full(grid.count, xp.nan, dtype=W.dtype)
    codes = xp.zeros(W.shape, dtype=xp.int64)
    return Rounded(codes, scale, table, xp.full_like(W, xp.nan), math.inf)


def _turns(
    W: Any, grid: Grid, metric: Metric, free: Any, support: Any, columns: Any, *, xp: Any
) -> Iterator[Rounded]:
    """What rounding leads to from first scales or levels, step by step."""
    given = None if metric is EUCLIDEAN else metric
    for _ in range(_ROUNDS if support is None or grid.count <= _FEW_LEVELS else 1):
        scale, table = (None, free) if grid.learned else (free, None)
        ones = xp.ones(W.shape[1], dtype=W.dtype)
        levels = xp.asarray(grid.levels, dtype=W.dtype) if table is None else table
        codes = nearest_codes(
            W, given, ones if scale is None else scale, levels, support, columns=columns, xp=xp
        )
        plain = xp.reshape(xp.take(levels, xp.reshape(codes, (-1,))), W.shape)
        if support is not None:
            plain = plain * xp.astype(support, W.dtype)
        yield _evaluated(W, metric, codes, scale, table, plain, xp=xp)
        if grid.learned:
            free = fit_table(W, codes, table, support, metric, xp=xp)
            plain = xp.reshape(xp.take(free, xp.reshape(codes, (-1,))), W.shape)
            if support is not None:
                plain = plain * xp.astype(support, W.dtype)
            yield _evaluated(W, metric, codes, None, free, plain, xp=xp)
            free = xp.sort(free)
        else:
            free = fit_scale(W, plain, scale, metric, xp=xp)
            yield _evaluated(W, metric, codes, free, None, plain, xp=xp)
            free = xp.abs(free)


def _plainly(W: Any, grid: Grid, metric: Metric, scale: Any, support: Any, *, xp: Any) -> Rounded:
    """Every entry rounded for itself, and the best scales for that."""
    levels = xp.asarray(grid.levels, dtype=W.dtype)
    codes = nearest_codes(W, None, scale, levels, support, xp=xp)
    plain = xp.reshape(xp.take(levels, xp.reshape(codes, (-1,))), W.shape)
    if support is not None:
        plain = plain * xp.astype(support, W.dtype)
    return _evaluated(W, metric, codes, fit_scale(W, plain, scale, metric, xp=xp), None, plain, xp=xp)


def _evaluated(W: Any, metric: Metric, codes: Any, scale: Any, table: Any, plain: Any, *, xp: Any) -> Rounded:
    values = plain if scale is None else plain * scale[None, :]
    error = float(metric.squared_distance(W, values, xp=xp))
    return Rounded(codes, scale, table, values, error)

# SPDX-License-Identifier: BSD-3-Clause
"""The scales of columns, and levels that are learned: first ones, and the best ones for given codes."""

from typing import Any

from ...numerics._linalg import add_to_diagonal, spd_solve
from ...numerics._metric import Metric
from ._grid import Grid

#: levels up to which the best scale of all is looked up among the places where a code changes
_EXACT_LEVELS = 16
#: shares of its largest entry that a column's grid may span, where these places are too many
_SHARES = tuple(0.4 + 0.02 * k for k in range(31))
#: Lloyd's iterations of a first table
_ITERATIONS = 30
#: levels up to which a table is fitted in the whole metric, which takes as many products
_FITTED_LEVELS = 16


def first_scale(W: Any, weight: float, grid: Grid, *, xp: Any) -> Any:
    """Scale of each column with the least sum of ``weight * (W - scale * level)^2``, shape (m,)."""
    if grid.count <= _EXACT_LEVELS:
        return _best_scale(W, weight, grid, xp=xp)
    top = float(grid.levels[-1])  # clip of array-api-compat 1.9 takes no ints beside floats
    largest = xp.max(xp.abs(W) * xp.astype(weight > 0, W.dtype), axis=0)
    safe = xp.where(largest > 0, largest, xp.ones_like(largest))
    best, scale = xp.full_like(largest, xp.inf), safe / top
    for share in _SHARES:
        s = safe * (share / top)
        Q = xp.clip(xp.round(W / s[None, :]), -top, top) * s[None, :]
        error = xp.sum(weight * (Q - W) ** 2, axis=0)
        scale, best = xp.where(error < best, s, scale), xp.minimum(error, best)
    return xp.where(largest > 0, scale, xp.zeros_like(scale))


def _best_scale(W: Any, weight: float, grid: Grid, *, xp: Any) -> Any:
    """The best scale of all: codes change where ``|W| / scale`` is between two levels, and nowhere else.

    With codes q the best scale is sum(w |W| q) / sum(w q^2), which saves (sum w |W| q)^2 / sum(w q^2). As the
    scale falls, codes rise one by one: running sums over the sorted places give this for all of them.
    """
    levels, m = grid.magnitudes, W.shape[1]
    size = xp.astype(xp.abs(W), xp.float64)
    weight = xp.astype(weight, xp.float64)
    num = xp.sum(weight * size, axis=0)[None, :] * levels[0]
    den = xp.sum(weight, axis=0)[None, :] * levels[0] ** 2
    pairs = list(zip(levels, levels[1:], strict=False))
    if pairs:
        place = xp.concat([size / (0.5 * (a + b)) for a, b in pairs], axis=0)
        order = xp.argsort(-place, axis=0)
        flat = xp.reshape(order * m + xp.arange(m, dtype=order.dtype)[None, :], (-1,))

        def sums(parts: list, first: Any) -> Any:
            sorted_parts = xp.take(xp.reshape(xp.concat(parts, axis=0), (-1,)), flat)
            running = xp.cumulative_sum(xp.reshape(sorted_parts, place.shape), axis=0)
            return xp.concat([first, first + running], axis=0)

        num = sums([weight * size * (b - a) for a, b in pairs], num)
        den = sums([weight * (b * b - a * a) for a, b in pairs], den)
    safe = xp.where(den > 0, den, xp.ones_like(den))
    saved = xp.where(den > 0, num * num / safe, xp.zeros_like(den))
    best = saved == xp.max(saved, axis=0)[None, :]
    first = xp.cumulative_sum(xp.astype(best, xp.int64), axis=0) == 1
    chosen = xp.astype(xp.logical_and(best, first), xp.float64)
    return xp.astype(xp.sum(chosen * num / safe, axis=0), W.dtype)


def fit_scale(W: Any, plain: Any, scale: Any, metric: Metric, *, xp: Any) -> Any:
    """The best scales in a metric for given levels, shape (m,).

    argmin_c tr(S (W - P diag(c))' G (W - P diag(c))) solves (P'G P * S) c = diag(P'G W S).
    """
    GP = metric.rows.multiply(plain)
    right = xp.sum(GP * metric.columns.multiply(W.T).T, axis=0)
    own = xp.sum(GP * plain, axis=0)
    used = own > 0
    if metric.columns.is_diagonal:
        side = metric.columns.diagonal(W.shape[1], W.dtype, xp=xp)
        best = right / xp.where(used, own * side, xp.ones_like(own))
        return xp.where(used, best, scale)
    K = (plain.T @ GP) * metric.columns.A
    K = add_to_diagonal(K, 1e-9 * float(xp.linalg.trace(K)) / K.shape[0], xp=xp)
    K = K + xp.where(used, xp.zeros_like(own), xp.ones_like(own)) * xp.eye(K.shape[0], dtype=K.dtype)
    best = spd_solve(K, right[:, None], xp=xp)[:, 0]
    fine = xp.logical_and(used, xp.isfinite(best))
    return xp.where(fine, best, scale)


def first_table(W: Any, weight: float, grid: Grid, *, xp: Any) -> Any:
    """Levels by Lloyd's iterations (k-means of numbers) with weights, shape (count,), rising."""
    flat = xp.astype(xp.reshape(W, (-1,)), xp.float64)
    share = xp.astype(xp.reshape(weight, (-1,)), xp.float64)
    order = xp.argsort(flat)
    x, w = xp.take(flat, order), xp.take(share, order)
    zero = xp.zeros(1, dtype=xp.float64)
    mass = xp.concat([zero, xp.cumulative_sum(w)])
    moment = xp.concat([zero, xp.cumulative_sum(w * x)])
    n, total = x.shape[0], float(mass[-1])
    quantiles = xp.asarray([(k + 0.5) / grid.count * total for k in range(grid.count)], dtype=xp.float64)
    place = xp.searchsorted(mass[1:], quantiles)
    dense = xp.take(x, xp.where(place < n, place, xp.full_like(place, n - 1)))
    span = xp.asarray([(k + 0.5) / grid.count for k in range(grid.count)], dtype=xp.float64)
    best, least = dense, None
    for table in (dense, x[0] + (x[n - 1] - x[0]) * span):  # where numbers are, and where they reach
        table, saved = _lloyd(table, x, mass, moment, xp=xp)
        if least is None or saved > least:
            best, least = table, saved
    return xp.sort(xp.astype(best, W.dtype))


def _lloyd(table: Any, x: Any, mass: Any, moment: Any, *, xp: Any) -> tuple[Any, float]:
    """Levels at the means of their cells, and the sum of weight * level^2, which grows as errors fall."""
    n, saved = x.shape[0], 0.0
    for _ in range(_ITERATIONS):
        inner = xp.searchsorted(x, 0.5 * (table[1:] + table[:-1]))
        ends = xp.concat([xp.zeros(1, dtype=inner.dtype), inner, xp.full(1, n, dtype=inner.dtype)])
        own = xp.take(mass, ends[1:]) - xp.take(mass, ends[:-1])
        sums = xp.take(moment, ends[1:]) - xp.take(moment, ends[:-1])
        safe = xp.where(own > 0, own, xp.ones_like(own))
        table = xp.where(own > 0, sums / safe, table)
        saved = float(xp.sum(xp.where(own > 0, sums * sums / safe, xp.zeros_like(sums))))
    return table, saved


def fit_table(W: Any, codes: Any, table: Any, support: Any, metric: Metric, *, xp: Any) -> Any:
    """The best levels in a metric for given codes, shape (count,); the old ones where there are many."""
    count = table.shape[0]
    if count > _FITTED_LEVELS:
        return table
    members = []
    for k in range(count):
        Z = xp.astype(codes == k, W.dtype)
        members.append(Z if support is None else Z * xp.astype(support, W.dtype))
    images = [xp.reshape(metric.multiply(Z), (-1,)) for Z in members]
    flat = xp.stack([xp.reshape(Z, (-1,)) for Z in members])
    K = flat @ xp.stack(images).T
    right = xp.stack(images) @ xp.reshape(W, (-1,))
    used = xp.linalg.diagonal(K) > 0
    K = add_to_diagonal(K, 1e-9 * float(xp.linalg.trace(K)) / count, xp=xp)
    K = K + xp.where(used, xp.zeros_like(right), xp.ones_like(right)) * xp.eye(count, dtype=K.dtype)
    best = spd_solve(K, right[:, None], xp=xp)[:, 0]
    return xp.where(xp.logical_and(used, xp.isfinite(best)), best, table)

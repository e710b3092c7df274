# SPDX-License-Identifier: BSD-3-Clause
"""Rounding in a metric: every entry to a level, one after the other, and each error made up for by the rest.

Babai's nearest plane (1986), which is what optimal brain surgery does with levels for zeros (Hassibi and
Stork 1993; Frantar et al. 2023): with G = A' A and S = B' B, A and B upper triangular,

    tr(S D' G D) = sum_ij (A D B')_ij^2,    D = W - Q,

and an entry, taken from the last row and column back, is rounded where the entries after it leave its own
term smallest. It is sequential work on small numbers, so it is done on the host whatever the library.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends import get_backend
from ._metric import unit_factor

#: rows that are rounded before what they change is brought to all rows above them
_ROWS = 64


def nearest_codes(
    W: Any, metric: Any, scale: Any, levels: Any, support: Any = None, *, columns: bool = True, xp: Any
) -> Any:
    """Indices of levels such that ``scale * levels[codes]`` is near W in a metric.

    Parameters
    ----------
    W : array of shape (n, m)
    metric : Metric or None
        None is the Frobenius norm, in which every entry is rounded for itself.
    scale : array of shape (m,)
        Of the columns, >= 0.
    levels : array of shape (count,)
        Rising.
    support : array of bool of shape (n, m) or None, default=None
        Entries that are not 0; None: all.
    columns : bool, default=True
        Whether errors are made up for in other columns, too, as S allows; otherwise within a column.
    xp : module

    Returns
    -------
    codes : array of int64 of shape (n, m)
        Of no meaning outside the support.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd.numerics import Metric
    >>> G = np.asarray([[1.0, 0.9], [0.9, 1.0]])  # two inputs that say nearly the same
    >>> W, levels = np.asarray([[0.4], [0.4]]), np.asarray([-1.0, 0.0, 1.0])
    >>> nearest_codes(W, None, np.ones(1), levels, xp=np)[:, 0] - 1
    array([0, 0])
    >>> np.sort(nearest_codes(W, Metric(G), np.ones(1), levels, xp=np)[:, 0] - 1)
    array([0, 1])
    """
    host = get_backend(xp).to_numpy

    def double(x: Any) -> Any:
        return None if x is None else np.asarray(host(x, xp=xp), dtype=np.float64)

    near = _lookup(double(scale), double(levels))
    W, rows, across = double(W), None, None
    if metric is not None:
        rows = None if metric.rows.is_diagonal else metric.rows
        across = metric.columns if columns and not metric.columns.is_diagonal else None
    if rows is None and across is None:
        codes = near(W, slice(None))[0]
    elif support is not None:
        one = _lookup_of_one(double(scale), double(levels))
        codes = _on_support(W, None if rows is None else double(rows.A), across, one, host(support, xp=xp))
    else:
        codes = _on_all(W, rows, across, near)
    return xp.asarray(codes)


def _lookup(scale: Any, levels: Any) -> Callable:
    """``near(x, columns)``: codes of the nearest levels, and their values, for x in some columns."""
    step, middle, top = _spacing(levels)
    safe = np.where(scale > 0.0, scale, 1.0)

    def near(x: Any, columns: Any) -> tuple:
        x = x / safe[columns]
        if step:
            codes = np.clip(np.rint((x - levels[0]) / step), 0, top).astype(np.int64)
        else:
            codes = np.searchsorted(middle, x)
        return codes, scale[columns] * levels[codes]

    return near


def _lookup_of_one(scale: Any, levels: Any) -> Callable:
    """``near(j)``: a function from one number in column j to its nearest code and level, in plain floats.

    They are those of :func:`_lookup`, at a tenth of what an array of one entry costs.
    """
    step, middle, top = _spacing(levels)
    each, ends, first = levels.tolist(), middle.tolist(), float(levels[0])

    def near(j: int) -> Callable:
        unit = float(scale[j])
        safe = unit if unit > 0.0 else 1.0

        def one(x: float) -> tuple[int, float]:
            if not step:
                code = bisect_left(ends, x / safe)
            else:  # NaN is level 0
                code = round(min(float(top), max(0.0, (x / safe - first) / step)))
            return code, unit * each[code]

        return one

    return near


def _spacing(levels: Any) -> tuple[float, Any, int]:
    """The step of levels that are evenly spaced, 0 of others; the middles between levels; the last code."""
    steps = np.diff(levels)
    step = float(steps[0]) if len(steps) else 1.0
    uniform = step > 0.0 and bool(np.all(np.abs(steps - step) <= 1e-12 * step))
    return step if uniform else 0.0, 0.5 * (levels[1:] + levels[:-1]), len(levels) - 1


def _on_all(W: Any, G: Any, S: Any, near: Callable) -> Any:
    n, m = W.shape
    rows, A = (np.arange(n), np.eye(n)) if G is None else G.ordered_factor
    columns, B = (np.arange(m), None) if S is None else S.ordered_factor
    V = W[np.ix_(rows, columns)]
    D, P = np.zeros_like(V), np.zeros_like(V)  # what is left of each entry, and D B'
    codes = np.zeros(V.shape, dtype=np.int64)
    for stop in range(n, 0, -_ROWS):
        part = slice(max(0, stop - _ROWS), stop)
        own, wanted = A[part, part], V[part] + A[part, stop:] @ P[stop:]
        if B is None:
            _round_rows(V[part], wanted, own, columns, near, D[part], codes[part])
            P[part] = D[part]
        else:
            _round_diagonals(V[part], wanted, own, B, columns, near, D[part], P[part], codes[part])
    result = np.empty_like(codes)
    result[np.ix_(rows, columns)] = codes
    return result


def _round_rows(V: Any, wanted: Any, A: Any, columns: Any, near: Callable, D: Any, codes: Any) -> None:
    """Rows from the last one up, all columns at once; fills D and codes."""
    for i in range(len(V) - 1, -1, -1):
        codes[i], value = near(wanted[i] + A[i, i + 1 :] @ D[i + 1 :], columns)
        D[i] = V[i] - value


def _round_diagonals(
    V: Any, wanted: Any, A: Any, B: Any, columns: Any, near: Callable, D: Any, P: Any, codes: Any
) -> None:
    """From the last entry back by antidiagonals, whose entries do not need each other; fills D, P, codes."""
    n, m = V.shape
    Q = np.zeros((m, n))  # P transposed
    for t in range(n + m - 2, -1, -1):
        low, high = max(0, t - m + 1), min(n - 1, t)
        i = np.arange(low, high + 1)
        j = t - i
        back = slice(t - high, t - low + 1)  # the same columns, rising
        right = np.einsum("ij,ij->i", B[back, t - high :][::-1], D[low : high + 1, t - high :])
        below = np.einsum("ij,ij->i", A[low : high + 1, low:], Q[back, low:][::-1])
        codes[i, j], value = near(wanted[i, j] + right + below, columns[j])
        D[i, j] = V[i, j] - value
        P[i, j] = Q[j, i] = right + D[i, j]


def _on_support(W: Any, G: Any, S: Any, near: Callable, support: Any) -> Any:
    """Column by column; what a column has to make up for goes to the entries that it has."""
    n, m = W.shape
    G = np.eye(n) if G is None else G
    columns, B = (np.arange(m), np.eye(m)) if S is None else S.ordered_factor
    D, codes = np.zeros((n, m)), np.zeros((n, m), dtype=np.int64)
    for k in range(m - 1, -1, -1):
        j = columns[k]
        wanted = W[:, j] + D[:, k + 1 :] @ B[k, k + 1 :]
        (entries,) = np.nonzero(support[:, j])
        D[:, k] = W[:, j]
        if len(entries) == 0:
            continue
        entries = entries[np.argsort(np.diag(G)[entries], kind="stable")]
        own, rest = G[np.ix_(entries, entries)], wanted.copy()
        rest[entries] = 0.0
        A = unit_factor(own)
        target = wanted[entries]
        if rest.any():
            shift = 1e-12 * np.trace(own) / len(own)
            target = target + np.linalg.solve(own + shift * np.eye(len(own)), G[entries] @ rest)
        codes[entries, j], values = _round_column(target, A, near(j))
        D[entries, k] -= values
    return codes


def _round_column(target: Any, A: Any, one: Callable) -> tuple[list, list]:
    """Codes and values of a column's entries, from the last one up."""
    n = len(target)
    left, found = np.zeros(n), [(0, 0.0)] * n
    for i in range(n - 1, -1, -1):
        wanted = float(target[i])
        found[i] = one(wanted + float(A[i, i + 1 :].dot(left[i + 1 :])))
        left[i] = wanted - found[i][1]
    codes, values = zip(*found, strict=True)
    return list(codes), list(values)

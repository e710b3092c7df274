# SPDX-License-Identifier: BSD-3-Clause
"""Means and spreads of columns that a few extreme entries do not decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from array_api_compat import device

from ..backends import SparseRows, get_backend, namespace_of
from ._moments import ROUNDING, ColumnMoments, StoredEntries, row_slices

#: entries farther from the mean than so many spreads are left out, again and again
REACH = 6.0
#: entries are extreme if the spread of all is so many times that of the others
EXTREME_RATIO = 30.0
#: largest share of the weight that may be called extreme; a common entry means something
EXTREME_SHARE = 0.02
#: passes over the rows at most, each for extremes of another size
_PASSES = 8


@dataclass(frozen=True, eq=False)
class InnerSums:
    """Sums over the entries of each column that lie within a reach; those of parts of the rows add up.

    Attributes
    ----------
    weight, first, second : float64 arrays of shape (d,)
        Weighted sums of 1, of the deviations from the centre, and of their squares.
    lowest, highest : float64 arrays of shape (d,)
        Ends of the entries.
    """

    weight: Any
    first: Any
    second: Any
    lowest: Any
    highest: Any

    @classmethod
    def of(cls, X: Any, s: Any, columns: Any, centre: Any, reach: Any) -> Any:
        """The sums over entries of some columns with |x - centre| <= reach; None without rows.

        Parameters
        ----------
        X : array of shape (n, d_0)
        s : array of shape (n,) or None
            Sample weights.
        columns : integer array of shape (d,)
        centre, reach : float64 arrays of shape (d_0,)
            Of all columns.
        """
        total = None
        for part in row_slices(X):
            weights, of_slice = None if s is None else s[part], cls._of_slice
            if isinstance(X, SparseRows):
                of_slice = cls._of_stored
            sums = of_slice(X[part, ...], weights, columns, centre, reach)
            total = sums if total is None else total + sums
        return total

    @classmethod
    def _of_slice(cls, X: Any, s: Any, columns: Any, centre: Any, reach: Any) -> InnerSums:
        xp = namespace_of(X)
        if columns.shape[0] < X.shape[1]:
            X, centre, reach = xp.take(X, columns, axis=1), xp.take(centre, columns), xp.take(reach, columns)
        X = xp.astype(X, xp.float64)
        D = X - centre
        near = xp.abs(D) <= reach
        X, inner = xp.where(near, X, centre), xp.astype(near, xp.float64)
        ends, D = (xp.min(X, axis=0), xp.max(X, axis=0)), D * inner
        if s is None:
            return cls(xp.sum(inner, axis=0), xp.sum(D, axis=0), xp.sum(D**2, axis=0), *ends)
        w = xp.astype(xp.asarray(s), xp.float64)
        return cls(w @ inner, w @ D, w @ D**2, *ends)

    @classmethod
    def _of_stored(cls, X: Any, s: Any, columns: Any, centre: Any, reach: Any) -> InnerSums:
        xp, stored = namespace_of(centre), StoredEntries.of(X, s)
        x = stored.values
        D = x - centre[stored.columns]
        near = xp.abs(D) <= reach[stored.columns]
        inner = xp.astype(near, xp.float64)
        counts = xp.abs(centre) <= reach
        zeros, rest = xp.where(counts, stored.zeros, 0.0), xp.where(counts, 0.0, centre)
        found = (
            stored.sums(inner) + zeros,
            stored.sums(D * inner) - zeros * centre,
            stored.sums(D**2 * inner) + zeros * centre**2,
            *stored.ends(xp.where(near, x, centre[stored.columns]), rest),
        )
        return cls(*(xp.take(each, columns) for each in found))

    def __add__(self, other: InnerSums) -> InnerSums:
        xp = namespace_of(self.weight)
        ends = xp.minimum(self.lowest, other.lowest), xp.maximum(self.highest, other.highest)
        sums = self.weight + other.weight, self.first + other.first, self.second + other.second
        return InnerSums(*sums, *ends)


def without_extremes(
    moments: ColumnMoments, inner_sums: Callable[[Any, Any, Any], InnerSums], whole: Any = None
) -> ColumnMoments:
    """The moments of columns without their extreme entries, where there are any.

    A standard deviation of 501 entries of size 1 and one of 1e6 is 4e4: in its units all others are
    alike. Only columns are changed in which at most a fiftieth of the weight makes the spread 30 times as
    large as that of the rest.

    Parameters
    ----------
    moments : ColumnMoments
        Of all entries.
    inner_sums : callable
        ``inner_sums(columns, centre, reach)`` gives the :class:`InnerSums` of all rows.
    whole : list of bool, default=None
        Whether a column keeps all of its entries; None: none does.
    """
    xp, varies = namespace_of(moments.mean), moments.varies
    spread = xp.sqrt(moments.square / moments.weight)
    left = varies & (moments.largest + xp.abs(moments.mean) > REACH * spread)
    if whole is not None:
        left = left & ~xp.asarray(whole, device=device(spread))
    if not bool(xp.any(left)):
        return moments
    eps, centre, least = float(xp.finfo(xp.float64).eps), moments.mean, spread
    lowest, highest = moments.lowest, moments.highest
    for _ in range(_PASSES):
        columns = xp.nonzero(left)[0]
        sums, before = inner_sums(columns, centre, REACH * least), xp.take(least, columns)
        common = sums.weight >= (1.0 - EXTREME_SHARE) * moments.weight
        weight = xp.where(common, sums.weight, xp.ones_like(before))
        step = sums.first / weight
        # where the difference of squares is lost in rounding, another pass is nearer to the centre
        found = xp.sqrt(xp.maximum(sums.second / weight - step**2, eps * step**2))
        changed, columns = xp.astype(found < 0.5 * before, xp.float64)[common], columns[common]
        news = (
            xp.take(centre, columns) + step[common],
            found[common],
            sums.lowest[common],
            sums.highest[common],
        )
        olds = centre, least, lowest, highest
        centre, least, lowest, highest = (
            put(x, columns, values) for x, values in zip(olds, news, strict=True)
        )
        left = put(xp.zeros_like(least), columns, changed) > 0.0
        if not bool(xp.any(left)):
            break
    largest = xp.maximum(xp.abs(lowest), xp.abs(highest))
    extreme = varies & (EXTREME_RATIO * least < spread) & (least > ROUNDING * eps * largest)
    return replace(
        moments,
        mean=xp.where(extreme, centre, moments.mean),
        square=xp.where(extreme, moments.weight * least**2, moments.square),
        lowest=xp.where(extreme, lowest, moments.lowest),
        highest=xp.where(extreme, highest, moments.highest),
        extreme=extreme,
    )


def put(x: Any, places: Any, values: Any) -> Any:
    """x with other values at some places, which rise."""
    xp = namespace_of(x)
    scatter = partial(get_backend(xp).scatter, indices=places, size=x.shape[0], xp=xp)
    return xp.where(scatter(xp.ones_like(values)) > 0.0, scatter(values), x)

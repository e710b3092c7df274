# SPDX-License-Identifier: BSD-3-Clause
"""Means and spreads of columns that a few extreme entries do not decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..backends import SparseRows, namespace_of
from ._moments import ColumnMoments, StoredEntries, row_slices

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
    largest : float64 array of shape (d,)
        Largest absolute entry.
    """

    weight: Any
    first: Any
    second: Any
    largest: Any

    @classmethod
    def of(cls, X: Any, s: Any, centre: Any, reach: Any) -> Any:
        """The sums over entries with |x - centre| <= reach; None without rows.

        Parameters
        ----------
        X : array of shape (n, d)
        s : array of shape (n,) or None
            Sample weights.
        centre, reach : float64 arrays of shape (d,)
        """
        total = None
        for part in row_slices(X):
            weights, of_slice = None if s is None else s[part], cls._of_slice
            if isinstance(X, SparseRows):
                of_slice = cls._of_stored
            sums = of_slice(X[part, ...], weights, centre, reach)
            total = sums if total is None else total + sums
        return total

    @classmethod
    def _of_slice(cls, X: Any, s: Any, centre: Any, reach: Any) -> InnerSums:
        xp = namespace_of(X)
        X = xp.astype(X, xp.float64)
        D = X - centre
        inner = xp.astype(xp.abs(D) <= reach, xp.float64)
        largest, D = xp.max(xp.abs(X) * inner, axis=0), D * inner
        if s is None:
            return cls(xp.sum(inner, axis=0), xp.sum(D, axis=0), xp.sum(D**2, axis=0), largest)
        w = xp.astype(xp.asarray(s), xp.float64)
        return cls(w @ inner, w @ D, w @ D**2, largest)

    @classmethod
    def _of_stored(cls, X: Any, s: Any, centre: Any, reach: Any) -> InnerSums:
        xp, stored = namespace_of(centre), StoredEntries.of(X, s)
        x = stored.values
        D = x - centre[stored.columns]
        inner = xp.astype(xp.abs(D) <= reach[stored.columns], xp.float64)
        zeros = xp.where(xp.abs(centre) <= reach, stored.zeros, xp.zeros_like(centre))
        return cls(
            stored.sums(inner) + zeros,
            stored.sums(D * inner) - zeros * centre,
            stored.sums(D**2 * inner) + zeros * centre**2,
            stored.largest(x * inner),
        )

    def __add__(self, other: InnerSums) -> InnerSums:
        xp = namespace_of(self.weight)
        largest = xp.maximum(self.largest, other.largest)
        sums = self.weight + other.weight, self.first + other.first, self.second + other.second
        return InnerSums(*sums, largest)


def without_extremes(moments: ColumnMoments, inner_sums: Callable[[Any, Any], InnerSums]) -> ColumnMoments:
    """The moments of columns without their extreme entries, where there are any.

    A standard deviation of 501 entries of size 1 and one of 1e6 is 4e4: in its units all others are
    alike. Only columns are changed in which at most a fiftieth of the weight makes the spread 30 times as
    large as that of the rest.

    Parameters
    ----------
    moments : ColumnMoments
        Of all entries.
    inner_sums : callable
        ``inner_sums(centre, reach)`` gives the :class:`InnerSums` of all rows.
    """
    xp, varies = namespace_of(moments.mean), moments.varies
    spread = xp.sqrt(moments.square / moments.weight)
    if not bool(xp.any(varies & (moments.largest + xp.abs(moments.mean) > REACH * spread))):
        return moments
    eps, centre, least, largest = float(xp.finfo(xp.float64).eps), moments.mean, spread, moments.largest
    for _ in range(_PASSES):
        sums = inner_sums(centre, REACH * least)
        common = varies & (sums.weight >= (1.0 - EXTREME_SHARE) * moments.weight)
        weight = xp.where(common, sums.weight, xp.ones_like(spread))
        step = sums.first / weight
        # where the difference of squares is lost in rounding, another pass is nearer to the centre
        found = xp.sqrt(xp.maximum(sums.second / weight - step**2, eps * step**2))
        change = bool(xp.any(common & (found < 0.5 * least)))
        centre, least = xp.where(common, centre + step, centre), xp.where(common, found, least)
        largest = xp.where(common, sums.largest, largest)
        if not change:
            break
    extreme = varies & (EXTREME_RATIO * least < spread) & (least > eps**0.5 * largest)
    return replace(
        moments,
        mean=xp.where(extreme, centre, moments.mean),
        square=xp.where(extreme, moments.weight * least**2, moments.square),
        largest=xp.where(extreme, largest, moments.largest),
        extreme=extreme,
    )

# SPDX-License-Identifier: BSD-3-Clause
"""Columns with entries far from the rest, bent: nearly straight near their means, logarithmic far away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..backends import SparseRows, namespace_of
from ..numerics import ColumnMoments

#: spreads from the mean beyond which an entry is far from the rest; a million normal rows have none
FAR = 6.0
#: spreads from the mean at which the slope of a bent column has fallen to 0.7 of its first
KNEE = 1.0
#: rounding of what a column of two values meets with equality
TWO_VALUES = 1e-6


@dataclass(frozen=True, eq=False)
class Bend:
    """x -> k (asinh((x - c) / k) - asinh(-c / k)) in some columns; 0 stays 0, so sparse rows stay sparse.

    Incomes, counts and concentrations have a few entries that are many spreads from the mean. In a layer's
    products these outweigh all others, and a straight function of them is seldom right. An inverse
    hyperbolic sine keeps their order and brings them near. The choice of columns, and what comes of them,
    does not depend on the columns' origins and units but for a constant, which intercepts take up.

    Attributes
    ----------
    centre, knee : arrays of shape (d_0,)
        c and k; k is infinite where a column stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> bend = Bend(np.asarray([0.0, 0.0]), np.asarray([1.0, np.inf]))
    >>> bend(np.asarray([[0.1, 0.1], [100.0, 100.0]])).round(2).tolist()
    [[0.1, 0.1], [5.3, 100.0]]
    """

    centre: Any
    knee: Any

    @classmethod
    def of_columns(cls, moments: ColumnMoments, ends: tuple[Any, Any], like: Any) -> Bend | None:
        """The bend of columns with entries farther than 6 spreads from the mean; None if there are none.

        Columns of two values stay as they are.

        Parameters
        ----------
        moments : ColumnMoments
        ends : tuple of two arrays of shape (d_0,)
            Least and largest entries of the columns.
        like : array
            Its dtype, library and device are the bend's.
        """
        xp = namespace_of(moments.mean)
        mean, square = moments.mean, moments.square / moments.weight
        spread = xp.sqrt(square)
        low, high = (xp.astype(xp.asarray(x), mean.dtype) for x in ends)
        above, below = high - mean, mean - low
        is_far = xp.maximum(above, below) > FAR * spread
        is_two_values = above * below <= square * (1.0 + TWO_VALUES)
        bent = is_far & moments.varies & ~is_two_values
        if not bool(xp.any(bent)):
            return None
        names = namespace_of(like)
        knee = xp.where(bent, KNEE * spread, xp.full_like(spread, math.inf))
        centre = xp.where(bent, mean, xp.zeros_like(mean))
        return cls(*(names.asarray(x, dtype=like.dtype) for x in (centre, knee)))

    def __call__(self, X: Any) -> Any:
        """Rows with these columns bent, an array or SparseRows of the shape of X."""
        columns, order, centre, knee = self._parts
        xp = namespace_of(self.knee)
        if isinstance(X, SparseRows):
            places = order - self.knee.shape[0]  # of a column among the bent ones

            def change(x: Any, j: Any) -> Any:
                k = xp.clip(places[j], 0, None)
                return xp.where(places[j] >= 0, arcs(x, centre[k], knee[k], xp=xp), x)

            return X.with_values(change)
        part = arcs(xp.take(X, columns, axis=1), centre, knee, xp=xp)
        if columns.shape[0] == X.shape[1]:
            return part
        return xp.take(xp.concat([X, part], axis=1), order, axis=1)

    @cached_property
    def _parts(self) -> tuple[Any, Any, Any, Any]:
        """Numbers of the bent columns, where each column is once these stand behind all, their c and k."""
        xp = namespace_of(self.knee)
        is_bent = xp.isfinite(self.knee)
        (columns,) = xp.nonzero(is_bent)
        places = xp.arange(self.knee.shape[0], dtype=columns.dtype)
        behind = xp.cumulative_sum(xp.astype(is_bent, columns.dtype)) - 1 + self.knee.shape[0]
        order = xp.where(is_bent, behind, places)
        return columns, order, xp.take(self.centre, columns), xp.take(self.knee, columns)

    def __getstate__(self) -> dict:
        return {name: value for name, value in vars(self).items() if name != "_parts"}


def arcs(x: Any, centre: Any, knee: Any, *, xp: Any) -> Any:
    """k (asinh((x - c) / k) - asinh(-c / k))."""
    return knee * (xp.asinh((x - centre) / knee) - xp.asinh(-centre / knee))

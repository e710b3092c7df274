# SPDX-License-Identifier: BSD-3-Clause
"""Columns with entries far from the rest, bent: nearly straight near their means, logarithmic far away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from array_api_compat import device

from .._arrays import to_numpy
from ..backends import SparseRows, get_backend, namespace_of
from ..compressions import stored_bytes
from ..numerics import ColumnMoments

#: spreads from the mean beyond which an entry is far from the rest; a million normal rows have none
FAR = 6.0
#: spreads from the mean at which the slope of a bent column has fallen to 0.7 of its first, about
KNEE = 1.0
#: rounding of what a column of two values meets with equality
TWO_VALUES = 1e-6
#: largest exponent of a knee, and number of quarter knees from 0 to a centre
LARGEST_POWER, LARGEST_NUMBER = 120.0, 2.0**30


@dataclass(frozen=True, eq=False)
class Bend:
    """x -> k (asinh((x - c) / k) - asinh(-c / k)) in some columns; 0 stays 0, so sparse rows stay sparse.

    Incomes, counts and concentrations have a few entries that are many spreads from the mean. In a layer's
    products these outweigh all others, and a straight function of them is seldom right. An inverse
    hyperbolic sine keeps their order and brings them near. Which columns are bent does not depend on their
    origins and units, and how depends on them by the rounding of c and k alone, to quarters of k and a power
    of 2.

    Attributes
    ----------
    columns : array of unsigned int of shape (m,)
        Which ones, in their order.
    quarters, powers : arrays of int of shape (m,)
        k = 2^powers, c = quarters k / 4: a byte each does as well as a float.

    Examples
    --------
    >>> import numpy as np
    >>> bend = Bend(*(np.asarray([x], dtype=np.int8) for x in (1, 0, 1)))
    >>> bend(np.asarray([[0.1, 0.1], [100.0, 100.0]])).round(2).tolist()
    [[0.1, 0.1], [100.0, 9.21]]
    """

    columns: Any
    quarters: Any
    powers: Any

    @classmethod
    def of_columns(cls, moments: ColumnMoments, ends: tuple[Any, Any], like: Any) -> Bend | None:
        """The bend of columns with entries farther than 6 spreads from the mean; None if there are none.

        Columns of two values stay as they are. Knees are near the spreads, centres near the means.

        Parameters
        ----------
        moments : ColumnMoments
        ends : tuple of two arrays of shape (d_0,)
            Least and largest entries of the columns.
        like : array
            Its library and device are the bend's.
        """
        xp = namespace_of(moments.mean)
        mean, square = moments.mean, moments.square / moments.weight
        spread = xp.sqrt(square)
        low, high = (xp.astype(xp.asarray(x), mean.dtype) for x in ends)
        above, below = high - mean, mean - low
        is_far = xp.maximum(above, below) > FAR * spread
        is_two_values = above * below <= square * (1.0 + TWO_VALUES)
        (columns,) = xp.nonzero(is_far & moments.varies & ~is_two_values)
        if columns.shape[0] == 0:
            return None
        # floats: integers as ends are refused by the lowest versions of array-api-compat
        powers = xp.clip(xp.round(xp.log2(KNEE * xp.take(spread, columns))), -LARGEST_POWER, LARGEST_POWER)
        quarters = xp.round(4.0 * xp.take(mean, columns) / 2.0**powers)
        quarters = xp.clip(quarters, -LARGEST_NUMBER, LARGEST_NUMBER)
        largest = int(xp.max(xp.abs(quarters)))
        kind = next(t for t in (xp.int8, xp.int16, xp.int32) if largest <= xp.iinfo(t).max)
        names = namespace_of(like)
        return cls(
            names.asarray(columns, dtype=get_backend(names).index_type(mean.shape[0], xp=names)),
            names.asarray(xp.astype(quarters, kind)),
            names.asarray(xp.astype(powers, xp.int8)),
        )

    def on_host(self) -> Bend:
        """The same with arrays of NumPy."""
        return Bend(*(to_numpy(x) for x in self.arrays))

    def part(self, places: Any) -> Bend | None:
        """The bend of some of its columns, by their places among them in rising order; None: of no column."""
        xp = namespace_of(self.powers)
        if len(places) == 0:
            return None
        where = xp.asarray(places, device=device(self.powers))
        return Bend(*(xp.take(x, where, axis=0) for x in self.arrays))

    def alone(self) -> Bend:
        """The same for rows of these columns only."""
        xp = namespace_of(self.columns)
        return replace(self, columns=xp.arange(self.columns.shape[0], device=device(self.columns)))

    @property
    def arrays(self) -> tuple:
        """All of them."""
        return self.columns, self.quarters, self.powers

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(stored_bytes(x) for x in self.arrays)

    def check(self, n_columns: int) -> None:
        """Raise ValueError unless these are bends of some of so many columns."""
        xp, count = namespace_of(self.powers), self.columns.shape[0]
        sound = count > 0 and all(
            x.shape == (count,) and xp.isdtype(x.dtype, "integral") for x in self.arrays
        )
        if sound:
            columns, quarters, powers = (xp.astype(x, xp.int64) for x in self.arrays)
            sound = (
                bool(xp.all(columns[1:] > columns[:-1]))
                and 0 <= int(columns[0])
                and int(columns[-1]) < n_columns
                and int(xp.max(xp.abs(quarters))) <= LARGEST_NUMBER
                and int(xp.max(xp.abs(powers))) <= LARGEST_POWER
            )
        if not sound:
            raise ValueError("the bends of the columns do not fit the network")

    def numbers(self, dtype: Any) -> tuple[Any, Any]:
        """c and k in a dtype."""
        xp = namespace_of(self.powers)
        knee = 2.0 ** xp.astype(self.powers, dtype)
        return 0.25 * xp.astype(self.quarters, dtype) * knee, knee

    def __call__(self, X: Any) -> Any:
        """Rows with these columns bent, an array or SparseRows of the shape of X."""
        columns, order, *numbers = self._parts(X.dtype, X.shape[1])
        xp = namespace_of(self.powers)
        if isinstance(X, SparseRows):
            places = order - X.shape[1]  # of a column among the bent ones

            def change(x: Any, j: Any) -> Any:
                k = xp.clip(places[j], 0, None)
                return xp.where(places[j] >= 0, arcs(x, *(a[k] for a in numbers), xp=xp), x)

            return X.with_values(change)
        if columns.shape[0] == X.shape[1]:
            return arcs(X, *numbers, xp=xp)
        part = arcs(xp.take(X, columns, axis=1), *numbers, xp=xp)
        return get_backend(xp).with_columns(X, columns, part, order, xp=xp)

    def _parts(self, dtype: Any, n_columns: int) -> tuple[Any, ...]:
        """The bent columns, where each column is once these stand behind all, c, k and asinh(-c / k)."""
        if (dtype, n_columns) not in self._known:
            xp = namespace_of(self.powers)
            columns = xp.astype(self.columns, xp.int64)
            like = {"device": device(columns)}
            places, among = xp.arange(n_columns, **like), xp.arange(columns.shape[0], **like)
            is_bent = places[:, None] == columns[None, :]
            behind = xp.sum(xp.where(is_bent, among[None, :] + n_columns, 0), axis=1, dtype=xp.int64)
            order = xp.where(xp.any(is_bent, axis=1), behind, places)
            centre, knee = self.numbers(dtype)
            self._known[dtype, n_columns] = columns, order, centre, knee, xp.asinh(-centre / knee)
        return self._known[dtype, n_columns]

    @cached_property
    def _known(self) -> dict:
        """What follows from the arrays, for a dtype of the rows."""
        return {}

    def __getstate__(self) -> dict:
        return {name: value for name, value in vars(self).items() if name != "_known"}


def arcs(x: Any, centre: Any, knee: Any, start: Any, *, xp: Any) -> Any:
    """k (asinh((x - c) / k) - start), where start is asinh(-c / k)."""
    arc = x - centre
    arc /= knee
    arc = xp.asinh(arc)
    arc -= start
    arc *= knee
    return arc

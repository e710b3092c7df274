# SPDX-License-Identifier: BSD-3-Clause
"""Weighted means and spreads of columns, in float64, that add up over parts of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backends import SparseRows, namespace_of

#: entries of X at a time: the slices are copied in double precision
_ENTRIES = 2**16
#: units in the last place of the largest entry up to which a spread is taken for rounding
ROUNDING = 2.0**12


@dataclass(frozen=True, eq=False)
class ColumnMoments:
    """Weighted means and mean squares of columns; those of several parts of the rows add up.

    Attributes
    ----------
    weight : float
        Sum of the sample weights.
    mean : float64 array of shape (d_0,)
    square : float64 array of shape (d_0,)
        Weighted sum of the squares about the mean.
    lowest, highest : float64 arrays of shape (d_0,)
        Ends of the entries.
    extreme : bool array of shape (d_0,)
        Where a few entries far from all others are left out of the rest.
    """

    weight: float
    mean: Any
    square: Any
    lowest: Any
    highest: Any
    extreme: Any

    @classmethod
    def of(cls, X: Any, s: Any = None) -> Any:
        """The moments of some rows, in slices: X may be a memory map.

        Parameters
        ----------
        X : array of shape (n, d_0)
        s : array of shape (n,) or None, default=None
            Sample weights; None: ones.

        Returns
        -------
        moments : ColumnMoments or None
            None without rows.
        """
        total = None
        for part in row_slices(X):
            moments = cls._of_slice(X[part, ...], None if s is None else s[part])
            total = moments if total is None else total + moments
        return total

    @classmethod
    def _of_slice(cls, X: Any, s: Any) -> ColumnMoments:
        if isinstance(X, SparseRows):
            return cls._of_stored(X, s)
        xp = namespace_of(X)
        X = xp.astype(X, xp.float64)
        if s is None:
            weight, mean = float(X.shape[0]), xp.mean(X, axis=0)
            mean = mean + xp.mean(X - mean, axis=0)  # what rounding has left: of one number nothing
            square = xp.sum((X - mean) ** 2, axis=0)
        else:
            s = xp.astype(xp.asarray(s), xp.float64)
            weight = float(xp.sum(s))
            mean = s @ X / weight
            mean = mean + s @ (X - mean) / weight
            square = s @ (X - mean) ** 2
        return cls(weight, mean, square, xp.min(X, axis=0), xp.max(X, axis=0), xp.zeros_like(mean) > 0.0)

    @classmethod
    def _of_stored(cls, X: SparseRows, s: Any) -> ColumnMoments:
        """The same numbers from the stored entries and the weight of the zeros of each column."""
        stored = StoredEntries.of(X, s)
        mean = stored.sums(stored.values) / stored.total
        left = stored.sums(stored.values - mean[stored.columns]) - stored.zeros * mean
        mean = mean + left / stored.total
        square = stored.sums((stored.values - mean[stored.columns]) ** 2) + stored.zeros * mean**2
        lowest, highest = stored.ends(stored.values)
        return cls(stored.total, mean, square, lowest, highest, mean != mean)

    def checked(self) -> ColumnMoments:
        """The moments as they are; ValueError if the columns are too large for them.

        Raises
        ------
        ValueError
            With the cure.
        """
        xp = namespace_of(self.mean)
        if not bool(xp.all(xp.isfinite(self.square))):
            raise ValueError(
                "The squares of the columns are not finite for the given X and y: entries are too large "
                "for float64. Standardise the columns first, e.g. with make_pipeline(StandardScaler(), "
                "...), or use a larger unit."
            )
        return self

    def __add__(self, other: ColumnMoments) -> ColumnMoments:
        xp, weight = namespace_of(self.mean), self.weight + other.weight
        step, share = other.mean - self.mean, other.weight / weight
        square = self.square + other.square + (self.weight * share) * step**2
        lowest, highest = xp.minimum(self.lowest, other.lowest), xp.maximum(self.highest, other.highest)
        extreme = self.extreme | other.extreme
        return ColumnMoments(weight, self.mean + share * step, square, lowest, highest, extreme)

    @property
    def largest(self) -> Any:
        """Largest absolute entries, shape (d,)."""
        xp = namespace_of(self.mean)
        return xp.maximum(xp.abs(self.lowest), xp.abs(self.highest))

    @property
    def farthest(self) -> Any:
        """Largest distances of an entry to the mean, shape (d,)."""
        xp = namespace_of(self.mean)
        return xp.maximum(self.mean - self.lowest, self.highest - self.mean)

    @property
    def varies(self) -> Any:
        """Whether a column is more than one number and rounding, shape (d,).

        Times of day in microseconds since 1970 have spreads of 1e-5 of their size, and are as good as any.
        """
        xp = namespace_of(self.mean)
        spread = xp.sqrt(self.square / self.weight)
        return spread > ROUNDING * float(xp.finfo(self.mean.dtype).eps) * self.largest

    @property
    def spread(self) -> Any:
        """Standard deviations, shape (d,); 1 where a column does not vary."""
        xp = namespace_of(self.mean)
        deviation = xp.sqrt(self.square / self.weight)
        return xp.where(self.varies, deviation, xp.ones_like(deviation))


@dataclass(frozen=True, eq=False)
class StoredEntries:
    """The stored entries of sparse rows, and what the zeros beside them weigh.

    Attributes
    ----------
    columns : array of int of shape (nnz,)
    values, weights : float64 arrays of shape (nnz,)
        Entries, and the sample weights of their rows.
    total : float
        Sum of all sample weights.
    zeros : float64 array of shape (d,)
        Weight of the rows that store nothing in a column.
    """

    columns: Any
    values: Any
    weights: Any
    total: float
    zeros: Any

    @classmethod
    def of(cls, X: SparseRows, s: Any = None) -> StoredEntries:
        """The entries of rows as they came, with sample weights s of shape (n,); None: ones."""
        S, (n, d) = X.entries, X.shape
        s = np.ones(n) if s is None else np.asarray(s, dtype=np.float64)
        weights, total = np.repeat(s, np.diff(S.indptr)), float(np.sum(s))
        zeros = np.maximum(total - np.bincount(S.indices, weights, d), 0.0)
        zeros[np.bincount(S.indices, minlength=d) == n] = 0.0  # rather than rounding: there are none
        return cls(S.indices, S.data.astype(np.float64), weights, total, zeros)

    def sums(self, values: Any) -> Any:
        """Weighted sums over the stored entries of each column, of numbers that belong to the entries."""
        return np.bincount(self.columns, self.weights * values, self.zeros.shape[0])

    def ends(self, values: Any, rest: Any = 0.0) -> tuple:
        """The least and the greatest of numbers that belong to the entries, and of what stands for zeros.

        Arrays of one number for each column.
        """
        stored = np.zeros(self.zeros.shape[0], dtype=bool)
        stored[self.columns] = True
        zeros = ~stored | (self.zeros > 0.0)
        low, high = np.where(zeros, rest, np.inf), np.where(zeros, rest, -np.inf)
        np.minimum.at(low, self.columns, values)
        np.maximum.at(high, self.columns, values)
        return low, high


def row_slices(X: Any) -> Iterator[slice]:
    """Slices of the rows of X, small enough for copies in double precision."""
    if isinstance(X, SparseRows):  # each slice costs a pass over the columns, too
        size = max(64, 16 * max(_ENTRIES, X.shape[1]) // max(1, X.row_entries))
    else:
        size = max(64, _ENTRIES // max(1, X.shape[1]))
    for start in range(0, X.shape[0], size):
        yield slice(start, min(start + size, X.shape[0]))

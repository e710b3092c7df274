# SPDX-License-Identifier: BSD-3-Clause
"""Weighted means and spreads of columns, in float64, that add up over parts of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..backends import namespace_of

#: entries of X at a time: the slices are copied in double precision
_ENTRIES = 2**16


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
    largest : float64 array of shape (d_0,)
        Largest absolute entry.
    """

    weight: float
    mean: Any
    square: Any
    largest: Any

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
        total, size = None, max(64, _ENTRIES // max(1, X.shape[1]))
        for start in range(0, X.shape[0], size):
            part = slice(start, min(start + size, X.shape[0]))
            moments = cls._of_slice(X[part, ...], None if s is None else s[part])
            total = moments if total is None else total + moments
        return total

    @classmethod
    def _of_slice(cls, X: Any, s: Any) -> ColumnMoments:
        xp = namespace_of(X)
        X = xp.astype(X, xp.float64)
        if s is None:
            weight, mean = float(X.shape[0]), xp.mean(X, axis=0)
            square = xp.sum((X - mean) ** 2, axis=0)
        else:
            s = xp.astype(xp.asarray(s), xp.float64)
            weight = float(xp.sum(s))
            mean = s @ X / weight
            square = s @ (X - mean) ** 2
        return cls(weight, mean, square, xp.max(xp.abs(X), axis=0))

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
        largest = xp.maximum(self.largest, other.largest)
        return ColumnMoments(weight, self.mean + share * step, square, largest)

    @property
    def varies(self) -> Any:
        """Whether a column is more than one number and rounding, shape (d,)."""
        xp = namespace_of(self.mean)
        spread = xp.sqrt(self.square / self.weight)
        return spread > float(xp.finfo(self.mean.dtype).eps) ** 0.5 * self.largest

    @property
    def spread(self) -> Any:
        """Standard deviations, shape (d,); 1 where a column does not vary."""
        xp = namespace_of(self.mean)
        deviation = xp.sqrt(self.square / self.weight)
        return xp.where(self.varies, deviation, xp.ones_like(deviation))

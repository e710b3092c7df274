# SPDX-License-Identifier: BSD-3-Clause
"""Bent columns on their way to integers, so that every machine gets the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..network import Bend

#: bits after the point of an arc
ARC_BITS = 16
#: log2(1 + z) = z + z (1 - z) p(z) for 0 <= z < 1, p in units of 2^-16: least largest error, 1.6e-5
POLYNOMIAL = (28961, -17510, 9727, -2959)


@dataclass(frozen=True, eq=False)
class BentColumns:
    """Some columns x as arcs of t = (x - centre) * slope.

    Attributes
    ----------
    columns : array of int of shape (m,)
        Which ones, in their order.
    centre, slope : arrays of float32 of shape (m,)
    """

    columns: np.ndarray
    centre: np.ndarray
    slope: np.ndarray

    @classmethod
    def of(cls, bend: Bend, origin: np.ndarray, scale: np.ndarray) -> BentColumns:
        """Those of a bend of rows (x - origin) * scale, arrays of one entry for each column."""
        columns = bend.columns.astype(np.int64)
        centre, knee = bend.numbers(np.float64)
        origin, scale = origin[columns], scale[columns]
        centre = origin + centre / np.where(scale != 0.0, scale, 1.0)
        return cls(columns, centre.astype(np.float32), (scale / knee).astype(np.float32))

    def scaled(self, origin: Any, scale: Any) -> BentColumns:
        """The same for rows that (x - origin) * scale comes before, numbers or one for each column."""
        origin, scale = (np.asarray(x, np.float64) for x in (origin, scale))
        origin, scale = (x[self.columns] if x.ndim else x for x in (origin, scale))
        centre, slope = origin + self.centre / scale, self.slope * scale
        return BentColumns(self.columns, centre.astype(np.float32), slope.astype(np.float32))

    def check(self, n_columns: int) -> None:
        """Raise ValueError unless these are numbers for some of so many columns."""
        columns, shape = self.columns, self.columns.shape
        numbers = [x for x in (self.centre, self.slope) if x.dtype == np.float32 and x.shape == shape]
        sound = columns.ndim == 1 and columns.dtype.kind in "iu" and len(numbers) == 2 and shape[0] > 0
        sound = sound and all(np.isfinite(x).all() for x in numbers) and bool((np.diff(columns) > 0).all())
        if not (sound and columns[0] >= 0 and columns[-1] < n_columns):
            raise ValueError("the bent columns of integers do not fit the network")

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Rows in float32 with arcs in the place of these columns."""
        X = X.astype(np.float32)
        X[:, self.columns] = arc((X[:, self.columns] - self.centre) * self.slope)
        return X


def arc(t: np.ndarray) -> np.ndarray:
    """asinh(t) / log(2) in units of 2^-16, to the nearest integer but one or two.

    Sums, products and roots of float32 are rounded in one way everywhere, and a logarithm to the base of 2
    by a float's exponent and an integer polynomial of its fraction is, too; a library's asinh is not.

    Parameters
    ----------
    t : array of float32

    Returns
    -------
    steps : array of float32
        Of integers; NaN stays NaN.

    Examples
    --------
    >>> import numpy as np
    >>> arc(np.asarray([-1.0, 0.0, 100.0], dtype=np.float32)).tolist()
    [-83332.0, 0.0, 500948.0]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        u = np.sqrt(np.float32(1.0) + t * t) + np.abs(t)
    bits = np.ascontiguousarray(u).view(np.int32).astype(np.int64)
    z = (bits & 0x7FFFFF) >> (23 - ARC_BITS)
    p = np.zeros_like(z)
    for coefficient in reversed(POLYNOMIAL):
        p = coefficient + (p * z >> ARC_BITS)
    steps = ((bits >> 23) - 127 << ARC_BITS) + z + ((z * (2**ARC_BITS - z) >> ARC_BITS) * p >> ARC_BITS)
    return np.where(np.isnan(t), np.float32(np.nan), np.copysign(steps.astype(np.float32), t))


def arc_units(bend: Bend) -> tuple[np.ndarray, np.ndarray]:
    """Origin and unit of arcs: the values of bent columns are (arc - origin) * unit, each of shape (m,)."""
    centre, knee = bend.numbers(np.float64)
    step = np.log(2.0) / 2.0**ARC_BITS
    return np.arcsinh(-centre / knee) / step, knee * step

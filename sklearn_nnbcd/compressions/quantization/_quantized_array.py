# SPDX-License-Identifier: BSD-3-Clause
"""An array whose entries are levels of a grid, times the scale of their group."""

import math
from dataclasses import dataclass, replace
from typing import Any

from ._fixed_point import FixedPoint, plain_numbers, stored_arrays
from ._grid import Grid
from ._packing import pack, packed_size, unpack

#: part of the upper quartile of scales that a smaller one counts as
LEAST_SHARE = 0.25


@dataclass(frozen=True, eq=False)
class QuantizedArray:
    """Packed codes, and what they stand for.

    Attributes
    ----------
    packed : array of uint8
        Codes in C order, see :func:`~sklearn_nnbcd.compressions.quantization.pack`.
    scale : array or FixedPoint of shape (groups,), or None
        Of the groups of entries, such as columns; None: 1.
    table : array of shape (grid.count,) or None
        The levels, where they are learned.
    shape : tuple of int
    grid : Grid
    """

    packed: Any
    scale: Any
    table: Any
    shape: tuple
    grid: Grid

    @classmethod
    def of_codes(cls, codes: Any, scale: Any, table: Any, grid: Grid, *, xp: Any) -> "QuantizedArray":
        """From codes of the array's own shape."""
        packed = pack(xp.reshape(codes, (-1,)), grid.count, xp=xp)
        return cls(packed, scale, table, tuple(codes.shape), grid)

    @property
    def arrays(self) -> tuple:
        """What is stored, the packed codes last."""
        return (*stored_arrays(self.scale), *stored_arrays(self.table), self.packed)

    @property
    def dtype(self) -> Any:
        """dtype of the numbers, or None where scale and levels are those of the grid."""
        known = self.scale if self.table is None else self.table
        return None if known is None else known.dtype

    def check_arrays(self, *, xp: Any) -> None:
        """Raise ValueError unless there are as many codes as entries, and each is that of a level."""
        count, n = self.grid.count, math.prod(self.shape)
        if isinstance(self.scale, FixedPoint):
            self.scale.check_arrays()
        sound = (
            2 <= count <= 256
            and self.packed.ndim == 1
            and self.packed.dtype == xp.uint8
            and self.packed.shape[0] == packed_size(n, count)
            and (self.table is None) != self.grid.learned
            and (self.table is None or tuple(self.table.shape) == (count,))
            and (n == 0 or int(xp.max(self.codes(xp=xp))) < count)
        )
        if not sound:
            raise ValueError(f"the codes of an array of shape {self.shape} do not fit it")

    def codes(self, *, xp: Any) -> Any:
        """Indices of levels, an array of int64 of the array's shape."""
        return xp.reshape(unpack(self.packed, math.prod(self.shape), self.grid.count, xp=xp), self.shape)

    def levels(self, dtype: Any, *, xp: Any) -> tuple:
        """The levels as an array of shape (grid.count,)."""
        return xp.asarray(self.grid.levels, dtype=dtype) if self.table is None else self.table

    def values(self, spread: Any, dtype: Any, *, xp: Any) -> Any:
        """The array itself; ``spread`` brings the scale of groups to the shape of the array."""
        flat = unpack(self.packed, math.prod(self.shape), self.grid.count, xp=xp)
        if self.table is None:
            numbers = xp.astype(self.grid.lowest + self.grid.step * flat, dtype)
        else:
            numbers = xp.take(self.table, flat)
        numbers = xp.reshape(numbers, self.shape)
        return numbers if self.scale is None else numbers * spread(plain_numbers(self.scale))

    def with_fixed_scale(self, *, xp: Any) -> "QuantizedArray":
        """With a scale of fewer bytes, where that does no more to entries than rounding."""
        return self if self.scale is None else replace(self, scale=fixed_scale(self.scale, self.grid, xp=xp))

    def __mul__(self, factor: float) -> "QuantizedArray":
        """All entries times a number."""
        if self.table is not None:
            return replace(self, table=self.table * factor)
        return replace(self, scale=self.scale * factor)


def fixed_scale(scale: Any, grid: Grid, *, xp: Any) -> Any:
    """The scale as :class:`FixedPoint`, about as far from what it was as rounding moves entries, at most.

    A group that is small beside the others may change by more, as it hardly counts, but does not vanish.
    """
    if isinstance(scale, FixedPoint):
        return scale
    size = xp.abs(scale)
    known = size[size > 0.0]
    if known.shape[0]:  # not the mean: one huge group is not to make all others small
        size = xp.maximum(size, LEAST_SHARE * xp.sort(known)[3 * known.shape[0] // 4])
    return FixedPoint.near(scale, grid.noise * size, grid.scale_bytes, least=1)

# SPDX-License-Identifier: BSD-3-Clause
"""A weight whose stored numbers have few bits, in any format."""

from dataclasses import dataclass, replace
from typing import Any

from .._base import CompressedWeight
from ._fixed_point import FixedPoint, plain_numbers, stored_arrays, taken
from ._quantized_array import QuantizedArray, fixed_scale

#: rounding units up to which row factors count as powers of two, or as all alike
_ROUNDING = 8.0
#: exponent that stands for a factor of 0
_NOTHING = -128


@dataclass(frozen=True, eq=False)
class QuantizedWeight(CompressedWeight):
    """W = diag(rows) inner diag(columns), with a :class:`QuantizedArray` for each of the inner numbers.

    Attributes
    ----------
    inner : CompressedWeight
        Its numbers are packed.
    row_scale : array of shape (d_in,) or None
        Factors of the rows; exponents of two where its type is int8, with -128 for a factor of 0. None: 1.
    column_scale : array or FixedPoint of shape (d_out,), or None
        Factors of the columns that no scale of the inner format could take. None: 1.
    """

    inner: Any
    row_scale: Any = None
    column_scale: Any = None

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return tuple(self.inner.shape)

    @property
    def grids(self) -> tuple:
        """The grid of each number of the inner format."""
        return tuple(number.grid for number in self.inner.numbers)

    @property
    def n_parameters(self) -> Any:
        """Weight entries of the inner format; scales and indices are none."""
        return self.inner.n_parameters

    @property
    def arrays(self) -> tuple:
        """Scales and learned levels, factors of rows and columns, packed codes, indices."""
        parts = [array for number in self.inner.numbers for array in number.arrays]
        packed = [number.packed for number in self.inner.numbers]
        own = [array for array in parts if not any(array is p for p in packed)]
        factors = (*stored_arrays(self.row_scale), *stored_arrays(self.column_scale))
        indices = [array for array in self.inner.arrays if not isinstance(array, QuantizedArray)]
        return (*own, *factors, *packed, *indices)

    @property
    def dtype(self) -> Any:
        """dtype of the weight."""
        return next(number.dtype for number in self.inner.numbers if number.dtype is not None)

    @property
    def cost(self) -> float:
        """As the inner format's."""
        return self.inner.cost

    @property
    def multiplications(self) -> int:
        """Those of the inner format."""
        return self.inner.multiplications

    def compact(self, *, xp: Any) -> Any:
        """With the inner format's indices in few bytes."""
        return replace(self, inner=self.inner.compact(xp=xp))

    def floats(self, *, xp: Any) -> Any:
        """The inner format with plain arrays: what the codes stand for, without outer factors."""
        return self.inner.with_numbers([self._number(k, xp=xp) for k in range(len(self.inner.numbers))])

    def _number(self, k: int, *, xp: Any) -> Any:
        return self.inner.numbers[k].values(lambda s: self.inner.spread(k, s, xp=xp), self.dtype, xp=xp)

    def check_arrays(self, *, xp: Any) -> None:
        """Codes must name levels, one for each number of the inner format, and factors fit the shape."""
        for number in self.inner.numbers:
            number.check_arrays(xp=xp)
        if isinstance(self.column_scale, FixedPoint):
            self.column_scale.check_arrays()
        for factors, n in ((self.row_scale, self.shape[0]), (self.column_scale, self.shape[1])):
            if factors is not None and tuple(factors.shape) != (n,):
                raise ValueError(f"the factors of a rounded weight of shape {self.shape} do not fit it")
        self.floats(xp=xp).check_arrays(xp=xp)

    def row_factors(self, *, xp: Any) -> Any:
        """Factors of the rows as numbers, shape (d_in,), or None."""
        e = self.row_scale
        if e is None or xp.isdtype(e.dtype, "real floating"):
            return e
        powers = xp.asarray(2.0, dtype=self.dtype) ** xp.astype(e, self.dtype)
        return xp.where(e == _NOTHING, xp.zeros_like(powers), powers)

    def to_dense(self, *, xp: Any) -> Any:
        """The matrix of what the codes stand for."""
        W, rows = self.floats(xp=xp).to_dense(xp=xp), self.row_factors(xp=xp)
        W = W if rows is None else rows[:, None] * W
        columns = plain_numbers(self.column_scale)
        return W if columns is None else W * columns[None, :]

    def operator(self, *, xp: Any) -> Any:
        """V -> V @ W through the inner format; codes become numbers once."""
        product, rows, columns = (
            self.floats(xp=xp).operator(xp=xp),
            self.row_factors(xp=xp),
            plain_numbers(self.column_scale),
        )

        def scaled_product(V: Any) -> Any:
            U = product(V if rows is None else V * rows)
            return U if columns is None else U * columns

        return product if rows is None and columns is None else scaled_product

    def scaled(self, factor: float) -> Any:
        """Scales times a number; codes stay."""
        return replace(self, inner=self.inner.scaled(factor))

    @property
    def finest(self) -> Any:
        """The grid of most levels."""
        return max(self.grids, key=lambda grid: grid.count)

    def with_fixed_scales(self, *, xp: Any) -> Any:
        """With scales of fewer bytes, where that does no more to entries than rounding."""
        numbers = [number.with_fixed_scale(xp=xp) for number in self.inner.numbers]
        columns = self.column_scale
        if columns is not None:
            columns = fixed_scale(columns, self.finest, xp=xp)
        return replace(self, inner=self.inner.with_numbers(numbers), column_scale=columns)

    def rows_scaled(self, factors: Any, *, xp: Any) -> Any:
        """Factors of rows: one for all becomes part of the scales, powers of two take a byte each."""
        own = self.row_factors(xp=xp)
        factors = xp.astype(factors, self.dtype)
        return self._with_rows(factors if own is None else own * factors, xp=xp)

    def _with_rows(self, factors: Any, *, xp: Any) -> Any:
        size = xp.abs(factors)
        top = xp.max(size)
        if bool(xp.any(size == 0.0)):  # where a row is 0 by itself any factor will do
            idle = xp.all(self.floats(xp=xp).to_dense(xp=xp) == 0.0, axis=1)
            factors = xp.where(xp.logical_and(size == 0.0, idle), top, factors)
            size = xp.abs(factors)
        tolerance = _ROUNDING * float(xp.finfo(self.dtype).eps)
        if bool(xp.all(xp.abs(factors - factors[0]) <= tolerance * top)) and float(top) > 0.0:
            return replace(self.scaled(float(factors[0])), row_scale=None)
        nothing = size == 0.0
        safe = xp.where(nothing, xp.ones_like(size), size)
        exponents = xp.round(xp.log2(safe))
        near = xp.abs(factors * xp.asarray(2.0, dtype=self.dtype) ** (-exponents) - 1.0) <= tolerance
        fits = xp.logical_and(near, xp.abs(exponents) < -_NOTHING)
        if bool(xp.all(xp.logical_or(nothing, fits))):
            codes = xp.where(nothing, xp.full_like(exponents, _NOTHING), exponents)
            return replace(self, row_scale=xp.astype(codes, xp.int8))
        return replace(self, row_scale=factors)

    def columns_scaled(self, factors: Any, *, xp: Any) -> Any:
        """Factors of columns: part of the scales where these belong to columns of W."""
        numbers, factors = self.inner.numbers, xp.astype(factors, self.dtype)
        if len(numbers) == 1 and self.inner.has_column_scales(0) and numbers[0].scale is not None:
            number = replace(numbers[0], scale=numbers[0].scale * factors)
            return replace(self, inner=self.inner.with_numbers([number]))
        own = self.column_scale
        return replace(self, column_scale=factors if own is None else own * factors)

    def selected(self, indices: Any, axis: int, *, xp: Any) -> Any:
        """Rows or columns of the inner format, codes as they are; None where that cannot."""
        numbers = self.inner.numbers
        codes = [xp.astype(number.codes(xp=xp) + 1, self.dtype) for number in numbers]
        chosen = self.inner.with_numbers(codes).selected(indices, axis, xp=xp)
        if chosen is None:
            return None
        made = []
        for k, (number, new) in enumerate(zip(numbers, chosen.numbers, strict=True)):
            scale = number.scale
            if axis == 1 and scale is not None and self.inner.has_column_scales(k):
                scale = taken(scale, indices, xp=xp)
            plain = xp.astype(xp.round(new), xp.int64) - 1
            made.append(QuantizedArray.of_codes(plain, scale, number.table, number.grid, xp=xp))
        rows, columns = self.row_scale, self.column_scale
        if axis == 0 and rows is not None:
            rows = xp.take(rows, indices)
        if axis == 1 and columns is not None:
            columns = taken(columns, indices, xp=xp)
        return QuantizedWeight(chosen.with_numbers(made), rows, columns)

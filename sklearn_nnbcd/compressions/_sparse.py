# SPDX-License-Identifier: BSD-3-Clause
"""Compressed sparse rows, the format of every pruned weight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..backends import get_backend
from ..numerics._metric import Metric
from ._base import CompressedWeight, Local

#: how many dense multiply-adds take the time of one sparse one (a gather each; measured on CPUs)
_SPARSE_SLOWDOWN = 8.0


@dataclass(frozen=True, eq=False)
class SparseWeight(CompressedWeight):
    """Compressed sparse rows: data and column indices row by row, counts how many each row has.

    Indices and counts have the smallest type that holds them, a byte each up to 255 columns: a library's
    four, and pointers in the place of counts, would double the file.
    """

    data: Any
    indices: Any
    counts: Any
    shape: tuple

    @property
    def n_parameters(self) -> int:
        """Number of stored entries."""
        return int(self.data.shape[0])

    @property
    def arrays(self) -> tuple:
        """Values, column indices, numbers of entries of the rows."""
        return (self.data, self.indices, self.counts)

    @property
    def numbers(self) -> tuple:
        """The values."""
        return (self.data,)

    def with_numbers(self, numbers: Sequence) -> Any:
        """Other values in the same places."""
        return SparseWeight(numbers[0], self.indices, self.counts, self.shape)

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """The values as they are, in their places."""
        flat = self._places(xp=xp)

        def restore(matrix: Any) -> Any:
            return xp.take(xp.reshape(matrix, (-1,)), flat)

        return Local(self.to_dense(xp=xp), metric, restore, self.pattern(xp=xp))

    def has_column_scales(self, k: int) -> bool:
        """True."""
        return True

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """Scales of columns, one for each value."""
        return xp.take(scale, xp.astype(self.indices, xp.int64))

    @property
    def cost(self) -> float:
        """Stored entries times the slowdown of a sparse multiply-add."""
        return _SPARSE_SLOWDOWN * self.n_parameters

    @property
    def multiplications(self) -> int:
        """Stored entries."""
        return self.n_parameters

    def to_dense(self, *, xp: Any) -> Any:
        """Entries written into zeros."""
        return self._written(self.data, xp=xp)

    def pattern(self, *, xp: Any) -> Any:
        """Boolean mask of the stored entries, zeros among them included."""
        return self._written(xp.ones_like(self.data), xp=xp) != 0

    def _pointers(self, *, xp: Any) -> Any:
        """Row pointers as libraries want them."""
        counts = self._per_row(xp=xp)
        return xp.concat([xp.zeros(1, dtype=counts.dtype), xp.cumulative_sum(counts, dtype=counts.dtype)])

    def _per_row(self, *, xp: Any) -> Any:
        """How many entries each row has."""
        return xp.astype(self.counts, xp.int32 if self.n_parameters < 2**31 else xp.int64)

    def _places(self, *, xp: Any) -> Any:
        """Where in the flat matrix each value lies, rising."""
        d_in, d_out = self.shape
        wide = xp.int32 if d_in * d_out < 2**31 else xp.int64
        rows = get_backend(xp).repeated(
            xp.arange(d_in, dtype=wide), self._per_row(xp=xp), self.n_parameters, xp=xp
        )
        return rows * d_out + xp.astype(self.indices, wide)

    def _written(self, values: Any, *, xp: Any) -> Any:
        d_in, d_out = self.shape
        dense = get_backend(xp).scatter(values, self._places(xp=xp), d_in * d_out, xp=xp)
        return xp.reshape(dense, self.shape)

    def check_arrays(self, *, xp: Any) -> None:
        """Rows must have all entries between them, and every column must be one of the weight's."""
        n = self.n_parameters
        d_in, d_out = self.shape
        sound = (
            all(array.ndim == 1 for array in self.arrays)
            and all(xp.isdtype(array.dtype, "integral") for array in self.arrays[1:])
            and (self.counts.shape[0], self.indices.shape[0]) == (d_in, n)
            and 0 <= int(xp.min(self.counts))
            and int(xp.max(self.counts)) <= d_out
            and int(xp.sum(xp.astype(self.counts, xp.int64))) == n
            and (n == 0 or (0 <= int(xp.min(self.indices)) and int(xp.max(self.indices)) < d_out))
        )
        if not sound:
            raise ValueError(f"the parts of a sparse weight of shape {self.shape} do not fit together")

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """V -> V @ W by the library's sparse product, where it has one."""
        pointers = self._pointers(xp=xp)
        indices = xp.astype(self.indices, pointers.dtype)
        product = get_backend(xp).sparse_product(self.data, indices, pointers, self.shape, xp=xp)
        return super().operator(xp=xp) if product is None else product

    def selected(self, indices: Any, axis: int, *, xp: Any) -> "SparseWeight":
        """The entries in some rows or columns."""
        pattern = xp.take(self.pattern(xp=xp), indices, axis=axis)
        return to_sparse(xp.take(self.to_dense(xp=xp), indices, axis=axis), pattern, xp=xp)

    def rows_scaled(self, factors: Any, *, xp: Any) -> "SparseWeight":
        """Scale the entries row by row."""
        each = get_backend(xp).repeated(factors, self._per_row(xp=xp), self.n_parameters, xp=xp)
        return SparseWeight(self.data * each, self.indices, self.counts, self.shape)

    def columns_scaled(self, factors: Any, *, xp: Any) -> "SparseWeight":
        """Scale the entries column by column."""
        each = xp.take(factors, xp.astype(self.indices, xp.int64))
        return SparseWeight(self.data * each, self.indices, self.counts, self.shape)

    def scaled(self, factor: float) -> "SparseWeight":
        """Scale the entries."""
        return SparseWeight(self.data * factor, self.indices, self.counts, self.shape)


def to_sparse(W: Any, mask: Any, count: int | None = None, *, xp: Any) -> SparseWeight:
    """The entries of W where the boolean mask is True, as a :class:`SparseWeight`.

    ``count`` is how many they are; without it the host asks for it, and waits for a device.
    """
    if count is None:
        (flat,) = xp.nonzero(xp.reshape(mask, (-1,)))
    else:
        flat = get_backend(xp).first_true(mask, count, xp=xp)
    data, columns = xp.take(xp.reshape(W, (-1,)), flat), flat % W.shape[1]
    index_type = get_backend(xp).index_type
    counts = xp.sum(xp.astype(mask, xp.int32), axis=1)
    counts = xp.astype(counts, index_type(min(W.shape[1], data.shape[0]) + 1, xp=xp))
    return SparseWeight(data, xp.astype(columns, index_type(W.shape[1], xp=xp)), counts, tuple(W.shape))

# SPDX-License-Identifier: BSD-3-Clause
"""Sparse weights, the format of everything that is pruned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from array_api_compat import device

from ..backends import get_backend
from ..numerics._metric import Metric
from ._base import CompressedWeight
from ._gaps import Gaps
from ._local import Local

#: how many dense multiply-adds take the time of one sparse one (a gather each; measured on CPUs)
_SPARSE_SLOWDOWN = 8.0


@dataclass(frozen=True, eq=False)
class SparseWeight(CompressedWeight):
    """Values of some entries, row by row, and where these lie.

    Attributes
    ----------
    data : array or QuantizedArray of shape (n,)
    where : array of int of shape (n,), or Gaps
        Rising places in the flat matrix: as they are while a network is trained, as :class:`Gaps` of few bits
        in one that is (:meth:`compact`).
    shape : tuple of int
    """

    data: Any
    where: Any
    shape: tuple

    @property
    def n_parameters(self) -> int:
        """Number of stored entries."""
        return int(self.data.shape[0])

    @property
    def arrays(self) -> tuple:
        """Values, and the places, packed or not."""
        return (self.data, self.where.packed if isinstance(self.where, Gaps) else self.where)

    def compact(self, *, xp: Any) -> "SparseWeight":
        """With gaps of few bits for the places."""
        if isinstance(self.where, Gaps):
            return self
        return replace(self, where=Gaps.of_places(self.where, xp=xp))

    @property
    def numbers(self) -> tuple:
        """The values."""
        return (self.data,)

    def with_numbers(self, numbers: Sequence) -> Any:
        """Other values in the same places."""
        return replace(self, data=numbers[0])

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """The values as they are, in their places."""
        flat = self.places(xp=xp)

        def restore(matrix: Any) -> Any:
            return xp.take(xp.reshape(matrix, (-1,)), flat)

        return Local(self.to_dense(xp=xp), metric, restore, self.pattern(xp=xp))

    def has_column_scales(self, k: int) -> bool:
        """True."""
        return True

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """Scales of columns, one for each value."""
        return xp.take(scale, self.places(xp=xp) % self.shape[1])

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

    def places(self, *, xp: Any) -> Any:
        """Where in the flat matrix each value lies, rising, an array of int of shape (n,)."""
        return self.where.places(xp=xp) if isinstance(self.where, Gaps) else self.where

    def compressed_rows(self, *, xp: Any) -> tuple[Any, Any]:
        """The column of each value, and for each row, and one more, how many values lie before it."""
        d_in, d_out = self.shape
        kind = xp.int32 if self.n_parameters < 2**31 else xp.int64
        places = self.places(xp=xp)
        begins = xp.arange(d_in + 1, dtype=places.dtype, device=device(places)) * d_out
        return xp.astype(places % d_out, kind), xp.astype(xp.searchsorted(places, begins), kind)

    def _written(self, values: Any, *, xp: Any) -> Any:
        d_in, d_out = self.shape
        dense = get_backend(xp).scatter(values, self.places(xp=xp), d_in * d_out, xp=xp)
        return xp.reshape(dense, self.shape)

    def check_arrays(self, *, xp: Any) -> None:
        """There must be a place for every value, each behind the one before and in the matrix."""
        size, n = self.shape[0] * self.shape[1], self.n_parameters
        if isinstance(self.where, Gaps):
            self.where.check(size, xp=xp)
        places = self.places(xp=xp)
        sound = self.data.ndim == places.ndim == 1 and xp.isdtype(places.dtype, "integral")
        sound = sound and places.shape[0] == n
        if sound and n:
            rising = bool(xp.all(places[1:] > places[:-1]))
            sound = rising and int(places[0]) >= 0 and int(places[-1]) < size
        if not sound:
            raise ValueError(f"the parts of a sparse weight of shape {self.shape} do not fit together")

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """V -> V @ W by the library's sparse product, where it has one."""
        columns, pointers = self.compressed_rows(xp=xp)
        product = get_backend(xp).sparse_product(self.data, columns, pointers, self.shape, xp=xp)
        return super().operator(xp=xp) if product is None else product

    def selected(self, indices: Any, axis: int, *, xp: Any) -> "SparseWeight":
        """The entries in some rows or columns."""
        pattern = xp.take(self.pattern(xp=xp), indices, axis=axis)
        some = to_sparse(xp.take(self.to_dense(xp=xp), indices, axis=axis), pattern, xp=xp)
        return some.compact(xp=xp)

    def rows_scaled(self, factors: Any, *, xp: Any) -> "SparseWeight":
        """Scale the entries row by row."""
        each = xp.take(factors, self.places(xp=xp) // self.shape[1])
        return replace(self, data=self.data * each)

    def columns_scaled(self, factors: Any, *, xp: Any) -> "SparseWeight":
        """Scale the entries column by column."""
        return replace(self, data=self.data * self.spread(0, factors, xp=xp))

    def scaled(self, factor: float) -> "SparseWeight":
        """Scale the entries."""
        return replace(self, data=self.data * factor)


def to_sparse(W: Any, mask: Any, count: int | None = None, *, xp: Any) -> SparseWeight:
    """The entries of W where the boolean mask is True, as a :class:`SparseWeight`.

    ``count`` is how many they are; without it the host asks for it, and waits for a device.
    """
    if count is None:
        (flat,) = xp.nonzero(xp.reshape(mask, (-1,)))
    else:
        flat = get_backend(xp).first_true(mask, count, xp=xp)
    return SparseWeight(xp.take(xp.reshape(W, (-1,)), flat), flat, tuple(W.shape))

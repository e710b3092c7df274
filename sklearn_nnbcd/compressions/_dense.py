# SPDX-License-Identifier: BSD-3-Clause
"""The format of a weight that is not compressed."""

from dataclasses import dataclass
from typing import Any

from ._base import CompressedWeight


@dataclass(frozen=True, eq=False)
class DenseWeight(CompressedWeight):
    """A plain matrix."""

    array: Any

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return tuple(self.array.shape)

    @property
    def n_parameters(self) -> int:
        """d_in * d_out."""
        return self.array.shape[0] * self.array.shape[1]

    @property
    def arrays(self) -> tuple:
        """The matrix."""
        return (self.array,)

    def to_dense(self, *, xp: Any) -> Any:
        """The matrix."""
        return self.array

    def selected(self, indices: Any, axis: int, *, xp: Any) -> "DenseWeight":
        """Rows or columns of the matrix."""
        return DenseWeight(xp.take(self.array, indices, axis=axis))

    def rows_scaled(self, factors: Any, *, xp: Any) -> "DenseWeight":
        """The matrix with its rows times numbers."""
        return DenseWeight(factors[:, None] * self.array)

    def rows_mixed(self, basis: Any, *, xp: Any) -> "DenseWeight":
        """The product."""
        return DenseWeight(basis @ self.array)

    def columns_scaled(self, factors: Any, *, xp: Any) -> "DenseWeight":
        """The matrix with its columns times numbers."""
        return DenseWeight(self.array * factors[None, :])

    def scaled(self, factor: float) -> "DenseWeight":
        """The matrix times a number."""
        return DenseWeight(self.array * factor)

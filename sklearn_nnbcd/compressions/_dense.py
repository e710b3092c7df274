# SPDX-License-Identifier: BSD-3-Clause
"""The format of a weight that is not compressed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..numerics._metric import Metric
from ._base import CompressedWeight, CompressionPlan
from ._local import Local


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

    def with_numbers(self, numbers: Sequence) -> Any:
        """Another matrix."""
        return DenseWeight(*numbers)

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """The problem itself."""
        return Local(W, metric)

    def has_column_scales(self, k: int) -> bool:
        """True."""
        return True

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """Scales of columns."""
        return scale[None, :]

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


@dataclass(frozen=True)
class DensePlan(CompressionPlan):
    """Any matrix: what few bits go around where there is no other format."""

    shape: tuple
    takes_bits = True
    takes_row_factors = True

    @property
    def n_parameters(self) -> Any:
        """d_in * d_out."""
        return self.shape[0] * self.shape[1]

    def projects_exactly(self, metric: "Metric | None") -> bool:
        """True."""
        return True

    def project(self, W: Any, *, metric: "Metric | None" = None, xp: Any) -> Any:
        """W itself."""
        return DenseWeight(W)

    def step(
        self, target: Any, previous: Any, weight: float, *, metric: "Metric | None" = None, xp: Any
    ) -> Any:
        """The target."""
        return DenseWeight(target)

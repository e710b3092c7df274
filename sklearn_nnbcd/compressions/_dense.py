# SPDX-License-Identifier: BSD-3-Clause
"""The format of a weight that is not compressed."""

from dataclasses import dataclass

from ._base import CompressedWeight, CompressionPlan, Local


@dataclass(frozen=True, eq=False)
class DenseWeight(CompressedWeight):
    """A plain matrix."""

    array: object

    @property
    def shape(self):
        """(d_in, d_out)."""
        return tuple(self.array.shape)

    @property
    def n_parameters(self):
        """d_in * d_out."""
        return self.array.shape[0] * self.array.shape[1]

    @property
    def arrays(self):
        """The matrix."""
        return (self.array,)

    def with_numbers(self, numbers):
        """Another matrix."""
        return DenseWeight(*numbers)

    def local(self, k, W, metric, *, xp):
        """The problem itself."""
        return Local(W, metric)

    def has_column_scales(self, k):
        """True."""
        return True

    def spread(self, k, scale, *, xp):
        """Scales of columns."""
        return scale[None, :]

    def to_dense(self, *, xp):
        """The matrix."""
        return self.array

    def selected(self, indices, axis, *, xp):
        """Rows or columns of the matrix."""
        return DenseWeight(xp.take(self.array, indices, axis=axis))

    def rows_scaled(self, factors, *, xp):
        """The matrix with its rows times numbers."""
        return DenseWeight(factors[:, None] * self.array)

    def rows_mixed(self, basis, *, xp):
        """The product."""
        return DenseWeight(basis @ self.array)

    def columns_scaled(self, factors, *, xp):
        """The matrix with its columns times numbers."""
        return DenseWeight(self.array * factors[None, :])

    def scaled(self, factor):
        """The matrix times a number."""
        return DenseWeight(self.array * factor)


@dataclass(frozen=True)
class DensePlan(CompressionPlan):
    """Any matrix: what few bits go around where there is no other format."""

    shape: tuple
    takes_bits = True
    has_one_number = True
    takes_row_factors = True

    @property
    def n_parameters(self):
        """d_in * d_out."""
        return self.shape[0] * self.shape[1]

    def projects_exactly(self, metric):
        """True."""
        return True

    def project(self, W, *, metric=None, xp):
        """W itself."""
        return DenseWeight(W)

    def step(self, target, previous, weight, *, metric=None, xp):
        """The target."""
        return DenseWeight(target)

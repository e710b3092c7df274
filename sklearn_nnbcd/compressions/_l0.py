# SPDX-License-Identifier: BSD-3-Clause
"""Sparse weights with a given number of non-zeros."""

from dataclasses import dataclass

from ..backends import get_backend
from ..utils._validation import check_share
from ._base import BaseCompression, CompressedWeight, CompressionPlan

#: how many dense multiply-adds take the time of one sparse one (a gather each; measured on CPUs)
_SPARSE_SLOWDOWN = 8.0


@dataclass(frozen=True, eq=False)
class SparseWeight(CompressedWeight):
    """Compressed sparse rows: data and column indices row by row, indptr where rows begin."""

    data: object
    indices: object
    indptr: object
    shape: tuple

    @property
    def n_parameters(self):
        """Number of stored entries."""
        return int(self.data.shape[0])

    @property
    def arrays(self):
        """Values, column indices, row pointers."""
        return (self.data, self.indices, self.indptr)

    @property
    def cost(self):
        """Stored entries times the slowdown of a sparse multiply-add."""
        return _SPARSE_SLOWDOWN * self.n_parameters

    def to_dense(self, *, xp):
        """Entries written into zeros."""
        d_in, d_out = self.shape
        per_row = self.indptr[1:] - self.indptr[:-1]
        rows = xp.repeat(xp.arange(d_in, dtype=self.indices.dtype), per_row)
        flat = rows * d_out + self.indices
        dense = get_backend(xp).scatter(self.data, flat, d_in * d_out, xp=xp)
        return xp.reshape(dense, self.shape)

    def operator(self, *, xp):
        """V -> V @ W by the library's sparse product, where it has one."""
        product = get_backend(xp).sparse_product(
            self.data, self.indices, self.indptr, self.shape, xp=xp
        )
        return super().operator(xp=xp) if product is None else product

    def scaled(self, factor):
        """Scale the entries."""
        return SparseWeight(self.data * factor, self.indices, self.indptr, self.shape)


def to_sparse(W, mask, *, xp):
    """The entries of W where the boolean mask is True, as a :class:`SparseWeight`."""
    rows, columns = xp.nonzero(mask)
    data = xp.take(xp.reshape(W, (-1,)), rows * W.shape[1] + columns)
    counts = xp.cumulative_sum(xp.sum(xp.astype(mask, xp.int32), axis=1), dtype=xp.int32)
    indptr = xp.concat([xp.zeros(1, dtype=xp.int32), counts])
    index_type = xp.int32 if W.shape[0] * W.shape[1] < 2**31 else xp.int64
    return SparseWeight(data, xp.astype(columns, index_type), indptr, tuple(W.shape))


@dataclass(frozen=True)
class L0Plan(CompressionPlan):
    """beta non-zeros for one shape."""

    shape: tuple
    beta: int

    @property
    def n_parameters(self):
        """beta."""
        return self.beta

    def project(self, W, *, xp):
        """Keep the beta entries of largest magnitude; the earlier one wins a tie."""
        magnitude = xp.reshape(xp.abs(W), (-1,))
        threshold = get_backend(xp).kth_largest(magnitude, self.beta, xp=xp)
        above = magnitude > threshold
        missing = self.beta - int(xp.sum(xp.astype(above, xp.int64)))
        tied = magnitude == threshold
        first = xp.cumulative_sum(xp.astype(tied, xp.int64)) <= missing
        mask = xp.logical_or(above, xp.logical_and(tied, first))
        return to_sparse(W, xp.reshape(mask, self.shape), xp=xp)

    def step(self, target, previous, weight, *, xp):
        """The beta largest entries of the target, eq. (25)."""
        return self.project(target, xp=xp)


class L0(BaseCompression):
    """Weights with exactly a given share of entries removed, eq. (25).

    Parameters
    ----------
    sparsity : float, default=0.9
        Share of the entries that is removed, 0 < sparsity < 1. At least one entry is kept.

    Examples
    --------
    >>> L0(sparsity=0.9).plan((30, 20)).beta
    60
    """

    def __init__(self, sparsity=0.9):
        self.sparsity = sparsity

    def plan(self, shape):
        """Resolve the number of non-zeros for weights of shape (d_in, d_out)."""
        sparsity = check_share(self.sparsity, "sparsity", "L0", "the share of entries removed")
        return L0Plan(tuple(shape), max(1, round((1.0 - sparsity) * shape[0] * shape[1])))

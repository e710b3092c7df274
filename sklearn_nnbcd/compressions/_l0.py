# SPDX-License-Identifier: BSD-3-Clause
"""Sparse weights with a given number of non-zeros."""

from dataclasses import dataclass

from ..backends import get_backend
from ..utils._conjugate import refit_on_support
from ..utils._validation import check_share
from ._base import BaseCompression, CompressionPlan
from ._sparse import to_sparse

#: conjugate gradient iterations of one refit; the next step goes on from there
_REFIT_ITERATIONS = 10


@dataclass(frozen=True)
class L0Plan(CompressionPlan):
    """beta non-zeros for one shape."""

    shape: tuple
    beta: int

    @property
    def n_parameters(self):
        """beta."""
        return self.beta

    def projects_exactly(self, metric):
        """Without cross terms every entry counts for itself; with them it is combinatorial."""
        return metric is None or metric.is_diagonal

    def project(self, W, *, metric=None, xp):
        """The beta entries that matter most, refitted to make up for what goes.

        In the Frobenius norm these are the largest ones, eq. (25). In a metric the score of an
        entry is W_ij^2 G_ii S_jj, and the survivors are a least squares fit in the metric.
        """
        if metric is None:
            return to_sparse(W, self._largest(xp.abs(W), xp=xp), xp=xp)
        scores = W * W * metric.diagonal(self.shape, W.dtype, xp=xp)
        return self._refitted(W, self._largest(scores, xp=xp), W, metric, xp=xp)

    def step(self, target, previous, weight, *, metric=None, xp):
        """The projection of the target; in a metric the old support where that does better."""
        new = self.project(target, metric=metric, xp=xp)
        if self.projects_exactly(metric):
            return new
        old = previous.to_dense(xp=xp)
        kept = self._refitted(target, previous.pattern(xp=xp), old, metric, xp=xp)

        def distance(M):
            return metric.squared_distance(target, M.to_dense(xp=xp), xp=xp)

        return new if distance(new) < distance(kept) else kept

    def _largest(self, scores, *, xp):
        """Mask of the beta largest scores; the earlier one wins a tie."""
        scores = xp.reshape(scores, (-1,))
        threshold = get_backend(xp).kth_largest(scores, self.beta, xp=xp)
        above = scores > threshold
        missing = self.beta - int(xp.sum(xp.astype(above, xp.int64)))
        tied = scores == threshold
        first = xp.cumulative_sum(xp.astype(tied, xp.int64)) <= missing
        return xp.reshape(xp.logical_or(above, xp.logical_and(tied, first)), self.shape)

    def _refitted(self, W, mask, start, metric, *, xp):
        ones = xp.astype(mask, W.dtype)
        M = refit_on_support(W, ones, start * ones, metric, _REFIT_ITERATIONS, xp=xp)
        return to_sparse(M, mask, xp=xp)


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

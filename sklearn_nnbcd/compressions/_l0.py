# SPDX-License-Identifier: BSD-3-Clause
"""Sparse weights with a given number of non-zeros."""

from dataclasses import dataclass, replace
from typing import Any

from .._validation import check_share
from ..backends import get_backend
from ..numerics._choice import choose
from ..numerics._conjugate import refit_on_support
from ..numerics._metric import Metric
from ._base import BaseCompression, CompressionPlan
from ._sparse import SparseWeight, to_sparse

#: conjugate gradient iterations: of a warm step, which the next one goes on from, and of a start
_STEP_ITERATIONS, _PROJECT_ITERATIONS = 12, 40


@dataclass(frozen=True)
class L0Plan(CompressionPlan):
    """beta non-zeros for one shape."""

    shape: tuple
    beta: int
    takes_bits = True
    takes_row_factors = True
    is_pruned = True

    @property
    def n_parameters(self) -> int:
        """beta."""
        return self.beta

    def loosened(self, share: float, count: int) -> "L0Plan":
        """The plan with more non-zeros."""
        return replace(self, beta=self.beta + round(share * max(0, count - self.beta)))

    def projects_exactly(self, metric: Metric | None) -> bool:
        """Without cross terms every entry counts for itself; with them it is combinatorial."""
        return metric is None or metric.is_diagonal

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> SparseWeight:
        """The beta entries that matter most, refitted to make up for what goes.

        In the Frobenius norm these are the largest ones, eq. (25). In a metric the score of an entry
        is W_ij^2 times the geometric mean of G_ii S_jj, what it costs to lose it alone, and of
        1 / (G^-1_ii S^-1_jj), what it costs if all others may make up for it. The survivors are a
        least squares fit in the metric.
        """
        mask = self._support(W, metric, xp=xp)
        if metric is None:
            return to_sparse(W, mask, self.beta, xp=xp)
        return self._refitted(W, mask, W, metric, _PROJECT_ITERATIONS, xp=xp)

    def step(
        self, target: Any, previous: SparseWeight, weight: float, *, metric: Metric | None = None, xp: Any
    ) -> SparseWeight:
        """The projection of the target; in a metric the old support where that does better.

        Both start from the old entries where they have them. A support of another size is no support.
        """
        if self.projects_exactly(metric):
            return self.project(target, metric=metric, xp=xp)
        old, kept = previous.to_dense(xp=xp), previous.pattern(xp=xp)
        start = xp.where(kept, old, target)
        mask = self._support(target, metric, xp=xp)
        if previous.n_parameters != self.beta:
            return self._refitted(target, mask, start, metric, _STEP_ITERATIONS, xp=xp)  # type: ignore[arg-type]
        best = self._refitted(target, kept, old, metric, _STEP_ITERATIONS, xp=xp)  # type: ignore[arg-type]
        if get_backend(xp).synchronous and bool(xp.all(mask == kept)):
            return best
        new = self._refitted(target, mask, start, metric, _STEP_ITERATIONS, xp=xp)  # type: ignore[arg-type]

        def distance(M: SparseWeight) -> Any:
            return metric.squared_distance(target, M.to_dense(xp=xp), xp=xp)  # type: ignore[union-attr]

        return choose(distance(new) < distance(best), new, best, xp=xp)

    def _support(self, W: Any, metric: Metric | None, *, xp: Any) -> Any:
        """Mask of the entries that stay."""
        if metric is None:
            return self._largest(xp.abs(W), xp=xp)
        alone = metric.diagonal(self.shape, W.dtype, xp=xp)
        if not metric.is_diagonal:
            alone = xp.sqrt(alone / metric.inverse_diagonal(self.shape, W.dtype, xp=xp))
        return self._largest(W * W * alone, xp=xp)

    def _largest(self, scores: Any, *, xp: Any) -> Any:
        """Mask of the beta largest scores; the earlier one wins a tie."""
        scores = xp.reshape(scores, (-1,))
        threshold = get_backend(xp).kth_largest(scores, self.beta, xp=xp)
        above = scores > threshold
        missing = self.beta - xp.sum(xp.astype(above, xp.int64))
        tied = scores == threshold
        first = xp.cumulative_sum(xp.astype(tied, xp.int64)) <= missing
        return xp.reshape(xp.logical_or(above, xp.logical_and(tied, first)), self.shape)

    def _refitted(
        self, W: Any, mask: Any, start: Any, metric: Metric, n_iter: int, *, xp: Any
    ) -> SparseWeight:
        ones = xp.astype(mask, W.dtype)
        M = refit_on_support(W, ones, start * ones, metric, n_iter, xp=xp)
        return to_sparse(M, mask, self.beta, xp=xp)


class L0(BaseCompression):
    """Weights with exactly a given share of entries removed, (25) of the paper.

    Parameters
    ----------
    sparsity : float, default=0.9
        Share of the entries that is removed, 0 < sparsity < 1. At least one entry is kept.

    Examples
    --------
    >>> L0(sparsity=0.9).plan((30, 20)).beta
    60
    """

    def __init__(self, sparsity: float = 0.9):
        self.sparsity = sparsity

    def plan(self, shape: tuple) -> L0Plan:
        """Resolve the number of non-zeros for weights of shape (d_in, d_out)."""
        sparsity = check_share(self.sparsity, "sparsity", "L0", "the share of entries removed")
        return L0Plan(tuple(shape), max(1, round((1.0 - sparsity) * shape[0] * shape[1])))

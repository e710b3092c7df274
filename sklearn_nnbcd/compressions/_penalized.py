# SPDX-License-Identifier: BSD-3-Clause
"""What the penalties share: a prox, and majorise and minimise where the entries mix."""

from typing import Any

from ..numerics._metric import Metric
from ._base import CompressedWeight, CompressionPlan
from ._sparse import to_sparse

#: prox steps of one warm step in a metric, and of a cold projection
_STEP_ITERATIONS, _PROJECT_ITERATIONS = 5, 30


class PenalizedPlan(CompressionPlan):
    """A plan whose step is the prox of a penalty r.

    In a metric, tr(S D' G D) lies below the sum of h_ij D_ij^2 with h_ij the row sums of |G| and
    |S| multiplied (both sides are diagonally dominant then). Every prox step in that bound lowers
    the objective itself.
    """

    def prox(self, target: Any, weight: Any, *, xp: Any) -> Any:
        """argmin_M r(M) + sum weight/2 (M - target)^2; weight: a float, or one per entry."""
        raise NotImplementedError

    def bound(self, g: Any, s: Any, *, xp: Any) -> Any:
        """h from the row sums g (d_in,) of |G| and s (d_out,) of |S|."""
        return g[:, None] * s[None, :]

    def pack(self, M: Any, *, xp: Any) -> CompressedWeight:
        """The stored form of a dense M with exact zeros."""
        return to_sparse(M, M != 0, xp=xp)

    def polish(self, M: Any, target: Any, metric: Metric, *, xp: Any) -> Any:
        """A last improvement of M that does not raise the penalty."""
        return M

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> CompressedWeight:
        """The step from W itself, with weight 1."""
        return self._descend(W, W, 1.0, metric, _PROJECT_ITERATIONS, xp=xp)

    def step(
        self, target: Any, previous: CompressedWeight, weight: float, *, metric: Metric | None = None, xp: Any
    ) -> CompressedWeight:
        """The prox of the penalty at the target; in a metric, a few from ``previous``."""
        start = None if metric is None else previous.to_dense(xp=xp)
        return self._descend(target, start, weight, metric, _STEP_ITERATIONS, xp=xp)

    def _descend(
        self, target: Any, M: Any, weight: float, metric: Metric | None, n_iter: int, *, xp: Any
    ) -> CompressedWeight:
        if metric is None:
            return self.pack(self.prox(target, weight, xp=xp), xp=xp)
        g, s = (
            side.row_sums(d, target.dtype, xp=xp)
            for side, d in zip((metric.rows, metric.columns), self.shape, strict=True)
        )
        h = self.bound(g, s, xp=xp)
        for _ in range(1 if metric.is_diagonal else n_iter):
            M = self.prox(M + metric.multiply(target - M) / h, weight * h, xp=xp)
        return self.pack(self.polish(M, target, metric, xp=xp), xp=xp)

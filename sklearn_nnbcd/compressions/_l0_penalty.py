# SPDX-License-Identifier: BSD-3-Clause
"""Sparse weights by a price for every non-zero."""

from dataclasses import dataclass
from typing import Any

from ..numerics._conjugate import refit_on_support
from ..numerics._metric import Metric
from ._base import BaseCompression
from ._l1 import check_strength
from ._penalized import PenalizedPlan
from ._sparse import SparseWeight

#: conjugate gradient iterations of the refit after the prox steps
_REFIT_ITERATIONS = 5


@dataclass(frozen=True)
class L0PenaltyPlan(PenalizedPlan):
    """Hard thresholding for one shape."""

    shape: tuple
    strength: float

    def projects_exactly(self, metric: Metric | None) -> bool:
        """Without cross terms one prox is the answer."""
        return metric is None or metric.is_diagonal

    def prox(self, target: Any, weight: Any, *, xp: Any) -> Any:
        """Keep what costs more to lose than to store, (24)."""
        keep = 0.5 * weight * target * target > self.strength
        return xp.where(keep, target, xp.zeros_like(target))

    def polish(self, M: Any, target: Any, metric: Metric, *, xp: Any) -> Any:
        """Refit what is kept: it costs nothing."""
        mask = xp.astype(M != 0, M.dtype)
        return refit_on_support(target, mask, M, metric, _REFIT_ITERATIONS, xp=xp)

    def penalty(self, M: SparseWeight, *, xp: Any) -> float:
        """strength * number of non-zeros."""
        return self.strength * M.n_parameters


class L0Penalty(BaseCompression):
    """Sparse weights by the penalty r(M) = strength * (number of non-zeros), (24) of the paper.

    Parameters
    ----------
    strength : float, default=0.001
        Price of a non-zero, > 0. Entries below ``sqrt(2 strength / (tau + alpha))`` become zero.

    Examples
    --------
    >>> import numpy as np
    >>> plan = L0Penalty(strength=0.5).plan((1, 3))
    >>> M = plan.project(np.asarray([[2.0, -0.25, -1.5]]), xp=np)
    >>> [float(m) for m in M.to_dense(xp=np)[0]]
    [2.0, 0.0, -1.5]
    """

    def __init__(self, strength: float = 0.001):
        self.strength = strength

    def plan(self, shape: tuple) -> L0PenaltyPlan:
        """Check the strength."""
        return L0PenaltyPlan(tuple(shape), check_strength(self.strength, "L0Penalty"))

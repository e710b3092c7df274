# SPDX-License-Identifier: BSD-3-Clause
"""A dense weight with a regulariser r_i of its own: W^MC = W only up to tau, and r_i acts on W^MC."""

from dataclasses import dataclass
from typing import Any

from ..backends import get_backend
from ..numerics._metric import Metric
from ._base import CompressedWeight
from ._dense import DenseWeight
from ._penalized import PenalizedPlan


@dataclass(frozen=True)
class RegularizedPlan(PenalizedPlan):
    """r_i(M) of (7) for one shape without a format: (13) is the regulariser's prox.

    Attributes
    ----------
    shape : tuple of int
    regularizer : regulariser
        Has ``value(Z)`` by rows and ``prox(Z, weight)``.
    """

    shape: tuple
    regularizer: Any
    in_user_units = True

    @property
    def n_parameters(self) -> int:
        """d_in * d_out."""
        return self.shape[0] * self.shape[1]

    def projects_exactly(self, metric: Metric | None) -> bool:
        """Without cross terms one prox is the answer."""
        return metric is None or metric.is_diagonal

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> CompressedWeight:
        """W itself, or the nearest point that a constraint allows.

        A prox would shrink first weights that are small to nothing before they have met the data.
        """
        return DenseWeight(self.regularizer.project(W, xp=xp))

    def prox(self, target: Any, weight: Any, *, xp: Any) -> Any:
        """The regulariser's."""
        return self.regularizer.prox(target, weight, xp=xp)

    def pack(self, M: Any, *, xp: Any) -> DenseWeight:
        """The matrix as it is."""
        return DenseWeight(M)

    def penalty(self, M: DenseWeight, *, xp: Any) -> Any:
        """r(M), summed over rows."""
        return get_backend(xp).number(xp.sum(self.regularizer.value(M.array, xp=xp)), xp=xp)

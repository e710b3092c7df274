# SPDX-License-Identifier: BSD-3-Clause
"""A format and a squared norm r_i together in (13)."""

from dataclasses import dataclass
from typing import Any

from ..numerics._metric import Metric
from ._base import CompressedWeight, CompressionPlan


@dataclass(frozen=True)
class RegularizedFormatPlan(CompressionPlan):
    """strength/2 ||M||^2 beside another plan: its own step, at a target that is pulled to zero.

    strength/2 ||M||^2 + weight/2 ||M - T||^2 is (weight + strength)/2 ||M - c T||^2 but for a constant, with
    c = weight/(weight + strength). So (13) with both is as exact as it is without r_i. Frobenius norm only.

    Attributes
    ----------
    plan : CompressionPlan
        The format's.
    strength : float
    """

    plan: Any
    strength: float

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return self.plan.shape

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """That of the format."""
        return self.plan.exact

    @property
    def n_parameters(self) -> int | None:
        """That of the format."""
        return self.plan.n_parameters

    @property
    def in_user_units(self) -> bool:  # type: ignore[override]
        """That of the format."""
        return self.plan.in_user_units

    @property
    def has_factor_step(self) -> bool:  # type: ignore[override]
        """That of the format."""
        return self.plan.has_factor_step

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> CompressedWeight:
        """The format's: first weights are not shrunk before they have met the data."""
        return self.plan.project(W, metric=metric, xp=xp)

    def step(
        self, target: Any, previous: Any, weight: float, *, metric: Metric | None = None, xp: Any
    ) -> CompressedWeight:
        """The format's step for both terms."""
        if metric is not None:
            raise NotImplementedError("the squared norm of a regulariser knows no metric but its own")
        total = weight + self.strength
        return self.plan.step(target * (weight / total), previous, total, xp=xp)

    def factor_step(self, W: Any, previous: Any, tau: float, alpha: float, *, xp: Any) -> CompressedWeight:
        """The format's pass over its factors for both terms."""
        total = tau + self.strength
        return self.plan.factor_step(W * (tau / total), previous, total, alpha, xp=xp)

    def penalty(self, M: Any, *, xp: Any) -> Any:
        """That of the format, and strength/2 ||M||^2."""
        dense = M.to_dense(xp=xp)
        return self.plan.penalty(M, xp=xp) + 0.5 * self.strength * xp.sum(dense * dense)

# SPDX-License-Identifier: BSD-3-Clause
"""Exponential loss, one output per class against the rest."""

import math
from typing import Any

from ..numerics._scalar import wright_omega
from ._base import BaseLoss, diagonal_mean
from ._logistic import Logistic
from ._poisson import tangent_exp


class Exponential(BaseLoss):
    """Sum over outputs of exp(-y v), with targets y = -1 or 1, the loss of AdaBoost.

    Rows on the wrong side count exponentially: mislabelled ones steer the fit. Beyond margins of -66 in
    single precision (-532 in double) the tangent takes the place of exp.
    """

    tasks = frozenset({"classification"})
    off = -1.0

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """exp(-y v) of each row, summed over outputs."""
        return xp.sum(tangent_exp(-Y * V, xp=xp)[0], axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """-y exp(-y v)."""
        return -Y * tangent_exp(-Y * V, xp=xp)[1]

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """diag(mean y^2 exp(-y v)); the slope of the tangent where that replaces exp."""
        return diagonal_mean(Y * Y * tangent_exp(-Y * V, xp=xp)[1], s, xp=xp)

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """Closed form: v = center + y x / y^2 with x + log x = log(y^2/weight) - y center.

        For targets of any size; y = 0 leaves the center.
        """
        square = Y * Y
        safe = xp.where(square > 0.0, square, xp.ones_like(square))
        x = wright_omega(xp.log(safe) - math.log(weight) - Y * center, xp=xp)
        return center + Y * (x / safe)

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """The logistic function of 2 v, as v is half the log odds; several: normalised to sum to one."""
        return Logistic().to_proba(2.0 * V, xp=xp)

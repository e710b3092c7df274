# SPDX-License-Identifier: BSD-3-Clause
"""Poisson loss with the logarithm as link, for counts and rates."""

import math
from typing import Any

from ..numerics._scalar import wright_omega
from ._base import BaseLoss, diagonal_mean


def tangent_exp(V: Any, *, xp: Any) -> tuple[Any, Any]:
    """exp(V), and its derivative, with the tangent in place of exp where that could overflow.

    The tangent begins at three quarters of the largest exponent (exp(66) in float32, exp(532) in
    float64), so the loss stays convex and finite at outputs that no fit means.
    """
    top = 0.75 * math.log(float(xp.finfo(V.dtype).max))
    slope = xp.exp(xp.clip(V, None, top))
    return slope * (1.0 + xp.clip(V - top, 0.0, None)), slope


class Poisson(BaseLoss):
    """Half the Poisson deviance, summed over outputs: exp(v) - y + y (log y - v), for y >= 0.

    Predictions are exp(v). Targets are neither centred nor scaled: the outputs are logarithms.
    """

    tasks = frozenset({"regression"})
    is_likelihood = True
    standardises = False
    lowest_target = 0.0

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """Half the deviance of each row."""
        positive = Y > 0.0
        log = xp.log(xp.where(positive, Y, xp.ones_like(Y)))
        rest = xp.where(positive, Y * log - Y, xp.zeros_like(Y))
        return xp.sum(tangent_exp(V, xp=xp)[0] - Y * V + rest, axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """exp(v) - y."""
        return tangent_exp(V, xp=xp)[1] - Y

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """diag(mean exp(v)); the slope of the tangent where that replaces exp."""
        return diagonal_mean(tangent_exp(V, xp=xp)[1], s, xp=xp)

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """Closed form: v = a - x with a = center + y/weight, x + log x = a - log(weight).

        x = exp(v)/weight; where it is large, v = log(weight x) keeps more digits.
        """
        a = center + Y * (1.0 / weight)
        x = wright_omega(a - math.log(weight), xp=xp)
        return xp.where(x < 1.0, a - x, math.log(weight) + xp.log(xp.clip(x, 1.0, None)))

    def inverse_link(self, V: Any, *, xp: Any) -> Any:
        """exp(V)."""
        return tangent_exp(V, xp=xp)[0]

# SPDX-License-Identifier: BSD-3-Clause
"""The logistic function."""

from typing import Any

from ..numerics._scalar import bracketed_newton, sigmoid, sigmoid_parts
from ._base import BaseActivation


def prox_sigmoid(V: Any, center: Any, weight: float, *, xp: Any) -> Any:
    """Global minimiser of 1/2 (s(u) - v)^2 + weight/2 (u - center)^2, s the logistic function.

    The mirror (u, v) -> (-u, 1 - v) makes v >= s(center), so that minimisers lie right of the
    center, where the slope is weight (u - center) - h(u) with h = (v - s) s' positive. h rises up
    to u0, the inflection of (s - v)^2, and falls after it; h' is log-concave where it is positive,
    so the slope rises, falls and rises again at most: two valleys at most. Newton from the center
    stays left of the first one (the slope is concave there), Newton from u0 finds the last one.
    Where weight >= max h' there is but one.
    """
    flip = sigmoid(center, xp=xp) > V
    v = xp.where(flip, 1.0 - V, V)
    c = xp.where(flip, -center, center)

    def slope(u: Any) -> tuple[Any, Any]:
        s, d = sigmoid_parts(u, xp=xp)
        E = v - s
        return weight * (u - c) - E * d, weight + d * (d - E * (1.0 - 2.0 * s))

    def value(u: Any) -> Any:
        return (sigmoid(u, xp=xp) - v) ** 2 + weight * (u - c) ** 2

    # s' <= 1/4 bounds the distance; so does s(u) <= v where v < 1
    high = c + xp.maximum(v - sigmoid(c, xp=xp), xp.zeros_like(v)) * (0.25 / weight)
    within = xp.logical_and(v > 0.0, v < 1.0)
    safe = xp.where(within, v, xp.full_like(v, 0.5))
    logit = xp.log(safe / (1.0 - safe))
    high = xp.where(within, xp.clip(logit, c, high), high)
    first = bracketed_newton(slope, c, c, high, xp=xp)
    # s(u0), the smaller root of v - 2 (v + 1) s + 3 s^2
    s0 = v / (v + 1.0 + xp.sqrt(v * v - v + 1.0))
    several = weight < 0.0602 + 0.0963 * xp.maximum(v - 1.0, xp.zeros_like(v))  # max h'
    several = xp.logical_and(several, s0 > sigmoid(c, xp=xp))
    if not bool(xp.any(several)):
        return xp.where(flip, -first, first)
    s0 = xp.where(several, s0, xp.full_like(v, 0.5))
    start = xp.where(several, xp.log(s0 / (1.0 - s0)), first)
    last = bracketed_newton(slope, xp.clip(start, c, high), c, high, xp=xp)
    best = xp.where(value(last) < value(first), last, first)
    return xp.where(flip, -best, best)


class Sigmoid(BaseActivation):
    """sigma(u) = 1 / (1 + exp(-u))."""

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """1 / (1 + exp(-U))."""
        return sigmoid(U, xp=xp)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The lower of at most two valleys, each by a bracketed Newton iteration."""
        return prox_sigmoid(V, center, weight, xp=xp)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """sigma (1 - sigma)."""
        return sigmoid_parts(U, xp=xp)[1]

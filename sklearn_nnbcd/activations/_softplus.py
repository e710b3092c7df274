# SPDX-License-Identifier: BSD-3-Clause
"""The smooth rectifier."""

from typing import Any

from .._validation import check_number
from ..numerics._scalar import bracketed_newton, sigmoid, sigmoid_parts, softplus, wright_omega
from ._base import BaseActivation


class Softplus(BaseActivation):
    """sigma(u) = log(1 + exp(beta u)) / beta.

    Parameters
    ----------
    beta : float, default=1.0
        How sharp the bend is, > 0, the paper's t: the larger, the nearer to relu.
    """

    def __init__(self, beta: float = 1.0):
        self.beta = beta

    def check_parameters(self) -> None:
        """Raise unless ``beta`` is a number above 0."""
        check_number(self.beta, "beta", type(self).__name__, strict=True, cure="Try 1.0.")

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """log(1 + exp(beta U)) / beta."""
        if self.beta == 1.0:
            return softplus(U, xp=xp)
        return softplus(self.beta * U, xp=xp) * (1.0 / self.beta)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """That of beta = 1 for beta v and beta c, divided by beta: all terms have the factor 1/beta^2."""
        if self.beta == 1.0:
            return self._prox(V, center, weight, xp=xp)
        return self._prox(self.beta * V, self.beta * center, weight, xp=xp) * (1.0 / self.beta)

    def _prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The lower of at most two valleys, each by a bracketed Newton iteration.

        Left of the center (v < sigma(center)) the problem is convex. Right of it h = (v - sigma) s,
        s the logistic function, rises up to u0 and falls after it, and h' is log-concave where it
        is positive, so there are two valleys at most: one is found from the center, the other from
        u0, the inflection of (sigma - v)^2, where y = 1 + exp(u0) solves y + log y = v + 1. As
        h' <= v/4, a weight above that leaves one.
        """
        zero = xp.zeros_like(V)

        def slope(u: Any) -> tuple[Any, Any]:
            s, d = sigmoid_parts(u, xp=xp)
            E = V - softplus(u, xp=xp)
            return weight * (u - center) - E * s, weight + s * s - E * d

        def value(u: Any) -> Any:
            return (softplus(u, xp=xp) - V) ** 2 + weight * (u - center) ** 2

        gap = V - softplus(center, xp=xp)
        reach = center + gap / weight  # sigma' <= 1
        positive = V > 0.0
        safe = xp.where(positive, V, xp.ones_like(V))
        inverse = safe + xp.log(-xp.expm1(-safe))
        inverse = xp.where(positive, inverse, reach)
        right = gap > 0.0
        high = xp.where(right, xp.clip(inverse, center, xp.maximum(reach, center)), center)
        low = xp.where(right, center, xp.clip(inverse, xp.minimum(reach, center), center))
        first = bracketed_newton(slope, center, low, high, xp=xp)
        several = xp.logical_and(right, weight < 0.25 * V)
        if not bool(xp.any(several)):
            return first
        y = wright_omega(xp.where(several, V, zero) + 1.0, xp=xp)
        start = xp.where(several, xp.log(xp.maximum(y - 1.0, xp.full_like(y, 1e-30))), first)
        last = bracketed_newton(slope, xp.clip(start, low, high), low, high, xp=xp)
        return xp.where(value(last) < value(first), last, first)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """The logistic function of beta U."""
        return sigmoid(U if self.beta == 1.0 else self.beta * U, xp=xp)

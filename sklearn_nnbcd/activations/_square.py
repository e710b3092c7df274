# SPDX-License-Identifier: BSD-3-Clause
"""The square."""

from typing import Any

from ._base import BaseActivation

#: Newton steps from within a factor of two of the root: float64 needs 7 at most
_STEPS = 8


class Square(BaseActivation):
    """sigma(u) = u^2."""

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """U * U."""
        return U * U

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The stationary point on the center's side of zero.

        1/2 (u^2 - v)^2 + weight/2 u^2 is even, so a minimiser has the sign of the center, and with
        ``t = |u|`` the slope is 2 (t^3 + p t - q), p = weight/2 - v, ``q = weight |center|/2``, which has
        one positive root by Descartes' rule (for q = 0: sqrt(max(-p, 0))). Newton from above, where
        the cubic is convex, descends to it.
        """
        p = 0.5 * weight - V
        q = (0.5 * weight) * xp.abs(center)
        zero = xp.zeros_like(p)
        t = xp.sqrt(xp.maximum(-p, zero)) + q ** (1.0 / 3.0)
        positive = xp.where(p > 0.0, p, xp.ones_like(p))
        t = xp.where(p > 0.0, xp.minimum(t, q / positive), t)
        for _ in range(_STEPS):
            square = t * t
            slope = 3.0 * square + p
            rising = slope > 0.0
            new = (2.0 * square * t + q) / xp.where(rising, slope, xp.ones_like(slope))
            t = xp.where(rising, new, t)
        return xp.where(center < 0.0, -t, t)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """2 U."""
        return 2.0 * U

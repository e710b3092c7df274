# SPDX-License-Identifier: BSD-3-Clause
"""Powers of entries between counting them and adding them up."""

from numbers import Real
from typing import Any

from .._validation import check_number
from ._base import BaseRegularizer, row_sums

#: Newton steps; they are monotone and more than double precision needs
_STEPS = 30


class Lp(BaseRegularizer):
    """r(Z) = strength times the sum of ``|z|^p`` with 0 < p < 1; it is not convex.

    It shrinks large entries less than L1 (p = 1) and makes more small ones zero.

    Parameters
    ----------
    strength : float, default=0.01
    p : float, default=0.5
        Between 0 (:class:`L0`) and 1 (:class:`L1`), neither included.
    """

    convex = False

    def __init__(self, strength: float = 0.01, p: float = 0.5):
        self.strength = strength
        self.p = p

    def _checked(self) -> tuple[float, float]:
        strength = check_number(self.strength, "strength", "Lp", cure="0 switches the term off.")
        if isinstance(self.p, bool) or not isinstance(self.p, Real):
            raise TypeError(f"The 'p' of Lp must be a number. Got {self.p!r}. Try 0.5.")
        if not 0.0 < self.p < 1.0:
            raise ValueError(
                f"The 'p' of Lp must be above 0 and below 1. Got {self.p!r}. Try 0.5, or use L0 or L1."
            )
        return strength, float(self.p)

    def check_parameters(self) -> None:
        """Raise unless the parameters are in their range."""
        self._checked()

    def value(self, Z: Any, *, xp: Any) -> Any:
        """Strength times the sum of ``|z|^p`` of each row."""
        strength, p = self._checked()
        return strength * row_sums(xp.abs(Z) ** p, xp=xp)

    def prox(self, Z: Any, weight: Any, *, xp: Any) -> Any:
        """Zero, or the larger root of ``x + a p x^(p-1) = |z|``, a = strength/weight: the better one.

        Right of the inflection x_0 = (a p (1 - p))^(1/(2-p)) the left side is convex and rises, so Newton's
        method from ``|z|`` falls monotonically to the root. Zero is better up to ``|z| = t``,
        t = (2 - p)/(2 (1 - p)) (2 a (1 - p))^(1/(2-p)).
        """
        strength, p = self._checked()
        a = strength / weight
        size = xp.abs(Z)
        threshold = (2.0 - p) / (2.0 * (1.0 - p)) * (2.0 * a * (1.0 - p)) ** (1.0 / (2.0 - p))
        kept = size > threshold
        target = xp.where(kept, size, xp.ones_like(size))
        a = xp.where(kept, a * xp.ones_like(size), xp.zeros_like(size))
        x = target
        for _ in range(_STEPS):
            power = a * p * x ** (p - 2.0)
            x = x - (x + power * x - target) / (1.0 - (1.0 - p) * power)
        return xp.where(kept, xp.sign(Z) * x, xp.zeros_like(Z))

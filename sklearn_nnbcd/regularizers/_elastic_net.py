# SPDX-License-Identifier: BSD-3-Clause
"""Small entries, and some that are exactly zero."""

from typing import Any

from .._validation import check_number
from ._base import BaseRegularizer, row_sums
from ._l1 import soft_threshold


class ElasticNet(BaseRegularizer):
    """r(Z) = strength (l1_ratio ||Z||_1 + (1 - l1_ratio)/2 ||Z||^2).

    Parameters
    ----------
    strength : float, default=0.01
    l1_ratio : float, default=0.5
        Share of the l1 part, between 0 and 1.
    """

    def __init__(self, strength: float = 0.01, l1_ratio: float = 0.5):
        self.strength = strength
        self.l1_ratio = l1_ratio

    def _checked(self) -> tuple[float, float]:
        cure = "0 switches the term off."
        strength = check_number(self.strength, "strength", "ElasticNet", cure=cure)
        share = check_number(self.l1_ratio, "l1_ratio", "ElasticNet", high=1.0, cure="Try 0.5.")
        return strength * share, strength * (1.0 - share)

    def check_parameters(self) -> None:
        """Raise unless the parameters are in their range."""
        self._checked()

    def value(self, Z: Any, *, xp: Any) -> Any:
        """Both parts of each row."""
        first, second = self._checked()
        return row_sums(first * xp.abs(Z) + (0.5 * second) * (Z * Z), xp=xp)

    def prox(self, Z: Any, weight: Any, *, xp: Any) -> Any:
        """Soft thresholding, then a factor below one."""
        first, second = self._checked()
        return soft_threshold(Z, first / weight, xp=xp) * (weight / (weight + second))

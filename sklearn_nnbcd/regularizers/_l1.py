# SPDX-License-Identifier: BSD-3-Clause
"""Entries that are exactly zero."""

from typing import Any

from .._validation import check_number
from ._base import BaseRegularizer, row_sums


def soft_threshold(Z: Any, threshold: Any, *, xp: Any) -> Any:
    """Entries moved towards zero by the threshold, a float or an array."""
    size = xp.abs(Z) - threshold
    return xp.sign(Z) * xp.maximum(size, xp.zeros_like(size))


class L1(BaseRegularizer):
    """r(Z) = strength ||Z||_1.

    Parameters
    ----------
    strength : float, default=0.01
    """

    def __init__(self, strength: float = 0.01):
        self.strength = strength

    def _checked(self) -> float:
        return check_number(self.strength, "strength", "L1", cure="0 switches the term off.")

    def check_parameters(self) -> None:
        """Raise unless the parameters are in their range."""
        self._checked()

    def value(self, Z: Any, *, xp: Any) -> Any:
        """strength ||z||_1 of each row."""
        return self._checked() * row_sums(xp.abs(Z), xp=xp)

    def prox(self, Z: Any, weight: Any, *, xp: Any) -> Any:
        """Soft thresholding at strength / weight."""
        return soft_threshold(Z, self._checked() / weight, xp=xp)

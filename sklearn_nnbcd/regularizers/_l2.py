# SPDX-License-Identifier: BSD-3-Clause
"""Small entries."""

from typing import Any

from .._validation import check_number
from ._base import BaseRegularizer, row_sums


class L2(BaseRegularizer):
    """r(Z) = strength/2 ||Z||^2.

    Parameters
    ----------
    strength : float, default=0.01
    """

    def __init__(self, strength: float = 0.01):
        self.strength = strength

    def _checked(self) -> float:
        return check_number(self.strength, "strength", "L2", cure="0 switches the term off.")

    def check_parameters(self) -> None:
        """Raise unless the parameters are in their range."""
        self._checked()

    def value(self, Z: Any, *, xp: Any) -> Any:
        """strength/2 ||z||^2 of each row."""
        return (0.5 * self._checked()) * row_sums(Z * Z, xp=xp)

    def prox(self, Z: Any, weight: Any, *, xp: Any) -> Any:
        """Z times weight / (weight + strength)."""
        return Z * (weight / (weight + self._checked()))

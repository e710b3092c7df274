# SPDX-License-Identifier: BSD-3-Clause
"""Entries that are zero, or as they were."""

from typing import Any

from .._validation import check_number
from ._base import BaseRegularizer, row_sums


class L0(BaseRegularizer):
    """r(Z) = strength times the number of entries that are not zero; it is not convex.

    Parameters
    ----------
    strength : float, default=0.01
    """

    convex = False

    def __init__(self, strength: float = 0.01):
        self.strength = strength

    def _checked(self) -> float:
        return check_number(self.strength, "strength", "L0", cure="0 switches the term off.")

    def check_parameters(self) -> None:
        """Raise unless the parameters are in their range."""
        self._checked()

    def value(self, Z: Any, *, xp: Any) -> Any:
        """strength ||z||_0 of each row."""
        return self._checked() * row_sums(xp.astype(Z != 0.0, Z.dtype), xp=xp)

    def prox(self, Z: Any, weight: Any, *, xp: Any) -> Any:
        """Hard thresholding: entries stay where weight/2 z^2 is above the strength."""
        return xp.where(0.5 * weight * (Z * Z) > self._checked(), Z, xp.zeros_like(Z))

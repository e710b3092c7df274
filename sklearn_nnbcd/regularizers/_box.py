# SPDX-License-Identifier: BSD-3-Clause
"""Entries between two bounds."""

import math
from numbers import Real
from typing import Any

from ._base import BaseRegularizer, row_sums


class Box(BaseRegularizer):
    """low <= z <= high for every entry z, as a constraint: r is 0 inside and inf outside.

    Parameters
    ----------
    low : float, default=-1.0
    high : float, default=1.0
        At least low; either may be infinite.
    """

    def __init__(self, low: float = -1.0, high: float = 1.0):
        self.low = low
        self.high = high

    def _checked(self) -> tuple[float, float]:
        ends = (self.low, self.high)
        if any(isinstance(e, bool) or not isinstance(e, Real) or math.isnan(e) for e in ends):
            raise TypeError(
                f"The 'low' and 'high' of Box must be numbers. Got {ends!r}. Try low=-1.0, high=1.0."
            )
        if not self.low <= self.high or self.low == math.inf or self.high == -math.inf:
            raise ValueError(
                "The 'low' and 'high' of Box must be such that low <= high, with a finite number "
                f"between them. Got {ends!r}. Try low=-1.0, high=1.0."
            )
        return ends

    def check_parameters(self) -> None:
        """Raise unless the parameters are in their range."""
        self._checked()

    def value(self, Z: Any, *, xp: Any) -> Any:
        """0 where all entries of a row are inside, else inf."""
        low, high = self._checked()
        outside = xp.astype(xp.logical_or(Z < low, Z > high), Z.dtype)
        broken = row_sums(outside, xp=xp) > 0.0
        return xp.where(broken, xp.asarray(math.inf, dtype=Z.dtype), xp.asarray(0.0, dtype=Z.dtype))

    def prox(self, Z: Any, weight: Any, *, xp: Any) -> Any:
        """The projection."""
        return self.project(Z, xp=xp)

    def project(self, Z: Any, *, xp: Any) -> Any:
        """Z clipped to [low, high]."""
        low, high = (end if math.isfinite(end) else None for end in self._checked())
        return xp.clip(Z, low, high)

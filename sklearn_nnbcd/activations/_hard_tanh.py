# SPDX-License-Identifier: BSD-3-Clause
"""The hyperbolic tangent in three straight pieces."""

import math
from typing import Any

from ._base import BaseActivation
from ._piecewise import prox_piecewise

_PIECES = ((-1.0, 1.0, 1.0, 0.0), (-math.inf, -1.0, 0.0, -1.0), (1.0, math.inf, 0.0, 1.0))


class HardTanh(BaseActivation):
    """sigma(u) = min(max(u, -1), 1)."""

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """U clipped to [-1, 1]."""
        return xp.clip(U, -1.0, 1.0)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The best clipped vertex of the three pieces."""
        return prox_piecewise(V, center, weight, _PIECES, xp=xp)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """1 inside (-1, 1), 0 elsewhere."""
        return xp.astype(xp.abs(U) < 1.0, U.dtype)

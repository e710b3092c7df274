# SPDX-License-Identifier: BSD-3-Clause
"""The logistic function in three straight pieces."""

import math
from typing import Any

from ._base import BaseActivation
from ._piecewise import prox_piecewise

_PIECES = (
    (-3.0, 3.0, 1.0 / 6.0, 0.5),
    (-math.inf, -3.0, 0.0, 0.0),
    (3.0, math.inf, 0.0, 1.0),
)


class HardSigmoid(BaseActivation):
    """sigma(u) = min(max(u/6 + 1/2, 0), 1)."""

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """U/6 + 1/2 clipped to [0, 1]."""
        return xp.clip(U * (1.0 / 6.0) + 0.5, 0.0, 1.0)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The best clipped vertex of the three pieces."""
        return prox_piecewise(V, center, weight, _PIECES, xp=xp)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """1/6 inside (-3, 3), 0 elsewhere."""
        return xp.astype(xp.abs(U) < 3.0, U.dtype) * (1.0 / 6.0)

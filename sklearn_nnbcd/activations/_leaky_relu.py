# SPDX-License-Identifier: BSD-3-Clause
"""The leaky rectifier."""

import math
from typing import Any

from .._validation import check_number
from ..backends import get_backend
from ._base import BaseActivation
from ._piecewise import prox_piecewise


class LeakyReLU(BaseActivation):
    """sigma(u) = u for u >= 0 and negative_slope * u below.

    Parameters
    ----------
    negative_slope : float, default=0.01
        Slope left of zero.
    """

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = negative_slope

    def check_parameters(self) -> None:
        """Raise unless ``negative_slope`` is in its range."""
        cure = "0.01 is usual; 0 is relu."
        check_number(self.negative_slope, "negative_slope", "LeakyReLU", cure=cure)

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """U where U >= 0, negative_slope * U elsewhere."""
        return get_backend(xp).select(U >= 0.0, U, self.negative_slope * U, xp=xp)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The better of the best u >= 0 and the best u <= 0, two clipped vertices of parabolas."""
        pieces = ((0.0, math.inf, 1.0, 0.0), (-math.inf, 0.0, float(self.negative_slope), 0.0))
        return prox_piecewise(V, center, weight, pieces, xp=xp)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """1 where U > 0, else negative_slope."""
        one = xp.ones_like(U)
        return get_backend(xp).select(U > 0.0, one, self.negative_slope * one, xp=xp)

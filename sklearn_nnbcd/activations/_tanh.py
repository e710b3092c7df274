# SPDX-License-Identifier: BSD-3-Clause
"""The hyperbolic tangent."""

from typing import Any

from ..numerics._scalar import sigmoid_parts
from ._base import BaseActivation
from ._sigmoid import prox_sigmoid


class Tanh(BaseActivation):
    """sigma(u) = tanh(u)."""

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """tanh(U)."""
        return xp.tanh(U)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The lower of at most two valleys: tanh(u) = 2 s(2 u) - 1 with s the logistic function.

        1/2 (tanh(u) - v)^2 + weight/2 (u - center)^2 is 4 times the logistic function's problem in
        2 u with target (v + 1)/2, center 2 center and weight/16.
        """
        return 0.5 * prox_sigmoid(0.5 * (V + 1.0), 2.0 * center, weight / 16.0, xp=xp)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """1 - tanh(U)^2, small values kept."""
        return 4.0 * sigmoid_parts(2.0 * U, xp=xp)[1]

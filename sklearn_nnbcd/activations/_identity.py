# SPDX-License-Identifier: BSD-3-Clause
"""The identity, the paper's output activation."""

from typing import Any

from ._base import BaseActivation


class Identity(BaseActivation):
    """sigma(u) = u."""

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """U itself."""
        return U

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """(v + weight center) / (1 + weight), eq. (10)."""
        return (V + weight * center) / (1.0 + weight)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """1."""
        return xp.ones_like(U)

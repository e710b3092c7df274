# SPDX-License-Identifier: BSD-3-Clause
"""The identity, the paper's output activation."""

from ._base import BaseActivation


class Identity(BaseActivation):
    """sigma(u) = u."""

    def __call__(self, U, *, xp):
        """U itself."""
        return U

    def prox(self, V, center, weight, *, xp):
        """(v + weight center) / (1 + weight), eq. (10)."""
        return (V + weight * center) / (1.0 + weight)

    def derivative(self, U, *, xp):
        """1."""
        return xp.ones_like(U)

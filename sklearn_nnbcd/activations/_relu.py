# SPDX-License-Identifier: BSD-3-Clause
"""The rectifier."""

import math

from ._base import BaseActivation


class ReLU(BaseActivation):
    """sigma(u) = max(u, 0)."""

    def __call__(self, U, *, xp):
        """max(U, 0)."""
        return xp.maximum(U, xp.asarray(0.0, dtype=U.dtype))

    def prox(self, V, center, weight, *, xp):
        """The better of the best u >= 0 and the best u <= 0 (Lemma 9).

        The best u >= 0 is max(v + weight center, 0) / (1 + weight), the best u <= 0 is
        min(center, 0). Comparing the two values, the first wins exactly where
        center + (sqrt(1 + 1/weight) - 1) max(v, 0) > 0.
        """
        zero = xp.asarray(0.0, dtype=V.dtype)
        threshold = math.sqrt(1.0 + 1.0 / weight) - 1.0
        positive = xp.maximum(V, zero)
        positive *= threshold
        positive += center
        best = weight * center
        best += V
        best = xp.maximum(best, zero)
        best *= 1.0 / (1.0 + weight)
        return xp.where(positive > 0.0, best, center)

    def derivative(self, U, *, xp):
        """1 where U > 0, else 0."""
        return xp.astype(U > 0.0, U.dtype)

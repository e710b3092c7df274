# SPDX-License-Identifier: BSD-3-Clause
"""The rectifier."""

import math
from typing import Any

from ..backends import get_backend
from ._base import BaseActivation


class ReLU(BaseActivation):
    """sigma(u) = max(u, 0)."""

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """max(U, 0)."""
        return get_backend(xp).positive_part(U, xp=xp)

    def over(self, U: Any, *, xp: Any) -> Any:
        """max(U, 0) in the place of U, where the library can."""
        return get_backend(xp).positive_part(U, xp=xp, over=True)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The better of the best u >= 0 and the best u <= 0 (Lemma 9).

        The best u >= 0 is max(v + weight center, 0) / (1 + weight), the best u <= 0 is
        min(center, 0). Comparing the two values, the first wins exactly where
        center + (sqrt(1 + 1/weight) - 1) max(v, 0) > 0.
        """
        threshold = math.sqrt(1.0 + 1.0 / weight) - 1.0
        backend = get_backend(xp)
        positive = backend.positive_part(V, xp=xp)
        positive *= threshold
        positive += center
        best = weight * center
        best += V
        best = backend.positive_part(best, xp=xp)
        best *= 1.0 / (1.0 + weight)
        return backend.select_by_sign(positive, best, center, xp=xp)

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """1 where U > 0, else 0."""
        return xp.astype(U > 0.0, U.dtype)

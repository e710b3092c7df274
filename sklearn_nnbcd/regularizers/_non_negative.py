# SPDX-License-Identifier: BSD-3-Clause
"""Entries that are not negative."""

import math
from typing import Any

from ._base import BaseRegularizer
from ._box import Box


class NonNegative(BaseRegularizer):
    """z >= 0 for every entry z, as a constraint: r is 0 where it holds and inf elsewhere."""

    def value(self, Z: Any, *, xp: Any) -> Any:
        """0 where no entry of a row is negative, else inf."""
        return Box(0.0, math.inf).value(Z, xp=xp)

    def prox(self, Z: Any, weight: Any, *, xp: Any) -> Any:
        """max(Z, 0)."""
        return self.project(Z, xp=xp)

    def project(self, Z: Any, *, xp: Any) -> Any:
        """max(Z, 0)."""
        return xp.maximum(Z, xp.asarray(0.0, dtype=Z.dtype))

# SPDX-License-Identifier: BSD-3-Clause
"""Sparse, small weights by the elastic net."""

from dataclasses import dataclass
from typing import Any

from .._validation import check_number
from ..backends import get_backend
from ._base import BaseCompression
from ._l1 import L1Plan, check_strength


@dataclass(frozen=True)
class ElasticNetPlan(L1Plan):
    """Soft thresholding and shrinkage for one shape; ``strength`` is that of the l1 part."""

    ridge: float

    def prox(self, target: Any, weight: Any, *, xp: Any) -> Any:
        """Soft thresholding, then a factor weight / (weight + ridge)."""
        return super().prox(target, weight, xp=xp) * (weight / (weight + self.ridge))

    def penalty(self, M: Any, *, xp: Any) -> Any:
        """strength * sum |m| + ridge / 2 * sum m^2."""
        squares = get_backend(xp).number(xp.sum(M.data * M.data), xp=xp)
        return super().penalty(M, xp=xp) + 0.5 * self.ridge * squares


class ElasticNet(BaseCompression):
    """Sparse, small weights by r(M) = strength (l1_ratio ||M||_1 + (1 - l1_ratio)/2 ||M||^2).

    Parameters
    ----------
    strength : float, default=0.01
        Weight of the whole penalty, > 0.
    l1_ratio : float, default=0.5
        Share of the l1 part, 0 <= l1_ratio <= 1; with 0 nothing becomes zero.

    Examples
    --------
    >>> import numpy as np
    >>> plan = ElasticNet(strength=1.0, l1_ratio=0.5).plan((1, 2))
    >>> M = plan.project(np.asarray([[2.0, -0.5]]), xp=np)
    >>> [float(m) for m in M.to_dense(xp=np)[0]]
    [1.0, 0.0]
    """

    def __init__(self, strength: float = 0.01, l1_ratio: float = 0.5):
        self.strength = strength
        self.l1_ratio = l1_ratio

    def plan(self, shape: tuple) -> ElasticNetPlan:
        """Check both parameters."""
        strength = check_strength(self.strength, "ElasticNet")
        share = check_number(self.l1_ratio, "l1_ratio", "ElasticNet", high=1.0, cure="Try 0.5.")
        return ElasticNetPlan(tuple(shape), strength * share, strength * (1.0 - share))

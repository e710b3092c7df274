# SPDX-License-Identifier: BSD-3-Clause
"""Sparse weights by an absolute value penalty."""

from dataclasses import dataclass
from typing import Any

from .._validation import check_number
from ..backends import get_backend
from ..numerics._metric import Metric
from ._base import BaseCompression
from ._penalized import PenalizedPlan
from ._sparse import SparseWeight


@dataclass(frozen=True)
class L1Plan(PenalizedPlan):
    """Soft thresholding for one shape."""

    shape: tuple
    strength: float

    def projects_exactly(self, metric: Metric | None) -> bool:
        """Without cross terms one prox is the answer."""
        return metric is None or metric.is_diagonal

    def prox(self, target: Any, weight: Any, *, xp: Any) -> Any:
        """Shrink by strength / weight, (23)."""
        size = xp.abs(target) - self.strength / weight
        return xp.sign(target) * xp.where(size > 0, size, xp.zeros_like(size))

    def penalty(self, M: SparseWeight, *, xp: Any) -> Any:
        """strength * sum |m|."""
        return self.strength * get_backend(xp).number(xp.sum(xp.abs(M.data)), xp=xp)


class L1(BaseCompression):
    """Sparse weights by the penalty r(M) = strength * ||M||_1, (23) of the paper.

    Parameters
    ----------
    strength : float, default=0.01
        Weight of the penalty, > 0. Entries below ``strength / (tau + alpha)`` become zero.

    Examples
    --------
    >>> import numpy as np
    >>> plan = L1(strength=0.5).plan((1, 3))
    >>> M = plan.project(np.asarray([[2.0, -0.25, -1.0]]), xp=np)
    >>> [float(m) for m in M.to_dense(xp=np)[0]]
    [1.5, 0.0, -0.5]
    """

    def __init__(self, strength: float = 0.01):
        self.strength = strength

    def plan(self, shape: tuple) -> L1Plan:
        """Check the strength."""
        return L1Plan(tuple(shape), check_strength(self.strength, "L1"))


def check_strength(value: Any, owner: str, parameter: str = "strength", *, strict: bool = True) -> float:
    """The strength of a penalty as a float; anything but a finite number > 0 raises."""
    cure = "Try 0.01, or compression=None to remove nothing."
    return check_number(value, parameter, owner, strict=strict, cure=cure)

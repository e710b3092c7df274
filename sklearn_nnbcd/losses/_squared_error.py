# SPDX-License-Identifier: BSD-3-Clause
"""Squared error, the loss of all the paper's experiments."""

from typing import Any

from ..numerics._simplex import project_to_simplex, two_columns
from ._base import BaseLoss


class SquaredError(BaseLoss):
    """1/2 ||v - y||^2 of each row, summed over outputs."""

    tasks = frozenset({"classification", "regression"})
    off = 0.0

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """1/2 ||v - y||^2 of each row."""
        return 0.5 * xp.sum((V - Y) ** 2, axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """v - y."""
        return V - Y

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """The identity."""
        return xp.eye(V.shape[1], dtype=V.dtype)

    def as_quadratic(self, Y: Any, center: Any, weight: float, *, xp: Any) -> tuple[Any, float]:
        """About the mean of Y and the center, with the weight 1 + weight."""
        return self.prox(Y, center, weight, xp=xp), 1.0 + weight

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """(y + weight center) / (1 + weight)."""
        return (Y + weight * center) / (1.0 + weight)

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """The nearest probability vector.

        The least squares output estimates the conditional mean of the one-hot target, that is the
        class probabilities; its Euclidean projection onto the simplex is the nearest valid one.
        """
        if V.shape[1] == 1:
            return two_columns(xp.clip(0.5 * (V + 1.0), 0.0, 1.0), xp=xp)
        return project_to_simplex(V, xp=xp)

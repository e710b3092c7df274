# SPDX-License-Identifier: BSD-3-Clause
"""Huber's loss."""

from typing import Any

from .._validation import check_number
from ._base import LEAST_CURVATURE, BaseLoss, diagonal_mean


class Huber(BaseLoss):
    """Sum over outputs of ``e^2/2 where |e| <= delta and delta (|e| - delta/2) beyond``, e = v - y.

    Parameters
    ----------
    delta : float, default=1.35
        Where the square ends. In units of the targets' common standard deviation, as
        :class:`~sklearn_nnbcd.NNBCDRegressor` hands standardised targets to the loss.
    """

    tasks = frozenset({"regression"})

    def __init__(self, delta: float = 1.35):
        self.delta = delta

    def check_parameters(self) -> None:
        """Raise unless ``delta`` is a finite number > 0."""
        self._checked()

    def _checked(self) -> float:
        return check_number(self.delta, "delta", "Huber", strict=True, cure="Try 1.35.")

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """Huber's loss of each row."""
        delta, E = self.delta, xp.abs(V - Y)  # one for each output after rescaled()
        inner = xp.minimum(E, xp.asarray(delta, dtype=E.dtype))
        return xp.sum(inner * (E - 0.5 * inner), axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """v - y, clipped to [-delta, delta]."""
        delta = self._checked()
        return xp.clip(V - Y, -delta, delta)

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """diag(share of rows with ``|v - y| <= delta``), at least a hundredth of them.

        The least share keeps a step finite where all rows are beyond delta. The quadratic that
        majorises the loss, ``min(1, delta / |v - y|)`` in place of 0 or 1, made steps shorter and fits
        worse the smaller delta is.
        """
        inside = xp.astype(xp.abs(V - Y) <= self._checked(), V.dtype)
        H = diagonal_mean(inside, s, xp=xp)
        return xp.maximum(H, LEAST_CURVATURE * xp.eye(H.shape[0], dtype=H.dtype))

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """center - g, g = (center - y)/(1 + weight) clipped to [-delta/weight, delta/weight]."""
        bound = self._checked() / weight
        return center - xp.clip((center - Y) * (1.0 / (1.0 + weight)), -bound, bound)

    def rescaled(self, factor: Any) -> "Huber":
        """Huber's loss with delta times the factor; several factors, one for each output, serve ``value``."""
        return Huber(self._checked() * factor)

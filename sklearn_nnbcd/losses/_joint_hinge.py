# SPDX-License-Identifier: BSD-3-Clause
"""Hinge loss of all outputs together, (a4) of the paper."""

from typing import Any

from ..numerics._simplex import project_to_simplex, two_columns
from ._base import LEAST_CURVATURE, BaseLoss, row_shares
from ._hinge import Hinge


class JointHinge(BaseLoss):
    """max(0, 1 - <y, v>) of each row, with targets y of -1 and 1: one margin for all outputs.

    The paper's (a4). :class:`Hinge` asks every output for a margin of its own, which separates several
    classes better; with one output they are the same.
    """

    tasks = frozenset({"classification"})
    off = -1.0
    elementwise = False
    exact_hessian = False
    smooth = False

    def for_labels(self) -> BaseLoss:
        """The hinge loss of each label by itself."""
        return Hinge()

    def _margin(self, Y: Any, V: Any, *, xp: Any) -> Any:
        return xp.sum(Y * V, axis=1)[:, None]

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """The loss of each row."""
        return xp.clip(1.0 - self._margin(Y, V, xp=xp)[:, 0], 0.0, None)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """-y where the margin is below 1, else 0."""
        return xp.where(self._margin(Y, V, xp=xp) < 1.0, -Y, xp.zeros_like(Y))

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """mean g g', g the gradient, in place of a Hessian that is zero but at the kink; see :class:`Hinge`.

        The diagonal gets a hundredth more, so that no direction is without curvature.
        """
        G = xp.sqrt(row_shares(s, V.shape[0], V, xp=xp)) * self.gradient(Y, V, xp=xp)
        H = G.T @ G
        H = 0.5 * (H + H.T)  # a product need not be symmetric to the last digit
        return H + LEAST_CURVATURE * xp.eye(V.shape[1], dtype=V.dtype)

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """Lemma 8 along y: v = center + y t with t = clip((1 - <y, center>)/||y||^2, 0, 1/weight)."""
        square = xp.sum(Y * Y, axis=1)[:, None]
        safe = xp.where(square > 0.0, square, xp.ones_like(square))
        move = xp.clip((1.0 - self._margin(Y, center, xp=xp)) / safe, 0.0, 1.0 / weight)
        return center + Y * move

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """The nearest probability vector to (K v + 1)/2, as a margin of 1 is least far at v = y/K.

        The ranking is what the loss estimates: calibrate where the values matter.
        """
        if V.shape[1] == 1:
            return two_columns(xp.clip(0.5 * (V + 1.0), 0.0, 1.0), xp=xp)
        return project_to_simplex(0.5 * (V.shape[1] * V + 1.0), xp=xp)

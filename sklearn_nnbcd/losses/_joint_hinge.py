# SPDX-License-Identifier: BSD-3-Clause
"""Hinge loss of all outputs together, (a4) of the paper."""

from typing import Any

from ..numerics._simplex import project_to_simplex, two_columns
from ._base import LEAST_CURVATURE, BaseLoss, row_shares
from ._hinge import Hinge


class JointHinge(BaseLoss):
    """max(0, 1 - <y, v>) of each row: one margin for all outputs, the paper's (a4).

    The codes y of K >= 3 classes are 1 and -1/(K - 1): with codes that do not sum to zero, such as one-hot
    ones, equal outputs for all rows would have no loss. With one output it is :class:`Hinge`, which asks
    every output for a margin of its own.
    """

    tasks = frozenset({"classification"})
    off = -1.0
    elementwise = False
    exact_hessian = False
    smooth = False

    def for_labels(self) -> BaseLoss:
        """The hinge loss of each label by itself."""
        return Hinge()

    def _codes(self, Y: Any, *, xp: Any) -> Any:
        """Targets of -1 and 1 as 1 and -1/(K - 1); linear in Y, whose rows then sum to zero."""
        K = Y.shape[1]
        if K == 1:
            return Y
        return (Y - xp.mean(Y, axis=1)[:, None]) * (K / (2.0 * (K - 1.0)))

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """The loss of each row."""
        return xp.clip(1.0 - xp.sum(self._codes(Y, xp=xp) * V, axis=1), 0.0, None)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """-y where the margin is below 1, else 0."""
        codes = self._codes(Y, xp=xp)
        inside = (xp.sum(codes * V, axis=1) < 1.0)[:, None]
        return xp.where(inside, -codes, xp.zeros_like(codes))

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """mean ||g||^2 I, g the gradient, in place of a Hessian that is zero but at the kink.

        As in :class:`Hinge`, at least a hundredth. It is above mean g g', whose flat directions would make
        steps too long.
        """
        G = self.gradient(Y, V, xp=xp)
        mean = xp.sum(row_shares(s, V.shape[0], V, xp=xp) * G * G)
        return xp.eye(V.shape[1], dtype=V.dtype) * xp.clip(mean, LEAST_CURVATURE, None)

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """Lemma 8 along y: v = center + y t with t = clip((1 - <y, center>)/||y||^2, 0, 1/weight)."""
        codes = self._codes(Y, xp=xp)
        square = xp.sum(codes * codes, axis=1)
        safe = xp.where(square > 0.0, square, xp.ones_like(square))
        move = xp.clip((1.0 - xp.sum(codes * center, axis=1)) / safe, 0.0, 1.0 / weight)
        return center + codes * move[:, None]

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """The nearest probability vector to v: of the smallest v with a margin of 1 it is one-hot.

        The ranking is what the loss estimates: calibrate where the values matter.
        """
        if V.shape[1] == 1:
            return two_columns(xp.clip(0.5 * (V + 1.0), 0.0, 1.0), xp=xp)
        return project_to_simplex(V, xp=xp)

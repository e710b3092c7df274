# SPDX-License-Identifier: BSD-3-Clause
"""Hinge loss, one output per class against the rest."""

from typing import Any

from ..numerics._simplex import project_to_simplex, two_columns
from ._base import LEAST_CURVATURE, BaseLoss, diagonal_mean


class Hinge(BaseLoss):
    """Sum over outputs of max(0, 1 - y v), with targets y = -1 or 1."""

    tasks = frozenset({"classification"})
    off = -1.0
    exact_hessian = False
    smooth = False

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """Hinge loss of each row."""
        return xp.sum(xp.clip(1.0 - Y * V, 0.0, None), axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """-y where the margin is below 1, else 0."""
        return xp.where(Y * V < 1.0, -Y, xp.zeros_like(Y))

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """diag(mean g^2), g the gradient, in place of a Hessian that is zero but at the kink.

        For targets -1 and 1 that is the share of rows whose margin is below 1, at least a hundredth.
        It is to the loss what the Fisher information is to a likelihood: where all rows with a slope
        pull one way, a step moves the output by one margin.
        """
        G = self.gradient(Y, V, xp=xp)
        H = diagonal_mean(G * G, s, xp=xp)
        return xp.maximum(H, LEAST_CURVATURE * xp.eye(H.shape[0], dtype=H.dtype))

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """Lemma 8 for targets of any size: with m = y center, move along y until the margin is 1.

        The margin m becomes clip(1, m, m + y^2/weight), that is v = center + y t with
        t = clip((1 - m)/y^2, 0, 1/weight); y = 0 leaves the center.
        """
        square = Y * Y
        safe = xp.where(square > 0.0, square, xp.ones_like(square))
        move = xp.clip((1.0 - Y * center) / safe, 0.0, 1.0 / weight)
        return center + Y * move

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """Margins mapped from [-1, 1] to [0, 1]; several classes: the nearest probability vector.

        A hinge output estimates the sign, not the probability: use the ranking, and calibrate
        (:class:`sklearn.calibration.CalibratedClassifierCV`) where the values matter.
        """
        share = xp.clip(0.5 * (V + 1.0), 0.0, 1.0)
        if V.shape[1] == 1:
            return two_columns(share, xp=xp)
        return project_to_simplex(0.5 * (V + 1.0), xp=xp)

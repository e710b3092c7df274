# SPDX-License-Identifier: BSD-3-Clause
"""Absolute error, whose minimiser is the conditional median."""

from typing import Any

from ._base import BaseLoss


class AbsoluteError(BaseLoss):
    """Sum over outputs of ``|v - y|``.

    The splitting smooths every loss: after V_N and U_N are minimised out, (7) charges the forward
    pass the envelope min_v loss(v) + w/2 ||v - .||^2, w = rho gamma / (rho + gamma). Of the absolute
    error that is w times Huber's loss with delta = 1/w, in units of the targets' spread: 2 for
    rho = gamma = 1. Larger rho and gamma come nearer to the median, in more sweeps.
    """

    exact_hessian = False
    smooth = False
    tasks = frozenset({"regression"})

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """Absolute error of each row."""
        return xp.sum(xp.abs(V - Y), axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """The sign of v - y, a subgradient."""
        return xp.sign(V - Y)

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """The identity, in place of a Hessian that is zero but at v = y.

        It is the second moment of the slopes -1 and 1, which is the Fisher information of the Laplace
        distribution whose negative log-likelihood the loss is. A step is then at most one unit of the
        targets, their spread. What curves the mean, twice the residuals' density at zero (about
        1 / mean ``|v - y|``), made steps shorter and fits worse.
        """
        return xp.eye(V.shape[1], dtype=V.dtype)

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The center moved towards y by 1/weight, but not beyond y."""
        return center - xp.clip(center - Y, -1.0 / weight, 1.0 / weight)

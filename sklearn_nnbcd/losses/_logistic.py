# SPDX-License-Identifier: BSD-3-Clause
"""Logistic loss, one output per class against the rest."""

from typing import Any

from ..numerics._scalar import bracketed_newton, sigmoid, sigmoid_parts, softplus
from ..numerics._simplex import exponentials, two_columns
from ._base import diagonal_mean
from ._smoothed import SmoothedLoss


class Logistic(SmoothedLoss):
    """Sum over outputs of log(1 + exp(-y v)), with targets y = -1 or 1.

    The exact V_N step replaces the paper's prox-linear step (19),
    V_N <- (gamma U_N + alpha V_N - grad loss(V_N)) / (gamma + alpha) with alpha >= 1/4, the
    Lipschitz constant of the gradient.

    Parameters
    ----------
    smoothing : float or "auto", default="auto"
        Share of every target that goes to both classes alike, in [0, 1]: the loss is
        log(1 + exp(-y v)) + smoothing / 2 y v, the mean of those of y and -y with 1 - smoothing / 2 and
        smoothing / 2. "auto": 0.02 where outputs are calibrated on held-out rows, as in ``fit`` by
        mini-batches, elsewhere 0.
    """

    off = -1.0

    def sure_curvature(self, n_outputs: int) -> float:
        """q (1 - q) of q = smoothing / 2, for each output."""
        q = 0.5 * self.share_smoothed
        return n_outputs * q * (1.0 - q)

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """Logistic loss of each row."""
        margin, share = Y * V, self.share_smoothed
        each = softplus(-margin, xp=xp)
        return xp.sum(each + (0.5 * share) * margin if share else each, axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """-y / (1 + exp(y v)) + smoothing / 2 y."""
        share = self.share_smoothed
        slope = -Y * sigmoid(-Y * V, xp=xp)
        return slope + (0.5 * share) * Y if share else slope

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """diag(mean y^2 p (1 - p)), p = 1 / (1 + exp(-y v)): each output is a loss of its own."""
        return diagonal_mean(Y * Y * sigmoid_parts(-Y * V, xp=xp)[1], s, xp=xp)

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """v = center + y p / weight, with p = 1 / (1 + exp(y v)) by a bracketed Newton iteration.

        Moving along y, p falls from its value at the center, so v lies between the center and
        center + y p(center) / weight. What smoothing adds is linear in v, and moves the center.
        """
        if self.share_smoothed:
            center = center - (0.5 * self.share_smoothed / weight) * Y

        def slope(v: Any) -> tuple[Any, Any]:
            p, d = sigmoid_parts(-Y * v, xp=xp)
            return weight * (v - center) - Y * p, weight + Y * Y * d

        reach = center + Y * sigmoid(-Y * center, xp=xp) * (1.0 / weight)
        low, high = xp.minimum(center, reach), xp.maximum(center, reach)
        return bracketed_newton(slope, center, low, high, xp=xp)

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """The logistic function of the outputs; several classes: normalised to sum to one.

        One column is a probability estimate as it stands. Several columns are independent
        one-against-the-rest estimates, which ``"cross_entropy"`` would fit jointly.
        """
        return two_columns(sigmoid(V, xp=xp), xp=xp) if V.shape[1] == 1 else shares_of_odds(V, xp=xp)


def shares_of_odds(V: Any, *, xp: Any) -> Any:
    """Logistic functions of the entries of each row, over their sum; in logarithms, so that none underflows.

    Parameters
    ----------
    V : array of shape (n, k)
    xp : module
        Array API namespace.

    Returns
    -------
    P : array of shape (n, k)

    Examples
    --------
    >>> import numpy as np
    >>> shares_of_odds(np.asarray([[0.0, 0.0], [-2000.0, -2002.0]]), xp=np).round(3).tolist()
    [[0.5, 0.5], [0.881, 0.119]]
    """
    _, E, total = exponentials(-softplus(-V, xp=xp), xp=xp)
    return E / total

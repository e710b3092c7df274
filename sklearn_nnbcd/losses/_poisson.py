# SPDX-License-Identifier: BSD-3-Clause
"""Poisson loss with the logarithm as link, for counts and rates."""

import math

from ..utils._scalar import wright_omega
from ._base import BaseLoss


class Poisson(BaseLoss):
    """Sum over outputs of exp(v) - y v, with targets y >= 0; predictions are exp(v).

    Targets are neither centred nor scaled: the outputs are logarithms.
    """

    tasks = frozenset({"regression"})
    standardises = False

    def value(self, Y, V, *, xp):
        """exp(v) - y v of each row: the negative log-likelihood up to a constant."""
        return xp.sum(xp.exp(V) - Y * V, axis=1)

    def gradient(self, Y, V, *, xp):
        """exp(v) - y."""
        return xp.exp(V) - Y

    def prox(self, Y, center, weight, *, xp):
        """Closed form: v = a - x with a = center + y/weight, x + log x = a - log(weight).

        x = exp(v)/weight; where it is large, v = log(weight x) keeps more digits.
        """
        a = center + Y * (1.0 / weight)
        x = wright_omega(a - math.log(weight), xp=xp)
        return xp.where(x < 1.0, a - x, math.log(weight) + xp.log(xp.clip(x, 1.0, None)))

    def check_targets(self, Y, *, xp):
        """Raise unless all targets are >= 0."""
        lowest = float(xp.min(Y))
        if lowest < 0.0:
            raise ValueError(
                "The 'y' of fit must be >= 0 for loss='poisson', which models counts and rates. "
                f"Got {lowest:g}. Use loss='squared_error', or shift the targets."
            )

    def inverse_link(self, V, *, xp):
        """exp(V)."""
        return xp.exp(V)

# SPDX-License-Identifier: BSD-3-Clause
"""The leaky rectifier."""

from ._base import BaseActivation


class LeakyReLU(BaseActivation):
    """sigma(u) = u for u >= 0 and negative_slope * u below.

    Parameters
    ----------
    negative_slope : float, default=0.01
        Slope left of zero.
    """

    def __init__(self, negative_slope=0.01):
        self.negative_slope = negative_slope

    def __call__(self, U, *, xp):
        """U where U >= 0, negative_slope * U elsewhere."""
        return xp.where(U >= 0.0, U, self.negative_slope * U)

    def prox(self, V, center, weight, *, xp):
        """The better of the best u >= 0 and the best u <= 0: both are clipped vertices of parabolas."""
        slope = self.negative_slope
        zero = xp.asarray(0.0, dtype=V.dtype)
        above = xp.maximum((V + weight * center) / (1.0 + weight), zero)
        below = xp.minimum((slope * V + weight * center) / (slope * slope + weight), zero)
        value_above = (above - V) ** 2 + weight * (above - center) ** 2
        value_below = (slope * below - V) ** 2 + weight * (below - center) ** 2
        return xp.where(value_above <= value_below, above, below)

# SPDX-License-Identifier: BSD-3-Clause
"""Variance of He et al. (2015): 2 / d_in."""

from ._base import VarianceScaling


class KaimingNormal(VarianceScaling):
    """Normal draws with the variance of He et al. (2015): 2 / d_in, times gain squared."""

    def variance(self, d_in: int, d_out: int) -> float:
        """2.0 / d_in."""
        return 2.0 / d_in


class KaimingUniform(KaimingNormal):
    """Uniform draws with the variance of He et al. (2015): 2 / d_in, times gain squared."""

    distribution = "uniform"

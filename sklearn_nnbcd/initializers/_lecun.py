# SPDX-License-Identifier: BSD-3-Clause
"""Variance of LeCun et al. (1998): 1 / d_in."""

from ._base import VarianceScaling


class LecunNormal(VarianceScaling):
    """Normal draws with the variance of LeCun et al. (1998): 1 / d_in, times gain squared."""

    def variance(self, d_in: int, d_out: int) -> float:
        """1.0 / d_in."""
        return 1.0 / d_in


class LecunUniform(LecunNormal):
    """Uniform draws with the variance of LeCun et al. (1998): 1 / d_in, times gain squared."""

    distribution = "uniform"

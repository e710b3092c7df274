# SPDX-License-Identifier: BSD-3-Clause
"""Variance of Glorot and Bengio (2010): 2 / (d_in + d_out)."""

from ._base import VarianceScaling


class XavierNormal(VarianceScaling):
    """Normal draws with the variance of Glorot and Bengio (2010): 2 / (d_in + d_out), times gain squared."""

    def variance(self, d_in: int, d_out: int) -> float:
        """2.0 / (d_in + d_out)."""
        return 2.0 / (d_in + d_out)


class XavierUniform(XavierNormal):
    """Uniform draws with the variance of Glorot and Bengio (2010): 2 / (d_in + d_out), times gain squared."""

    distribution = "uniform"

# SPDX-License-Identifier: BSD-3-Clause
"""Regularisers: r_i on weights and s_i on V_i, each by its prox."""

from ._base import BaseRegularizer
from ._box import Box
from ._elastic_net import ElasticNet
from ._l0 import L0
from ._l1 import L1
from ._l2 import L2
from ._lp import Lp
from ._non_negative import NonNegative

REGULARIZERS = {
    "l2": L2,
    "l1": L1,
    "l0": L0,
    "lp": Lp,
    "elastic_net": ElasticNet,
    "nonnegative": NonNegative,
    "box": Box,
}

__all__ = [
    "REGULARIZERS",
    "BaseRegularizer",
    "Box",
    "ElasticNet",
    "L0",
    "L1",
    "L2",
    "Lp",
    "NonNegative",
]

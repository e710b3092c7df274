# SPDX-License-Identifier: BSD-3-Clause
"""Compressions: the formats of W_i^MC and their steps (13)."""

from ._base import BaseCompression, CompressedWeight, CompressionPlan
from ._dense import DenseWeight
from ._l0 import L0
from ._low_rank import LowRank
from ._tensor_train import TensorTrain

COMPRESSIONS = {"tt": TensorTrain, "low_rank": LowRank, "l0": L0}

__all__ = [
    "COMPRESSIONS",
    "BaseCompression",
    "CompressedWeight",
    "CompressionPlan",
    "DenseWeight",
    "L0",
    "LowRank",
    "TensorTrain",
]

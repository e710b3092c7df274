# SPDX-License-Identifier: BSD-3-Clause
"""Compressions: the formats of W_i^MC and their steps (13)."""

from ._base import BaseCompression, CompressedWeight, CompressionPlan, stored_bytes
from ._binary import Binary
from ._budget import Budget, budget_plans, check_budget, check_ratio, least_entries
from ._codebook import Codebook
from ._cp import CP
from ._default_rank import default_plan
from ._dense import DensePlan, DenseWeight
from ._elastic_net import ElasticNet
from ._group_lasso import GroupLasso
from ._l0 import L0
from ._l0_penalty import L0Penalty
from ._l1 import L1
from ._local import Local
from ._low_rank import LowRank
from ._quantized import Quantized
from ._regularized import RegularizedPlan
from ._regularized_format import RegularizedFormatPlan
from ._rounded import check_bits, quantized, quantized_plan, rounded_plans
from ._sum import Sum
from ._tensor_train import TensorTrain
from ._ternary import Ternary
from ._tucker import Tucker
from .quantization import QuantizedPlan, QuantizedWeight

COMPRESSIONS = {
    "tt": TensorTrain,
    "tucker": Tucker,
    "cp": CP,
    "low_rank": LowRank,
    "l0": L0,
    "l0_penalty": L0Penalty,
    "l1": L1,
    "elastic_net": ElasticNet,
    "group_lasso": GroupLasso,
    "sum": Sum,
    "quantized": Quantized,
    "ternary": Ternary,
    "binary": Binary,
    "codebook": Codebook,
}

__all__ = [
    "COMPRESSIONS",
    "BaseCompression",
    "Binary",
    "Budget",
    "CP",
    "Codebook",
    "CompressedWeight",
    "CompressionPlan",
    "DensePlan",
    "DenseWeight",
    "ElasticNet",
    "GroupLasso",
    "L0",
    "L0Penalty",
    "L1",
    "Local",
    "LowRank",
    "Quantized",
    "QuantizedPlan",
    "QuantizedWeight",
    "RegularizedFormatPlan",
    "RegularizedPlan",
    "Sum",
    "TensorTrain",
    "Ternary",
    "Tucker",
    "budget_plans",
    "check_bits",
    "check_budget",
    "least_entries",
    "check_ratio",
    "default_plan",
    "quantized",
    "quantized_plan",
    "rounded_plans",
    "stored_bytes",
]

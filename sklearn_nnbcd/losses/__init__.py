# SPDX-License-Identifier: BSD-3-Clause
"""Losses: value, the exact V_N block (8), coding of labels, probabilities."""

from ._absolute_error import AbsoluteError
from ._base import BaseLoss
from ._cross_entropy import CrossEntropy
from ._exponential import Exponential
from ._hinge import Hinge
from ._huber import Huber
from ._joint_hinge import JointHinge
from ._logistic import Logistic
from ._poisson import Poisson
from ._squared_error import SquaredError

LOSSES = {
    "squared_error": SquaredError,
    "hinge": Hinge,
    "joint_hinge": JointHinge,
    "exponential": Exponential,
    "logistic": Logistic,
    "cross_entropy": CrossEntropy,
    "huber": Huber,
    "absolute_error": AbsoluteError,
    "poisson": Poisson,
}

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "BaseLoss",
    "CrossEntropy",
    "Exponential",
    "Hinge",
    "Huber",
    "JointHinge",
    "Logistic",
    "Poisson",
    "SquaredError",
]

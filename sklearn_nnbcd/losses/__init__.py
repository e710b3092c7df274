# SPDX-License-Identifier: BSD-3-Clause
"""Losses: value, the exact V_N block (8), coding of labels, probabilities."""

from ._base import BaseLoss
from ._hinge import Hinge
from ._squared_error import SquaredError

LOSSES = {"squared_error": SquaredError, "hinge": Hinge}

__all__ = ["LOSSES", "BaseLoss", "Hinge", "SquaredError"]

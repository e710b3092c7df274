# SPDX-License-Identifier: BSD-3-Clause
"""Activations: sigma_i and the exact minimiser of the U block (11)."""

from ._base import BaseActivation
from ._identity import Identity
from ._leaky_relu import LeakyReLU
from ._relu import ReLU

ACTIVATIONS = {"relu": ReLU, "leaky_relu": LeakyReLU, "identity": Identity}

__all__ = ["ACTIVATIONS", "BaseActivation", "Identity", "LeakyReLU", "ReLU"]

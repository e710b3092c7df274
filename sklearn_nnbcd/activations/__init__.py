# SPDX-License-Identifier: BSD-3-Clause
"""Activations: sigma_i and the exact minimiser of the U block (11)."""

from ._base import BaseActivation
from ._hard_sigmoid import HardSigmoid
from ._hard_tanh import HardTanh
from ._identity import Identity
from ._leaky_relu import LeakyReLU
from ._piecewise import prox_piecewise
from ._polynomial import Polynomial
from ._relu import ReLU
from ._sigmoid import Sigmoid
from ._softplus import Softplus
from ._square import Square
from ._tanh import Tanh

ACTIVATIONS = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "identity": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "softplus": Softplus,
    "square": Square,
    "polynomial": Polynomial,
    "hard_sigmoid": HardSigmoid,
    "hard_tanh": HardTanh,
}

__all__ = [
    "ACTIVATIONS",
    "BaseActivation",
    "HardSigmoid",
    "HardTanh",
    "Identity",
    "LeakyReLU",
    "Polynomial",
    "ReLU",
    "Sigmoid",
    "Softplus",
    "Square",
    "Tanh",
    "prox_piecewise",
]

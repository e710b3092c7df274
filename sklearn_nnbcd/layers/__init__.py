# SPDX-License-Identifier: BSD-3-Clause
"""Layers: affine maps between V_{i-1} and U_i, their least squares statistics and solves."""

from ._base import BaseLayer, LayerStatistics
from ._conv import Conv2D
from ._dense import Dense
from ._pool import AveragePool2D
from ._residual import Residual
from ._stack import Stack, resolve_input_shape, resolve_stack

LAYERS = {
    "dense": Dense,
    "conv2d": Conv2D,
    "average_pool2d": AveragePool2D,
    "residual": Residual,
}

__all__ = [
    "LAYERS",
    "AveragePool2D",
    "BaseLayer",
    "Conv2D",
    "Dense",
    "LayerStatistics",
    "Residual",
    "Stack",
    "resolve_input_shape",
    "resolve_stack",
]

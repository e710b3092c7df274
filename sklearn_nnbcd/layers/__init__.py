# SPDX-License-Identifier: BSD-3-Clause
"""Layers: affine maps between V_{i-1} and U_i, their least squares statistics and solves."""

from ._base import BaseLayer, LayerStatistics
from ._dense import Dense

LAYERS = {"dense": Dense}

__all__ = ["LAYERS", "BaseLayer", "Dense", "LayerStatistics"]

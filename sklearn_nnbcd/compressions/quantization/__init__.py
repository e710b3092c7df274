# SPDX-License-Identifier: BSD-3-Clause
"""Numbers of few bits: grids, packed integers, and rounding in a metric."""

from ._fixed_point import FixedPoint, plain_numbers, stored_arrays, taken
from ._grid import GRIDS, Grid
from ._packing import pack, packed_size, unpack
from ._quantized_array import QuantizedArray
from ._quantized_plan import QuantizedPlan
from ._quantized_weight import QuantizedWeight
from ._rounding import Rounded, round_matrix

__all__ = [
    "GRIDS",
    "FixedPoint",
    "Grid",
    "QuantizedArray",
    "QuantizedPlan",
    "QuantizedWeight",
    "Rounded",
    "pack",
    "packed_size",
    "plain_numbers",
    "round_matrix",
    "stored_arrays",
    "taken",
    "unpack",
]

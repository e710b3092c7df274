# SPDX-License-Identifier: BSD-3-Clause
"""The fitted network as a value: everything beside the estimators reads this, and nothing else."""

from ._bend import Bend
from ._columns import ColumnMap
from ._fitted import check_holds_network, refuse_integers
from ._inputs import InputMap
from ._metrics import network_metrics
from ._narrow import narrow, narrow_network
from ._network import LEAST_ROWS, Network
from ._precision import in_precision, stored_in_single
from ._quantize import CALIBRATION_ROWS, quantize, quantize_fit, quantize_network
from ._ramps import Ramps
from ._rows import network_rows, network_targets
from ._shrink import shrunk_network

__all__ = [
    "CALIBRATION_ROWS",
    "LEAST_ROWS",
    "Bend",
    "ColumnMap",
    "InputMap",
    "Network",
    "Ramps",
    "check_holds_network",
    "in_precision",
    "narrow",
    "narrow_network",
    "network_metrics",
    "network_rows",
    "network_targets",
    "quantize",
    "quantize_fit",
    "quantize_network",
    "refuse_integers",
    "shrunk_network",
    "stored_in_single",
]

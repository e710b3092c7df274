# SPDX-License-Identifier: BSD-3-Clause
"""The fitted network as a value: everything beside the estimators reads this, and nothing else."""

from ._inputs import InputMap
from ._metrics import network_metrics
from ._narrow import narrow, narrow_network
from ._network import Network, refuse_integers
from ._quantize import CALIBRATION_ROWS, in_single_precision, quantize, quantize_fit, quantize_network

__all__ = [
    "CALIBRATION_ROWS",
    "InputMap",
    "Network",
    "in_single_precision",
    "narrow",
    "narrow_network",
    "network_metrics",
    "quantize",
    "quantize_fit",
    "quantize_network",
    "refuse_integers",
]

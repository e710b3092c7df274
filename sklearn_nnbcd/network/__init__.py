# SPDX-License-Identifier: BSD-3-Clause
"""The fitted network as a value: everything beside the estimators reads this, and nothing else."""

from ._inputs import InputMap
from ._narrow import narrow, narrow_network
from ._network import Network

__all__ = ["InputMap", "Network", "narrow", "narrow_network"]

# SPDX-License-Identifier: BSD-3-Clause
"""Placements: where the rows live while the engine sweeps over them."""

from ._base import BasePlacement
from ._batches import ShuffledBatches
from ._memory import InMemory

PLACEMENTS = {"memory": InMemory}

__all__ = ["PLACEMENTS", "BasePlacement", "InMemory", "ShuffledBatches"]

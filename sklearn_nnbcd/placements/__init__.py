# SPDX-License-Identifier: BSD-3-Clause
"""Placements: where the rows live while the engine sweeps over them."""

from ._answered import answered
from ._base import BasePlacement
from ._batches import ShuffledBatches, are_copies
from ._blocks import DiskBlocks
from ._dask import DaskBlocks
from ._memory import InMemory, block_rows, by_blocks, row_slices

PLACEMENTS = {"memory": InMemory, "blocks": DiskBlocks, "dask": DaskBlocks}

__all__ = [
    "PLACEMENTS",
    "BasePlacement",
    "DaskBlocks",
    "DiskBlocks",
    "InMemory",
    "ShuffledBatches",
    "answered",
    "are_copies",
    "block_rows",
    "by_blocks",
    "row_slices",
]

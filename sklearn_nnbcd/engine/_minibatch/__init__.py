# SPDX-License-Identifier: BSD-3-Clause
"""Mini-batches: the blocks of Algorithm 1 one batch at a time, memory O(batch x width).

Pure functions over a frozen :class:`BatchState`. The V and U blocks of a batch are linearised at the
forward pass (the paper's option (19) carried to every layer, kin to Kronecker-factored natural gradients),
or solved by the closed forms (8)-(11), for which no derivative is taken.
"""

from ._passes import end_fit, end_pass, has_all_compressed, train_batch, train_pass
from ._projection import fitted_weights, project
from ._schedule import STREAM_BATCHES, BatchSettings, pull_weight
from ._state import BatchState, initial_state
from ._step import batch_step

__all__ = [
    "STREAM_BATCHES",
    "BatchSettings",
    "BatchState",
    "batch_step",
    "end_fit",
    "end_pass",
    "fitted_weights",
    "has_all_compressed",
    "initial_state",
    "project",
    "pull_weight",
    "train_batch",
    "train_pass",
]

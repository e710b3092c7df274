# SPDX-License-Identifier: BSD-3-Clause
"""The engine: Algorithm 1 and what it works on. It names no concrete piece."""

from ._blocks import input_operator, update_M, update_U, update_V, update_V_output, update_W
from ._diagnosis import Diagnosis, diagnose, diagnose_weights
from ._forward import forward
from ._full import FullState, fit_full, full_objective, full_result, full_step, start_full, sweep
from ._metrics import with_ridge
from ._minibatch import (
    STREAM_BATCHES,
    BatchSettings,
    BatchState,
    batch_step,
    end_fit,
    end_pass,
    fitted_weights,
    has_all_compressed,
    initial_state,
    project,
    pull_weight,
    train_batch,
    train_pass,
)
from ._objective import Terms, objective, weighted_loss
from ._start import center_inputs, initial_block, initial_weights, start_block
from ._state import Block, Penalties, Problem, Weights

__all__ = [
    "STREAM_BATCHES",
    "BatchSettings",
    "BatchState",
    "Block",
    "Diagnosis",
    "FullState",
    "Penalties",
    "Problem",
    "Terms",
    "Weights",
    "batch_step",
    "center_inputs",
    "diagnose",
    "diagnose_weights",
    "end_fit",
    "end_pass",
    "fit_full",
    "fitted_weights",
    "forward",
    "full_objective",
    "full_result",
    "full_step",
    "has_all_compressed",
    "initial_block",
    "initial_state",
    "initial_weights",
    "input_operator",
    "objective",
    "project",
    "pull_weight",
    "start_block",
    "start_full",
    "sweep",
    "train_batch",
    "train_pass",
    "update_M",
    "update_U",
    "update_V",
    "update_V_output",
    "update_W",
    "weighted_loss",
    "with_ridge",
]

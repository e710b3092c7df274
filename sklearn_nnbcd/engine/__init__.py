# SPDX-License-Identifier: BSD-3-Clause
"""The engine: Algorithm 1 and what it works on. It names no concrete piece."""

from ._blocks import input_operator, update_M, update_U, update_V, update_V_output, update_W
from ._diagnosis import Diagnosis, diagnose, diagnose_weights
from ._forward import forward
from ._full import FullState, fit_full, full_objective, full_result, full_step, start_full, sweep
from ._minibatch import MiniBatch
from ._objective import Terms, objective, weighted_loss
from ._passes import fit_minibatch
from ._schedule import BatchSettings, pull_weight
from ._start import center_inputs, initial_block, initial_weights, start_block
from ._state import Block, Penalties, Problem, Weights

__all__ = [
    "BatchSettings",
    "Block",
    "Diagnosis",
    "FullState",
    "MiniBatch",
    "Penalties",
    "Problem",
    "Terms",
    "Weights",
    "center_inputs",
    "diagnose",
    "diagnose_weights",
    "fit_full",
    "fit_minibatch",
    "forward",
    "full_objective",
    "full_result",
    "full_step",
    "initial_block",
    "initial_weights",
    "input_operator",
    "objective",
    "pull_weight",
    "start_block",
    "start_full",
    "sweep",
    "update_M",
    "update_U",
    "update_V",
    "update_V_output",
    "update_W",
    "weighted_loss",
]

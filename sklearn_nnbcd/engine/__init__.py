# SPDX-License-Identifier: BSD-3-Clause
"""The engine: Algorithm 1 and what it moves. It names no concrete piece."""

from ._diagnosis import Diagnosis, diagnose, diagnose_weights
from ._full import fit_full, sweep
from ._minibatch import MiniBatch
from ._objective import Terms, objective
from ._passes import fit_minibatch
from ._row_updates import forward
from ._schedule import BatchSettings, pull_weight
from ._start import center_inputs, initial_block, initial_weights, start_block
from ._state import Block, Penalties, Problem, Weights

__all__ = [
    "BatchSettings",
    "Block",
    "Diagnosis",
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
    "initial_block",
    "initial_weights",
    "objective",
    "pull_weight",
    "start_block",
    "sweep",
]

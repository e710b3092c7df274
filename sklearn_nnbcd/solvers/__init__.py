# SPDX-License-Identifier: BSD-3-Clause
"""Solvers: how the problem of a fit is minimised."""

from ._base import STREAM_BATCHES, BaseSolver, FitContext
from ._exact import ExactMiniBatch
from ._full import FullBatch, block_size, cut_rows
from ._minibatch import MiniBatch
from ._run import RunResult, begin, run

SOLVERS: dict[str, type[BaseSolver]] = {"full": FullBatch, "minibatch": MiniBatch, "exact": ExactMiniBatch}

__all__ = [
    "SOLVERS",
    "STREAM_BATCHES",
    "BaseSolver",
    "ExactMiniBatch",
    "FitContext",
    "FullBatch",
    "MiniBatch",
    "RunResult",
    "begin",
    "block_size",
    "cut_rows",
    "run",
]

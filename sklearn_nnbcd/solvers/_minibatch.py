# SPDX-License-Identifier: BSD-3-Clause
"""Mini-batches with linearised V and U blocks."""

from ..engine import BatchSettings, Problem
from ._batches import BaseBatchSolver

#: what compress_after="auto" stands for where formats have ranks: by then weights show which layer needs them
RANKS_AFTER = 0.25


class MiniBatch(BaseBatchSolver):
    """One batch at a time, with the V and U blocks linearised at a forward pass.

    This is the paper's option (19) carried to every layer: it takes derivatives of the activations and
    of the loss. The W blocks are solved in the two-sided metric of the data, akin to Kronecker-factored
    natural gradients, so a batch may change the weights by much. Memory does not grow with the rows.

    Parameters
    ----------
    batch_size : int or 'auto', default='auto'
        Rows of a batch. 'auto' is a tenth of the rows, from 32 to 256, and grows with
        their root beyond.
    averaging : float, default=6.0
        The result is a mean of the weights over about the last 1/(averaging + 1) of the batches, >= 0.
        Small values help where held-out rows differ from the training rows (other subjects, other
        years), large ones where the fit is still learning at its end.
    compress_after : float or 'auto', default='auto'
        Share of the fit, in [0, 1], after which the compression starts; until then the network is
        dense. 'auto' is 0.25 for formats with ranks, such as tensor trains, and 0.05 for others; weights
        of 'l0' lose their entries over four fifths of the rest. 1 trains the network dense and
        compresses it once, at the end, which is the fastest and loses least where the format is roomy;
        the smaller the format, the more it gains from training with it.
    tf32 : bool, default=False
        Whether a GPU may round the factors of products over rows to 10 bits (TF32, float32 only),
        several times as fast as exact products. Elsewhere nothing changes.
    precision : {'auto', 'single', 'double'}, default='auto'
        Of what is trained. Columns are scaled in the precision of X before, and the fitted network has that
        of X. 'auto' is 'single' for networks of 2000 weights and more, which saves a quarter to nearly half
        of the time and learns as well, and that of X for smaller ones, and where weights of rows are too
        large or too small for single precision.

    Examples
    --------
    >>> MiniBatch().resolve_batch_size(10_000)
    256
    """

    uses = frozenset({"tau", "ridge"})
    cuts_columns = True
    auto_penalties = {"tau": 10.0, "ridge": None}  # the ridge by the evidence

    def __init__(
        self,
        *,
        batch_size: int | str = "auto",
        averaging: float = 6.0,
        compress_after: float | str = "auto",
        tf32: bool = False,
        precision: str = "auto",
    ):
        self.batch_size = batch_size
        self.averaging = averaging
        self.compress_after = compress_after
        self.tf32 = tf32
        self.precision = precision

    def settings(self, problem: Problem) -> BatchSettings:
        """What steers the engine for a problem."""
        sized = [plan for plan in problem.plans if plan is not None and plan.n_parameters is not None]
        has_ranks = any(not plan.is_pruned for plan in sized)
        free = self.resolve_compress_after(RANKS_AFTER if has_ranks else BatchSettings.free)
        return BatchSettings(averaging=self.averaging, free=free)

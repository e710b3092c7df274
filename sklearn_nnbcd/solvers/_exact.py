# SPDX-License-Identifier: BSD-3-Clause
"""Mini-batches with the V and U blocks in closed form: no derivative anywhere."""

from ..engine import BatchSettings, Problem
from ._batches import BaseBatchSolver


class ExactMiniBatch(BaseBatchSolver):
    """One batch at a time, with the V and U blocks in closed form, (8)-(11); no derivative is taken.

    It serves activations that have no useful derivative. On most data :class:`MiniBatch` learns faster:
    messages in closed form fade with every layer that they pass. Memory does not grow with the rows.

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
        dense. 'auto' is 0.05. 1 trains the network dense and compresses it once, at the end.
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
    >>> ExactMiniBatch().resolve_batch_size(10_000)
    256
    """

    uses = frozenset({"rho", "gamma", "proximal", "tau", "ridge"})

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
        free = self.resolve_compress_after(BatchSettings.free)
        return BatchSettings.closed_form(averaging=self.averaging, free=free)

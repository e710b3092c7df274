# SPDX-License-Identifier: BSD-3-Clause
"""The rank of a layer where nobody named one."""

from sklearn.base import clone

from ._base import BaseCompression, CompressionPlan


def default_plan(compression: BaseCompression, shape: tuple) -> CompressionPlan | None:
    """The plan of a layer within the default share of its weights.

    No layer that can have more is left with rank 1, which shows all its units one direction of the inputs.

    Parameters
    ----------
    compression : BaseCompression
        With its default ``rank``, a share.
    shape : tuple
        (d_in, d_out)

    Returns
    -------
    plan : CompressionPlan or None
        Of the largest rank within the share; where that is 1 of more, of rank 2 in at most twice the share.
        None: the layer stays dense.

    Examples
    --------
    >>> from sklearn_nnbcd.compressions import LowRank
    >>> default_plan(LowRank(), (64, 100)).rank, default_plan(LowRank(), (6, 100)).rank
    (9, 2)
    >>> default_plan(LowRank(), (2, 100)) is None
    True
    """
    share = compression.rank * shape[0] * shape[1]
    plan = compression.plan(shape)
    if (compression.highest_rank(shape) or 1) > 1:
        one, two = (clone(compression).set_params(rank=rank).plan(shape) for rank in (1, 2))
        if plan.n_parameters <= one.n_parameters:
            plan, share = two, 2.0 * share
    return plan if plan.n_parameters <= share else None

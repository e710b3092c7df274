# SPDX-License-Identifier: BSD-3-Clause
"""The mean of the weights by polynomial decay (Shamir and Zhang 2013)."""

import math
from dataclasses import replace

from .._state import Weights
from ._state import BatchState


def mean_weights(state: BatchState) -> Weights:
    """The mean weights with the present ones in them, for all batches since the last update of the mean.

    From the present problem's first batch on. The first k of n batches have the share
    (k / n)^(averaging + 1). W^MC is still that of the present weights.
    """
    power, now, mean = state.settings.averaging, state.weights, state.mean
    if math.isinf(power) or state.n_batches == state.first_batch:
        return now
    if state.mean_at == state.n_batches:
        return replace(now, W=mean.W, b=mean.b)
    share = (state.mean_at / state.n_batches) ** (power + 1.0)
    W, b = (
        tuple(None if y is None else share * x + (1.0 - share) * y for x, y in zip(old, new, strict=True))
        for old, new in ((mean.W, now.W), (mean.b, now.b))
    )
    return replace(now, W=W, b=b)


def update_mean(state: BatchState) -> BatchState:
    """The state whose mean is up to date."""
    return replace(state, mean=mean_weights(state), mean_at=state.n_batches)

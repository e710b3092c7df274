# SPDX-License-Identifier: BSD-3-Clause
"""Which entries of sparse weights lie on a path from input to output."""

import math
from typing import Any


def count_live_entries(masks: list, layers: tuple, skips: Any = (), *, xp: Any) -> int:
    """Number of True entries on some path of True entries through the whole network.

    One sample of ones is sent through the layers: what stays above zero is reached.

    Parameters
    ----------
    masks : list of boolean arrays of shape (d_in, d_out)
    layers : tuple of layers
        Entry 0 is None; bound to the shapes of their rows.
    skips : tuple, default=()
        Entry i is the k of the V_k that U_i carries, or None.
    xp : module
        Array API namespace.

    Returns
    -------
    count : int
    """

    def positive(x: Any) -> Any:
        return xp.astype(x > 0, xp.float64)

    W: list = [None, *(xp.astype(mask, xp.float64) for mask in masks)]
    N = len(masks)
    skips = skips or (None,) * (N + 1)
    reached = [xp.ones((1, math.prod(layers[1].input_shape_)), dtype=xp.float64)]
    for i in range(1, N + 1):
        U = layers[i].forward(reached[-1], W[i], None, xp=xp)
        reached.append(positive(U if skips[i] is None else U + reached[skips[i]]))
    useful: list = [None] * N + [xp.ones_like(reached[N])]
    count = 0
    for i in range(N, 0, -1):
        inputs = layers[i].design(reached[i - 1], xp=xp)
        live = W[i] * positive(inputs.T @ layers[i].rows(useful[i], xp=xp))
        count += int(xp.sum(live))
        back = layers[i].pull_back(useful[i], W[i], xp=xp)
        useful[i - 1] = positive(back if useful[i - 1] is None else back + useful[i - 1])
        if skips[i] is not None:
            useful[skips[i]] = useful[i]
    return count

# SPDX-License-Identifier: BSD-3-Clause
"""Scales and intercepts of rounded layers in a byte or two each, where rounding has done more to them."""

from dataclasses import replace
from typing import Any

from ..compressions.quantization import FixedPoint, at_least_a_share, plain_numbers
from ._metrics import centred_inputs, mean_squares, row_shares
from ._network import Network


def with_fixed_point(network: Network, X: Any, s: Any, layers: list) -> Network:
    """The network with scales and intercepts of rounded layers as :class:`FixedPoint`.

    A float has digits that small integers beside it do not deserve: one byte is enough beside 4 bits, two
    beside 8, unless a scale would change by more, in parts of it, or an intercept, in parts of the deviation
    of its pre-activation, than rounding changes an entry. What a layer has changed at the mean goes into the
    next intercepts.

    Parameters
    ----------
    network : Network
        Rounded.
    X : array of shape (n, d_0)
    s : array of shape (n,) or None
        Sample weights.
    layers : list of int
        Those whose numbers are rounded.

    Returns
    -------
    network : Network
    """
    xp, now = network.xp, network
    V, U = network.trace(X)
    for i in layers:
        layer, M, b = network.layers[i], network.coefs[i - 1], plain_numbers(network.intercepts[i - 1])
        short = M.with_fixed_scales(xp=xp)
        if b is not None:
            Z = V[i - 1] if now is network else now.trace(X)[0][i - 1]
            (_, mean), (_, centre) = (centred_inputs(layer, x, s, xp=xp) for x in (V[i - 1], Z))
            b = b + mean @ M.to_dense(xp=xp) - centre @ short.to_dense(xp=xp)
            share, rows = row_shares(layer, V[i - 1], s, xp=xp), layer.rows(U[i], xp=xp)
            deviation = xp.sqrt(mean_squares(rows - share[:, 0] @ rows, share, xp=xp))
            tolerance = M.finest.noise * at_least_a_share(deviation, xp=xp)
            b = FixedPoint.near(b, tolerance, M.finest.scale_bytes)
        coefs = (*now.coefs[: i - 1], short, *now.coefs[i:])
        now = replace(now, coefs=coefs, intercepts=(*now.intercepts[: i - 1], b, *now.intercepts[i:]))
    return now

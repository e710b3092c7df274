# SPDX-License-Identifier: BSD-3-Clause
"""Scales and intercepts of rounded layers in a byte or two each, where rounding has done more to them."""

from dataclasses import replace
from typing import Any

import numpy as np
from array_api_compat import device

from ..backends import get_backend
from ..compressions import QuantizedWeight
from ..compressions.quantization import FixedPoint, plain_numbers
from ._metrics import row_shares
from ._network import Network

#: standard deviations of a Gaussian between its quartiles
GAUSSIAN_QUARTERS = 1.349
#: part of their root mean square that a smaller spread counts as
LEAST_SHARE = 0.25
#: rows, and positions of images, that are sorted
MOST_ROWS = 20_000
#: 1 but for the rounding of sums of shares, so that a row with weight 2 is two rows
ROUNDED = 1.0 - 1e-9


def with_fixed_point(network: Network, X: Any, s: Any, layers: list) -> Network:
    """The network with scales and intercepts of rounded layers as :class:`FixedPoint`.

    A float has digits that small integers beside it do not deserve: one byte is enough beside 4 bits, two
    beside 8, unless a scale would change by more, in parts of it, or an intercept, in parts of the spread
    of its pre-activation, than rounding changes an entry. What either has changed at the median row goes
    into the next intercepts.

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
        M, b = now.coefs[i - 1].with_fixed_scales(xp=xp), plain_numbers(now.intercepts[i - 1])
        now = with_layer(now, i, M, b)
    new = V[:1]
    for i in range(1, max(layers, default=0) + 1):
        after = now.affine(i, new, xp=xp)
        if i in layers and now.intercepts[i - 1] is not None:
            share = row_shares(network.layers[i], V[i - 1], s, xp=xp)
            now = _with_short_intercepts(now, i, U[i], after, share, xp=xp)
            after = now.affine(i, new, xp=xp)
        new.append(now.activations[i - 1](after, xp=xp))
    return now


def _with_short_intercepts(now: Network, i: int, U: Any, after: Any, share: Any, *, xp: Any) -> Network:
    """The network with b_i in fixed point; U_i was U, and is ``after`` with b_i as it is."""
    layer, M = now.layers[i], now.coefs[i - 1]
    assert isinstance(M, QuantizedWeight)
    step = 1 + (share.shape[0] - 1) // MOST_ROWS
    before, after, share = (x[::step, :] for x in (layer.rows(U, xp=xp), layer.rows(after, xp=xp), share))
    share = share / xp.sum(share)
    (change,) = quantiles(before - after, share, [0.5], xp=xp)
    spread = spreads(before, share, xp=xp)
    size = xp.maximum(spread, LEAST_SHARE * xp.sqrt(xp.mean(spread**2)))
    b = FixedPoint.near(now.intercepts[i - 1] + change, M.finest.noise * size, M.finest.scale_bytes)
    return with_layer(now, i, M, b)


def with_layer(network: Network, i: int, M: Any, b: Any) -> Network:
    """The network with another W_i and b_i."""
    coefs, intercepts = list(network.coefs), list(network.intercepts)
    coefs[i - 1], intercepts[i - 1] = M, b
    return replace(network, coefs=tuple(coefs), intercepts=tuple(intercepts))


def quantiles(U: Any, share: Any, parts: list[float], *, xp: Any) -> list:
    """Quantiles of columns, an array of shape (d,) for each part.

    Parameters
    ----------
    U : array of shape (n, d)
    share : array of shape (n, 1)
        Of each row in a mean.
    parts : list of float
    xp : module
        Array API namespace.
    """
    backend = get_backend(xp)
    numbers, weight = (backend.to_numpy(x, xp=xp) for x in (U, share[:, 0]))
    weight, every = weight.astype(np.float64), np.arange(U.shape[1])
    if np.all(weight == weight[0]):  # numbers alone are sorted much faster than their places
        ordered, mass = np.sort(numbers, axis=0), np.cumsum(weight)[:, None]
    else:
        order = np.argsort(numbers, axis=0, kind="stable")
        ordered, mass = np.take_along_axis(numbers, order, axis=0), np.cumsum(weight[order], axis=0)
    ranks = [np.argmax(mass >= part * ROUNDED * mass[-1], axis=0) for part in parts]
    return [xp.asarray(ordered[rank, every], dtype=U.dtype, device=device(U)) for rank in ranks]


def spreads(U: Any, share: Any, *, xp: Any) -> Any:
    """Spreads of columns from one quarter of the rows to the other, which a few extreme ones do not touch.

    Parameters and their shapes are those of :func:`quantiles`. As standard deviations, if the columns were
    Gaussian; those of the rows where half of them are alike.
    """
    low, high = quantiles(U, share, [0.25, 0.75], xp=xp)
    deviation = xp.sqrt(xp.sum(share * (U - xp.sum(share * U, axis=0)) ** 2, axis=0))
    return xp.where(high > low, (high - low) / GAUSSIAN_QUARTERS, deviation)

# SPDX-License-Identifier: BSD-3-Clause
"""Fewer units for a fitted network: those whose work the others can take over go, and these do it."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from typing import Any

from array_api_compat import device

from ..compressions import DenseWeight
from ..layers import Dense
from ..numerics._linalg import add_to_diagonal, spd_solve
from ._metrics import row_shares
from ._network import Network

#: pull towards the weights as they are, in units of the mean variance of a unit
UNIT_RIDGE = 1e-2
#: one in so many units goes at a time
STEP = 8
#: rows that units are compared on, about
SHRINKING_ROWS = 5_000


def shrunk_network(network: Network, X: Any, widths: tuple[int, ...], s: Any = None) -> Network:
    """A network of plain layers with fewer units, near a fitted one on some rows.

    Layer by layer, from the first one: units go, some at a time, where that changes what comes to the next
    layer the least once the others make up for it, as in the "optimal brain surgeon" of Hassibi and Stork
    (1993) with a whole unit in place of a weight. What W_{i+1} then multiplies are the units that are left;
    it is fitted to what the layer got before, in the least squares of the rows.

    Parameters
    ----------
    network : Network
        Plain layers without residual blocks.
    X : array of shape (n, d_0) or SparseRows
        Rows, such as those of the training, in the namespace and of the dtype of the network.
    widths : tuple of int
        Units of each hidden layer, at most as many as there are.
    s : array of shape (n,) or None, default=None
        Sample weights.

    Returns
    -------
    network : Network
        With plain matrices, of the same dtype.

    Raises
    ------
    ValueError
        For other layers, and unless there is a width for each hidden layer, from 1 to the units that it has.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd import NNBCDRegressor
    >>> X = np.linspace(-1, 1, 200)[:, None]
    >>> network = NNBCDRegressor((32,), random_state=0).fit(X, np.abs(X[:, 0])).network_
    >>> small = shrunk_network(network, X, (4,))
    >>> [coef.shape for coef in small.coefs]
    [(1, 4), (4, 1)]
    """
    _check(network, widths)
    step = 1 + (X.shape[0] - 1) // SHRINKING_ROWS
    X, s = X[::step, ...], None if s is None else s[::step]
    network, xp = network.without_input_map(), network.xp
    V, U = network.trace(X)
    share = row_shares(network.layers[network.N], V[-1], s, xp=xp)
    old, b = network.dense_coefs(), list(network.dense_intercepts())
    W, now = list(old), U[1]
    for i, width in enumerate(widths, 1):
        units, target = network.activations[i - 1](now, xp=xp), V[i] @ old[i]
        mean, centre = xp.sum(share * units, axis=0), xp.sum(share * target, axis=0)
        A = units - mean
        G = A.T @ (share * A)
        ridge = UNIT_RIDGE * xp.mean(xp.linalg.diagonal(G))
        G, C = add_to_diagonal(G, ridge, xp=xp), A.T @ (share * (target - centre)) + ridge * W[i]
        kept = kept_units(G, C, width, xp=xp)
        W[i] = spd_solve(_square(G, kept, xp=xp), xp.take(C, kept, axis=0), xp=xp)
        W[i - 1] = xp.take(W[i - 1], kept, axis=1)
        now = xp.take(units, kept, axis=1) @ W[i]
        if b[i - 1] is not None:
            b[i - 1] = xp.take(b[i - 1], kept)
            b[i] = b[i] + centre - xp.take(mean, kept) @ W[i]
            now = now + b[i]
    layers = [Dense(w.shape[1]).bind((w.shape[0],)) for w in W]
    coefs = tuple(DenseWeight(w) for w in W)
    return replace(network, layers=(None, *layers), coefs=coefs, intercepts=tuple(b))


def _check(network: Network, widths: tuple) -> None:
    """Raise ValueError unless the layers are plain and the widths are theirs or fewer units."""
    if any(type(layer) is not Dense for layer in network.layers[1:]) or any(
        k is not None for k in network.skips
    ):
        kinds = [type(layer).__name__ for layer in network.layers[1:]]
        raise ValueError(
            "The 'network' of shrunk_network must have plain layers and no residual blocks: units of others "
            f"are tied to each other. Got layers {kinds}, skips {network.skips}. Fit one with "
            "hidden_layer_sizes."
        )
    units = tuple(coef.shape[1] for coef in network.coefs[:-1])
    whole = isinstance(widths, tuple | list) and all(isinstance(n, Integral) for n in widths)
    fitting = (
        whole and len(widths) == len(units) and all(1 <= n <= h for n, h in zip(widths, units, strict=True))
    )
    if not fitting:
        raise ValueError(
            "The 'widths' of shrunk_network must be a number of units for each hidden layer, from 1 to those "
            f"that it has, {units}. Got {widths!r}."
        )


def kept_units(G: Any, C: Any, width: int, *, xp: Any) -> Any:
    """Numbers of the units that are left, rising.

    Parameters
    ----------
    G : array of shape (h, h)
        Covariance of the units, with a ridge.
    C : array of shape (h, m)
        Covariance of the units and of what they are to give.
    width : int
        How many are left.
    xp : module
        Array API namespace.
    """
    kept = xp.arange(G.shape[0], device=device(G))
    while kept.shape[0] > width:
        count = kept.shape[0]
        eye = xp.eye(count, dtype=G.dtype, device=device(G))
        both = xp.concat([eye, xp.take(C, kept, axis=0)], axis=1)
        both = spd_solve(_square(G, kept, xp=xp), both, xp=xp)
        W = both[:, count:]
        cost = xp.sum(W * W, axis=1) / xp.linalg.diagonal(both[:, :count])
        gone = min(count - width, max(1, count // STEP))
        kept = xp.take(kept, xp.sort(xp.argsort(cost)[gone:]))
    return kept


def _square(G: Any, kept: Any, *, xp: Any) -> Any:
    """The rows and columns of these numbers."""
    return xp.take(xp.take(G, kept, axis=0), kept, axis=1)

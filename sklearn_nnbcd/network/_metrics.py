# SPDX-License-Identifier: BSD-3-Clause
"""The metrics of a fitted network's layers: what an error of a weight costs."""

from typing import Any

from array_api_compat import device

from ..backends import SparseRows
from ..engine import with_ridge
from ..numerics import Metric
from ._network import Network

#: ridges of G, of S and of the loss's Hessian, in units of their mean diagonals
RIDGES = (1e-3, 0.1, 0.1)
#: that of G where a network is rounded: what makes up for the rounding errors of some rows is to serve others
ROUNDING_RIDGE = 0.1


def network_metrics(
    network: Network,
    V: list,
    U: list,
    s: Any = None,
    *,
    coefs: list | None = None,
    hessian: Any = None,
    ridge: float = RIDGES[0],
) -> list:
    """The metric of each layer, from a forward pass.

    G_i is the covariance of what W_i multiplies. S_N is the loss's Hessian, and below it
    S_i = (W_{i+1} S_{i+1} W_{i+1}') * mean of s s', entry by entry, with s the slopes of sigma_i.

    Parameters
    ----------
    network : Network
    V, U : list of arrays
        From :meth:`Network.trace`.
    s : array of shape (n,) or None, default=None
        Sample weights.
    coefs : list of arrays or None, default=None
        W_1 ... W_N for S; None: those of the network.
    hessian : array of shape (d_N, d_N) or None, default=None
        Mean Hessian of the loss in the outputs; None: the identity.
    ridge : float, default=1e-3
        Of G_i, in units of its mean diagonal; of the first one in those of each column's own.

    Returns
    -------
    metrics : list of Metric
        Entry 0 is None.
    """
    xp, layers, N = network.xp, network.layers, network.N
    coefs = network.dense_coefs() if coefs is None else [xp.asarray(W, dtype=V[0].dtype) for W in coefs]
    S = xp.eye(coefs[-1].shape[1], dtype=V[0].dtype)
    if hessian is not None:
        S = with_ridge(xp.asarray(hessian, dtype=V[0].dtype), RIDGES[2], xp=xp)
    sensitivities: list = [None] * (N + 1)
    metrics: list = [None] * (N + 1)
    for i in range(N, 0, -1):
        if i < N:
            S = layers[i + 1].pull_back_metric(S, coefs[i], xp=xp)
            j = network.skips.index(i) if i in network.skips else None
            S = S if j is None else S + sensitivities[j]
            slopes = network.activations[i - 1].derivative(U[i], xp=xp)
            slopes, share = layers[i].rows(slopes, xp=xp), row_shares(layers[i], V[i - 1], s, xp=xp)
            S = S * (slopes.T @ (share * slopes))
        sensitivities[i] = S
        A, _ = centred_inputs(layers[i], V[i - 1], s, xp=xp)
        A = A * xp.sqrt(row_shares(layers[i], V[i - 1], s, xp=xp))
        G = A.T @ A
        metrics[i] = Metric(inputs_with_ridge(G, i, ridge, xp=xp), with_ridge(S, RIDGES[1], xp=xp))
    return metrics


def inputs_with_ridge(G: Any, i: int, ridge: float, *, xp: Any) -> Any:
    """G_i plus a ridge: of the first layer in the units of each column, as those of X may be any.

    A column in thousands would make the ridge of all others larger than their own spreads. G may be a
    diagonal, of shape (d,).
    """
    own = G if G.ndim == 1 else xp.linalg.diagonal(G)
    if i > 1 or not bool(xp.any(own > 0.0)):
        return with_ridge(G, ridge, xp=xp)
    least = xp.min(xp.where(own > 0.0, own, xp.max(own)))  # a constant column has no unit, and no say
    ridges = ridge * xp.where(own > 0.0, own, least)
    if G.ndim == 1:
        return G + ridges
    return G + ridges[:, None] * xp.eye(G.shape[0], dtype=G.dtype, device=device(G))


def row_shares(layer: Any, V: Any, s: Any, *, xp: Any) -> Any:
    """Share of each row (and position) in a mean with sample weights s, shape (rows, 1)."""
    s = xp.ones(V.shape[0], dtype=V.dtype) if s is None else s
    s = layer.spread(s, xp=xp)
    return (s / xp.sum(s))[:, None]


def centred_inputs(layer: Any, V: Any, s: Any, *, xp: Any) -> tuple[Any, Any]:
    """What the weight of a layer multiplies, row by row about its mean, and the mean."""
    A = layer.design(V, xp=xp)
    mean = row_shares(layer, V, s, xp=xp)[:, 0] @ A
    return A - mean, mean


def mean_squares(A: Any, share: Any, *, xp: Any) -> Any:
    """Mean squares of columns, shape (d,), of rows with shares of shape (rows, 1)."""
    A = A * xp.sqrt(share)
    return A.column_squares() if isinstance(A, SparseRows) else xp.sum(A * A, axis=0)

# SPDX-License-Identifier: BSD-3-Clause
"""What is still free in a network makes up for what is not any more."""

import math
from dataclasses import replace
from typing import Any

from ..compressions import DenseWeight
from ..numerics._linalg import spd_solve
from ._metrics import ROUNDING_RIDGE, centred_inputs, network_metrics, row_shares
from ._network import Network

#: Gauss-Newton steps, and the shares of a step that are tried
STEPS, SHARES = 8, (1.0, 0.5, 0.25, 0.1)
#: share of the loss that a step gains at least, or it is the last one
SMALL = 1e-3


class DistanceFromOutputs:
    """How far outputs V are from those that a network had, V_0, in units of a loss.

    l(y, V) - l(y, V_0) - <l'(y, V_0), V - V_0>, the divergence of a convex loss (Bregman 1967). It is that of
    Kullback and Leibler for likelihoods, where targets cancel, and half the squared distance for squared
    errors. On the loss itself a network that makes up for its rounding would go on to learn rows by heart.

    Parameters
    ----------
    loss : loss
    Y, outputs : arrays of shape (n, d_N)
        Targets, and V_0.
    xp : module
        Array API namespace.
    """

    def __init__(self, loss: Any, Y: Any, outputs: Any, *, xp: Any):
        self.loss = loss
        self.outputs = outputs
        self.slope = loss.gradient(Y, outputs, xp=xp)
        self.least = loss.value(Y, outputs, xp=xp)

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """The distance of each row, shape (n,)."""
        return self.loss.value(Y, V, xp=xp) - self.least - xp.sum(self.slope * (V - self.outputs), axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """Its slope in V, shape (n, d_N)."""
        return self.loss.gradient(Y, V, xp=xp) - self.slope

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """That of the loss."""
        return self.loss.mean_hessian(Y, V, s, xp=xp)


def adapted_network(
    network: Network,
    X: Any,
    Y: Any,
    loss: Any,
    free: set[int],
    s: Any = None,
    *,
    enough: float = -math.inf,
) -> tuple[Network, list]:
    """A network with a smaller loss, by its intercepts and some of its weights.

    Gauss-Newton steps: each layer's change is its slope in the Kronecker-factored metric of
    :func:`network_metrics`, and a step is so long that the loss falls.

    Parameters
    ----------
    network : Network
    X : array of shape (n, d_0)
    Y : array of shape (n, d_N)
        Targets.
    loss : loss
    free : set of int
        Layers whose weights may change, plain matrices; intercepts of all layers may.
    s : array of shape (n,) or None, default=None
        Sample weights.
    enough : float, default=-inf
        Mean loss at which there is nothing to do.

    Returns
    -------
    network : Network
        With no larger loss.
    V : list of arrays
        Of its forward pass.
    """
    xp = network.xp
    share = row_shares(network.layers[network.N], Y, s, xp=xp)

    def error(V: list) -> float:
        return float(xp.sum(share[:, 0] * loss.value(Y, V[-1], xp=xp)))

    V, U = network.trace(X)
    least = error(V)
    if least <= enough:
        return network, V
    hessian = loss.mean_hessian(Y, V[-1], s, xp=xp)
    metrics = network_metrics(network, V, U, s, hessian=hessian, ridge=ROUNDING_RIDGE)
    longest = 0
    for _ in range(STEPS):
        changes = _changes(network, V, U, share * loss.gradient(Y, V[-1], xp=xp), metrics, free, s, xp=xp)
        for place in range(longest, len(SHARES)):
            tried = _moved(network, changes, SHARES[place] / network.N**0.5)
            V_tried, U_tried = tried.trace(X)
            value = error(V_tried)
            if value < least:
                break
        else:
            break
        gained, longest = least - value, max(0, place - 1)
        network, V, U, least = tried, V_tried, U_tried, value
        if gained < SMALL * least:
            break
    return network, V


def _changes(
    network: Network, V: list, U: list, D: Any, metrics: list, free: set[int], s: Any, *, xp: Any
) -> dict[int, tuple]:
    """Layer -> changes of W_i (None where it is not free) and b_i; D is the slope in the outputs, by rows."""
    N, coefs, found = network.N, network.dense_coefs(), {}
    slopes: list = [None] * (N + 1)
    for i in range(N, 0, -1):
        if i < N:
            back = network.layers[i + 1].pull_back(slopes[i + 1], coefs[i], xp=xp)
            if i in network.skips:
                back = back + slopes[network.skips.index(i)]
            D = back * network.activations[i - 1].derivative(U[i], xp=xp)
        slopes[i] = D
        layer, metric = network.layers[i], metrics[i]
        rows = layer.rows(D, xp=xp)
        A, mean = centred_inputs(layer, V[i - 1], s, xp=xp)
        total = xp.sum(rows, axis=0)
        db = -spd_solve(metric.S, total[:, None], xp=xp)[:, 0]
        dW = None
        if i in free:
            dW = -spd_solve(metric.S, spd_solve(metric.G, A.T @ rows, xp=xp).T, xp=xp).T
            db = db - mean @ dW
        found[i] = (dW, db)
    return found


def _moved(network: Network, changes: dict[int, tuple], part: float) -> Network:
    """The network some part of the way."""
    coefs, intercepts = list(network.coefs), list(network.dense_intercepts())
    for i, (dW, db) in changes.items():
        if dW is not None:
            coefs[i - 1] = DenseWeight(coefs[i - 1].arrays[0] + part * dW)
        if intercepts[i - 1] is not None:
            intercepts[i - 1] = intercepts[i - 1] + part * db
    return replace(network, coefs=tuple(coefs), intercepts=tuple(intercepts))

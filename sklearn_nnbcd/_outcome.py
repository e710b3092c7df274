# SPDX-License-Identifier: BSD-3-Clause
"""What came of a fit: its loss on the training rows, and whether a constant would have done as well."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from .backends import namespace_of
from .network import Network
from .numerics._linalg import add_to_diagonal, spd_solve
from .targets import BaseTargets

#: Newton steps for the best constant outputs
_STEPS = 20


def mean_losses(
    network: Network, targets: BaseTargets, rows: tuple, memory_limit: int | None = None
) -> tuple[float, float]:
    """Weighted means of the loss over encoded rows (X, Y, s): in the units of y, and in the engine's.

    Parameters
    ----------
    network : Network
        For X and y as the user has them.
    targets : BaseTargets
    rows : tuple (X, Y, s)
    memory_limit : int or None, default=None
        Bytes that the forward pass may take.
    """
    X, Y, s = rows
    xp = network.xp
    V = network.forward(xp.astype(X, network.array.dtype, copy=False), memory_limit)
    user = targets.user_loss.value(targets.user_targets(Y, xp=xp), V, xp=xp)
    engine = targets.loss.value(Y, targets.engine_outputs(V, xp=xp), xp=xp)
    return weighted_mean(user, s, xp=xp), weighted_mean(engine, s, xp=xp)


def weighted_mean(x: Any, s: Any, *, xp: Any) -> float:
    """Mean of x, shape (n,), with weights s or all alike."""
    return float(xp.mean(x) if s is None else xp.sum(s * x) / xp.sum(s))


def constant_loss(loss: Any, Y: Any, s: Any, *, xp: Any) -> float:
    """Mean loss of the best constant outputs that Newton's method finds, from zero.

    Parameters
    ----------
    loss : loss
    Y : array of shape (n, d_N)
    s : array of shape (n,) or None
    xp : module
    """
    v, best = xp.zeros(Y.shape[1], dtype=Y.dtype), float("inf")
    unit = float(xp.finfo(Y.dtype).eps) ** 0.5
    for _ in range(_STEPS):
        V = xp.broadcast_to(v[None, :], Y.shape)
        value = weighted_mean(loss.value(Y, V, xp=xp), s, xp=xp)
        if not value < best - unit * abs(value):
            break
        best = value
        G = loss.gradient(Y, V, xp=xp)
        slope = xp.mean(G, axis=0) if s is None else s @ G / xp.sum(s)
        H = add_to_diagonal(loss.mean_hessian(Y, V, s, xp=xp), unit, xp=xp)
        v = v - spd_solve(H, slope[:, None], xp=xp)[:, 0]
    return best


def warn_if_constant(found: float, targets: BaseTargets, rows: tuple, owner: str) -> None:
    """Warn where the network is no better on its own rows than a constant, although targets vary.

    Parameters
    ----------
    found : float
        Mean loss of the network in the engine's units.
    targets : BaseTargets
    rows : tuple (X, Y, s)
    owner : str
        The estimator's name.

    Warns
    -----
    ConvergenceWarning
        With both losses and what helps.
    """
    X, Y, s = rows
    xp = namespace_of(Y)
    if not bool(xp.any(xp.max(Y, axis=0) > xp.min(Y, axis=0))):
        return
    constant = constant_loss(targets.loss, Y, s, xp=xp)
    if found < constant * (1.0 - 1e-3):
        return
    warnings.warn(
        f"The {owner} is no better on its training rows than a constant: a mean loss of {found:.4g} beside "
        f"{constant:.4g}. Either X says nothing of y, or the fit did not learn: try a larger max_iter, a "
        "smaller ridge, a less strict compression (rank, sparsity, compression_ratio), or another loss; look "
        "for columns of X that are nearly constant or have extreme entries.",
        ConvergenceWarning,
        stacklevel=5,
    )

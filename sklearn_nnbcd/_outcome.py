# SPDX-License-Identifier: BSD-3-Clause
"""What came of a fit: its loss on the training rows, and whether a constant would have done as well."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.lib.recfunctions import repack_fields
from sklearn.exceptions import ConvergenceWarning

from .backends import get_backend, namespace_of
from .engine import Terms
from .integers import IntegerForm, integer_outputs
from .network import LEAST_ROWS, Network
from .numerics._linalg import add_to_diagonal, spd_solve
from .placements import block_rows, by_blocks
from .solvers import BaseSolver
from .targets import BaseTargets

#: Newton steps for the best constant outputs
_STEPS = 20
#: what a warning says of a network that has not learned
NO_BETTER = "is no better on its training rows than a constant"


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
    X = xp.astype(X, getattr(xp, network.row_dtype(X)), copy=False)
    V = network.forward(X, memory_limit)
    user = user_losses(targets, Y, V, xp=xp)
    engine = targets.loss.value(Y, targets.engine_outputs(V, xp=xp), xp=xp)
    return weighted_mean(user, s, xp=xp), weighted_mean(engine, s, xp=xp)


def user_losses(targets: BaseTargets, Y: Any, V: Any, *, xp: Any) -> Any:
    """The loss of each row in the units of y, in double precision: its range is that of squares of y."""
    Y, V = (xp.astype(x, xp.float64) for x in (targets.user_targets(Y, xp=xp), V))
    return targets.user_loss.value(Y, V, xp=xp)


@dataclass(frozen=True, eq=False)
class Curves:
    """What a fit says of every sweep, in arrays: a list of numbers is many times larger in a file.

    Attributes
    ----------
    objective : ndarray of shape (n_sweeps,)
    terms : structured ndarray
        See :func:`terms_table`; a stream keeps those of its last pass.
    validation : ndarray of shape (n_sweeps,) or None
        Scores; None without early stopping.
    """

    objective: np.ndarray
    terms: np.ndarray
    validation: np.ndarray | None = None

    @classmethod
    def of_fit(cls, curve: list[Terms], scores: list[float] | None) -> Curves:
        """The curves of a fit's terms, and of its validation scores if there are any."""
        objective = np.asarray([terms.total for terms in curve])
        return cls(objective, terms_table(curve), None if scores is None else np.asarray(scores))


def terms_table(curve: list[Terms]) -> np.ndarray:
    """The terms of L before every sweep, as a structured array with a column for each.

    A term that is zero throughout has no column, but for the loss: a table is a part of every file, and
    most problems have few terms.

    Parameters
    ----------
    curve : list of Terms

    Returns
    -------
    table : structured ndarray of shape (n_sweeps,)
    """
    names = [field.name for field in fields(Terms)]
    rows = [tuple(getattr(terms, name) for name in names) for terms in curve]
    table = np.asarray(rows, dtype=[(name, np.float64) for name in names])
    used = [name for name in names if name == "loss" or table[name].any()]
    return repack_fields(table[used])


def weighted_mean(x: Any, s: Any, *, xp: Any) -> float:
    """Mean of x, shape (n,), with weights s or all alike."""
    return float(xp.mean(x) if s is None else xp.sum(s * x) / xp.sum(s))


def network_outputs(
    estimator: Any, X: Any, method: str, memory_limit: int | None, ready: Callable | None = None
) -> Any:
    """Outputs of a fitted estimator's network, or of its integers.

    Parameters
    ----------
    estimator : estimator
    X : array or SparseRows of shape (n, d_0)
        As the network takes it, where the network is, unless ``ready`` makes it so.
    method : str
        For messages.
    memory_limit : int or None
    ready : callable or None, default=None
        As in ``Network.forward``.
    """
    if estimator.integers_ is not None:
        X = X if ready is None else ready(X)
        return integer_outputs(estimator.integers_, estimator.targets_, X, estimator.network_.array)
    with np.errstate(all="ignore"):
        V = estimator.network_.forward(X, memory_limit, ready)
    return finite_outputs(V, type(estimator).__name__, method)


def probabilities(targets: Any, V: Any) -> Any:
    """Probabilities of all rows of outputs, block by block, so that what one block needs stays in the caches.

    Parameters
    ----------
    targets : targets
        Of a classifier.
    V : array of shape (n, d_N)
    """
    xp = namespace_of(V)
    if V.shape[0] <= LEAST_ROWS:
        return targets.to_proba(V, xp=xp)
    rows = block_rows([V.shape[1]], get_backend(xp).predicted_entries // 4)
    return by_blocks(lambda part: targets.to_proba(V[part, ...], xp=xp), V.shape[0], rows)


def finite_outputs(outputs: Any, owner: str, method: str) -> Any:
    """Outputs as they are; an overflow is an error before it becomes NaN or a wrong class.

    Parameters
    ----------
    outputs : array of shape (n,) or (n, d_N)
    owner, method : str
        For the message.

    Raises
    ------
    ValueError
        With the first row, and what helps.
    """
    xp = namespace_of(outputs)
    sound = xp.isfinite(outputs)
    if bool(xp.all(sound)):
        return outputs
    rows = xp.all(xp.reshape(sound, (sound.shape[0], -1)), axis=1)
    first = int(xp.argmin(xp.astype(rows, xp.int64)))
    raise ValueError(
        f"The 'X' of {owner}.{method} must have entries whose outputs stay within {outputs.dtype}. Got "
        f"others, first in row {first}. Look there for an extreme entry, pass float64 to fit and here, or "
        "use a bounded activation."
    )


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


@contextmanager
def constants_allowed() -> Iterator[None]:
    """Fits that are compared with others may be no better than a constant: the chosen one warns again."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", f".*{NO_BETTER}", ConvergenceWarning)
        yield


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
        f"The {owner} {NO_BETTER}: a mean loss of {found:.4g} beside "
        f"{constant:.4g}. Either X says nothing of y, or the fit did not learn: try a larger max_iter, a "
        "smaller ridge, a less strict compression (rank, sparsity, compression_ratio), or another loss; look "
        "for columns of X that are nearly constant or have extreme entries.",
        ConvergenceWarning,
        stacklevel=5,
    )


def fitted_attributes(
    network: Network,
    targets: BaseTargets,
    solver: BaseSolver | None,
    image_shape: tuple | None,
    integers: IntegerForm | None = None,
) -> dict:
    """What prediction needs, by the names of the attributes."""
    return {
        "network_": network,
        "integers_": integers,
        "targets_": targets,
        "solver_": solver,
        "_image_shape": image_shape,
        "n_layers_": network.N + 1,
        "n_outputs_": targets.n_outputs,
        "out_activation_": "identity",
    }

# SPDX-License-Identifier: BSD-3-Clause
"""Tensor trains by (26): core by core, with a proximal term that holds the cores themselves."""

from collections.abc import Sequence
from typing import Any

from ...numerics._linalg import proximal_sandwich


def proximal_cores(tensor: Any, cores: Sequence, tau: float, alpha: float, *, xp: Any) -> list:
    """One pass, first core to last, of argmin tau/2 ||tensor - TT(G)||^2 + alpha/2 ||G - G_old||^2.

    With L and R the interfaces of a core to its left and right, its unfoldings obey
    tau (L'L) G (R R') + alpha G = tau L' T R' + alpha G_old. The interfaces are taken as they are: to
    orthogonalise them would change the cores that alpha holds.

    Parameters
    ----------
    tensor : array of shape (n_1, ..., n_d)
    cores : sequence of arrays of shape (r_{k-1}, n_k, r_k)
    tau, alpha : float
    xp : module
        Array API namespace.

    Returns
    -------
    cores : list of arrays
    """
    new: list = []
    rights: list = [xp.ones((1, 1), dtype=tensor.dtype)]
    for core in reversed(cores[1:]):
        rank, mode, after = core.shape
        product = xp.reshape(core, (rank * mode, after)) @ rights[-1]
        rights.append(xp.reshape(product, (rank, -1)))
    gram, rest = xp.ones((1, 1), dtype=tensor.dtype), xp.reshape(tensor, (1, -1))
    for core, right in zip(cores, reversed(rights), strict=True):
        rank, mode, after = core.shape
        image = xp.reshape(xp.reshape(rest, (rank * mode, -1)) @ right.T, core.shape)
        target = tau * image + alpha * core
        best = proximal_sandwich(gram, right @ right.T, target, tau, alpha, xp=xp)
        flat = xp.reshape(best, (rank * mode, after))
        rest = flat.T @ xp.reshape(rest, (rank * mode, -1))
        gram = flat.T @ xp.reshape(gram @ xp.reshape(best, (rank, -1)), (rank * mode, after))
        new.append(best)
    return new

# SPDX-License-Identifier: BSD-3-Clause
"""Probability vectors."""

from typing import Any


def two_columns(p: Any, *, xp: Any) -> Any:
    """Columns 1 - p and p of a single column p."""
    return xp.concat([1.0 - p, p], axis=1)


def project_to_simplex(V: Any, *, xp: Any) -> Any:
    """Euclidean projection of each row onto the probability simplex.

    Order is kept: a larger entry never gets a smaller probability. Sort-based, O(n k log k)
    (Duchi et al., 2008).

    Parameters
    ----------
    V : array of shape (n, k)
    xp : module
        Array API namespace.

    Returns
    -------
    P : array of shape (n, k)
        Non-negative rows that sum to one.
    """
    k = V.shape[1]
    ordered = xp.sort(V, axis=1, descending=True)
    excess = xp.cumulative_sum(ordered, axis=1) - 1.0
    count = xp.arange(1, k + 1, dtype=V.dtype)
    support = xp.sum(xp.astype(ordered * count > excess, xp.int64), axis=1)
    last = xp.arange(k, dtype=support.dtype)[None, :] == (support - 1)[:, None]
    threshold = xp.sum(xp.where(last, excess / count, xp.zeros_like(excess)), axis=1)
    P = xp.clip(V - threshold[:, None], 0.0, None)
    return P / xp.sum(P, axis=1)[:, None]

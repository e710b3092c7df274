# SPDX-License-Identifier: BSD-3-Clause
"""Probability vectors."""

from typing import Any


def two_columns(p: Any, *, xp: Any) -> Any:
    """Columns 1 - p and p of a single column p."""
    return xp.concat([1.0 - p, p], axis=1)


def project_to_simplex(V: Any, *, xp: Any) -> Any:
    """Euclidean projection of each row onto the probability simplex.

    Order is kept: a larger entry never gets a smaller probability. Nothing is sorted: entries that are
    below the threshold of those that are left drop out until none is (Michelot, 1986), in a few rounds.

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
    # A shift of a row changes nothing: its largest entries, now 0, stay in, and what is 1 below them gets
    # nothing, so that large entries must not round the 1 away.
    Z = xp.clip(V - xp.max(V, axis=1, keepdims=True), -1.0, 0.0)
    ones = xp.ones(Z.shape[1], dtype=Z.dtype)
    inside, n_inside = Z > -1.0, None  # the threshold is at least the largest entry less 1
    while True:
        share = xp.astype(inside, Z.dtype)
        count = share @ ones
        threshold = (((Z * share) @ ones - 1.0) / count)[:, None]
        if n_inside is not None and bool(xp.all(count == n_inside)):
            break
        inside, n_inside = xp.logical_and(inside, Z > threshold), count
    P = xp.clip(Z - threshold, 0.0, None)
    return P / (P @ ones)[:, None]

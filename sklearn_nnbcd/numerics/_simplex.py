# SPDX-License-Identifier: BSD-3-Clause
"""Probability vectors."""

from typing import Any

from ..backends import get_backend


def two_columns(p: Any, *, xp: Any) -> Any:
    """Columns 1 - p and p of a single column p."""
    return xp.concat([1.0 - p, p], axis=1)


def exponentials(V: Any, *, xp: Any) -> tuple[Any, Any, Any]:
    """Each row's largest entry (n, 1), exp(v) relative to it (n, k), and the sums of these (n, 1)."""
    top = get_backend(xp).row_maxima(V, xp=xp)[:, None]
    E = xp.exp(V - top)
    return top, E, (E @ xp.ones(E.shape[1], dtype=E.dtype))[:, None]


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
    # A shift of a row changes nothing: its largest entry, now 1, stays in, and what is 1 below it gets
    # nothing; the difference comes first, so that large entries do not round the 1 away.
    backend = get_backend(xp)
    Z = backend.positive_part(V - backend.row_maxima(V, xp=xp)[:, None] + 1.0, xp=xp)
    ones = xp.ones(Z.shape[1], dtype=Z.dtype)
    inside = Z > 0.0  # the threshold is at least the largest entry less 1
    while True:
        share = xp.astype(inside, Z.dtype)
        threshold = (((Z * share) @ ones - 1.0) / (share @ ones))[:, None]
        left = xp.logical_and(inside, Z > threshold)
        if bool(xp.all(left == inside)):
            break
        inside = left
    P = backend.positive_part(Z - threshold, xp=xp)
    return P / (P @ ones)[:, None]

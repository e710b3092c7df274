# SPDX-License-Identifier: BSD-3-Clause
"""The rows of a batch, weighted so that products of them are means."""

from typing import Any

from ...backends import get_backend
from .._state import Problem


def share_roots(X: Any, s: Any, batch_weight: float | None = None, *, xp: Any) -> Any:
    """Roots of the row weights over the weight of a batch, shape (n, 1); one float where there are none.

    With the mean weight of all batches, ``batch_weight``, a heavy batch counts as heavy; None: with its own.
    """
    if s is None:
        return X.shape[0] ** -0.5
    return xp.sqrt(s / (xp.sum(s) if batch_weight is None else batch_weight))[:, None]


def spread_roots(layer: Any, root: Any, *, xp: Any) -> Any:
    """The roots of the row weights for the rows of a layer's design."""
    if isinstance(root, float):
        return root
    return layer.spread(root[:, 0], xp=xp)[:, None]


def weighted_rows(layer: Any, E: Any, root: Any, *, xp: Any) -> Any:
    """An array of the shape of U as weighted rows of the layer's design."""
    return layer.rows(E, xp=xp) * spread_roots(layer, root, xp=xp)


def weighted_inputs(problem: Problem, i: int, V: Any, root: Any) -> Any:
    """Weighted rows that multiply W_i, with a constant for the intercept; V is V_{i-1}."""
    xp, layer = problem.xp, problem.layers[i]
    A = layer.design(V, xp=xp)
    if problem.fit_intercept:
        A = get_backend(xp).with_constant(A, xp=xp)
    return A * spread_roots(layer, root, xp=xp)

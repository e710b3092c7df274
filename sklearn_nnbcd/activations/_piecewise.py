# SPDX-License-Identifier: BSD-3-Clause
"""The U block (11) of a piecewise linear activation: the best clipped vertex over its pieces."""

import math
from collections.abc import Sequence
from typing import Any

from ..backends import get_backend


def prox_piecewise(
    V: Any, center: Any, weight: float, pieces: Sequence[tuple[float, float, float, float]], *, xp: Any
) -> Any:
    """argmin_u 1/2 (sigma(u) - v)^2 + weight/2 (u - center)^2 for a continuous, piecewise linear
    sigma.

    On a piece the function is a parabola; its best point there is the vertex clipped to the piece,
    and the best of these points is a global minimiser.

    Parameters
    ----------
    V, center : arrays of the same shape
    weight : float > 0
    pieces : sequence of (left, right, slope, intercept)
        sigma(u) = slope * u + intercept for left <= u <= right; together they cover the line.
    xp : module
        Array API namespace.

    Returns
    -------
    U : array
    """
    best, best_value, select = None, None, get_backend(xp).select
    for left, right, slope, intercept in pieces:
        E = V - intercept
        u = (slope * E + weight * center) * (1.0 / (slope * slope + weight))
        low, high = (end if math.isfinite(end) else None for end in (left, right))
        u = xp.clip(u, low, high)
        value = (slope * u - E) ** 2 + weight * (u - center) ** 2
        if best is None:
            best, best_value = u, value
            continue
        better = value < best_value
        best = select(better, u, best, xp=xp)
        best_value = select(better, value, best_value, xp=xp)
    return best

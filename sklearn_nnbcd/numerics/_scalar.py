# SPDX-License-Identifier: BSD-3-Clause
"""Scalar equations and functions, entry by entry: what smooth activations and losses need."""

from collections.abc import Callable
from typing import Any


def sigmoid_parts(U: Any, *, xp: Any) -> tuple[Any, Any]:
    """s = 1 / (1 + exp(-u)) and s (1 - s), without overflow and with small values kept."""
    e = xp.exp(-xp.abs(U))
    share = 1.0 / (1.0 + e)
    tail = e * share
    return xp.where(U >= 0.0, share, tail), share * tail


def sigmoid(U: Any, *, xp: Any) -> Any:
    """1 / (1 + exp(-u))."""
    return sigmoid_parts(U, xp=xp)[0]


def softplus(U: Any, *, xp: Any) -> Any:
    """log(1 + exp(u))."""
    return xp.maximum(U, xp.asarray(0.0, dtype=U.dtype)) + xp.log1p(xp.exp(-xp.abs(U)))


def wright_omega(T: Any, *, xp: Any) -> Any:
    """The solution w > 0 of w + log w = t, entry by entry.

    Two steps of the fourth-order iteration of Fritsch, Shafer and Crowley (1973) from a start that
    is right within 0.2 in its own scale; below -20 exp(t) - exp(2 t) is exact to rounding.

    Parameters
    ----------
    T : array
    xp : module
        Array API namespace.

    Returns
    -------
    w : array
        Relative error of about 1 + |t| units of rounding.
    """
    middle = xp.clip(T, -20.0, None)
    small = xp.exp(xp.clip(T, None, 1.0))
    bounded = xp.exp(xp.clip(T, -20.0, 1.0))
    large = xp.clip(T, 1.0, None)
    log = xp.log(large)
    w = xp.where(T > 1.0, large - log + log / large, bounded / (1.0 + bounded))
    for _ in range(2):
        r = middle - w - xp.log(w)
        q = 1.0 + w
        p = 2.0 * q * (q + (2.0 / 3.0) * r)
        w = w * (1.0 + (r / q) * (p - r) / (p - 2.0 * r))
    return xp.where(T > -20.0, w, small - small * small)


def bracketed_newton(
    function: Callable[[Any], tuple[Any, Any]],
    start: Any,
    low: Any,
    high: Any,
    *,
    xp: Any,
    max_iter: int = 60,
) -> Any:
    """A root in [low, high] of a function that is <= 0 at low and >= 0 at high, entry by entry.

    Newton's step; the middle of the bracket that the signs have left where the step leaves that
    bracket, or turns back by more than half of the step before. It stops when no entry has moved by
    more than a tenth of the root of rounding: Newton's error is then of the order of its square.

    Parameters
    ----------
    function : callable
        ``function(x)`` gives values and derivatives.
    start, low, high : arrays of one shape
        low <= start <= high.
    xp : module
        Array API namespace.
    max_iter : int, default=60

    Returns
    -------
    x : array
    """
    x, before = start, xp.zeros_like(start)
    tolerance = 0.1 * float(xp.finfo(start.dtype).eps) ** 0.5
    for _ in range(max_iter if x.size else 0):
        value, slope = function(x)
        low = xp.where(value <= 0.0, x, low)
        high = xp.where(value >= 0.0, x, high)
        rising = slope > 0.0
        step = -value / xp.where(rising, slope, xp.ones_like(slope))
        new = x + step
        trusted = xp.logical_and(xp.logical_and(new >= low, new <= high), rising)
        trusted = xp.logical_and(trusted, 2.0 * step * before >= -(before * before))
        new = xp.where(trusted, new, 0.5 * (low + high))
        before, x = new - x, new
        if not float(xp.max(xp.abs(before) / (1.0 + xp.abs(x)))) > tolerance:
            break
    return x

# SPDX-License-Identifier: BSD-3-Clause
"""Conjugate gradients for least squares whose matrix is only known by its products."""

from collections.abc import Callable
from typing import Any

from ..backends import get_backend
from ._choice import choose
from ._metric import Metric

#: rounding units at which a residual counts as zero
_ROUNDING = 10.0
#: growth of the squared residual at which only rounding is left of a singular problem
_DIVERGED = 1e8


def conjugate_gradients(
    start: Any,
    residual: Any,
    multiply: Callable,
    precondition: Callable,
    n_iter: int,
    *,
    right: Any = None,
    axis: int | None = None,
    xp: Any,
) -> Any:
    """Lower a convex quadratic from a start by preconditioned conjugate gradients.

    The quadratic is 1/2 <x, A x> - <b, x> with A symmetric positive semidefinite. Every iterate has
    a smaller value than the one before in exact arithmetic, so the fit may stop anywhere; where
    rounding has it otherwise (A singular), the start is given back.

    Parameters
    ----------
    start : array
        x_0.
    residual : array
        b - A x_0, the negative gradient at the start.
    multiply : callable
        x -> A x.
    precondition : callable
        r -> P r with P symmetric positive definite, near the inverse of A.
    n_iter : int
        Most iterations; it stops early when the residual is rounding only.
    right : array or None, default=None
        b, for what is rounding; None: the residual at the start is what it is measured by.
    axis : int or None, default=None
        Axis along which inner products are taken. With 0, the columns of a matrix are problems of
        their own and each gets its own step lengths.
    xp : module
        Array API namespace.

    Returns
    -------
    x : array
    """

    def inner(a: Any, b: Any) -> Any:
        return xp.sum(a * b, axis=axis, keepdims=axis is not None)

    def ratio(a: Any, b: Any) -> Any:
        positive = b > 0
        return xp.where(positive, a / xp.where(positive, b, xp.ones_like(b)), xp.zeros_like(b))

    def size(a: Any) -> Any:
        return backend.number(xp.sum(a * a), xp=xp)

    backend, right = get_backend(xp), residual if right is None else right
    scale, first_size = size(right), size(residual)
    least = (_ROUNDING * float(xp.finfo(start.dtype).eps)) ** 2 * scale
    most = _DIVERGED * choose(scale > first_size, scale, first_size, xp=xp)
    x, z, first = start, precondition(residual), residual
    direction, power = z, inner(residual, z)
    for _ in range(n_iter):
        now = size(residual)
        going = (least < now) & (now < most)
        if backend.synchronous and not going:
            break
        image = multiply(direction)
        length = ratio(power, inner(direction, image))
        if not backend.synchronous:  # where it would stop, it stands still
            length = xp.where(going, length, xp.zeros_like(length))
        x = x + length * direction
        residual = residual - length * image
        z = precondition(residual)
        before, power = power, inner(residual, z)
        direction = z + ratio(power, before) * direction
    move = x - start
    gained = inner(move, first + residual) >= 0  # twice what the quadratic has fallen by
    return xp.where(gained, x, start)


def refit_on_support(W: Any, mask: Any, start: Any, metric: Metric, n_iter: int, *, xp: Any) -> Any:
    """Least squares fit of the entries under a mask: min ||W - M|| in a metric over M = mask * M.

    What is removed is compensated by what stays. Problems that fall apart by columns (S diagonal)
    or by rows (G diagonal) are solved as such.

    Parameters
    ----------
    W : array of shape (d_in, d_out)
    mask : array of shape (d_in, d_out)
        Ones where an entry stays, zeros elsewhere, in the dtype of W.
    start : array of shape (d_in, d_out)
        First M, zero outside the mask.
    metric : Metric
    n_iter : int
    xp : module
        Array API namespace.

    Returns
    -------
    M : array of shape (d_in, d_out)
        No farther from W than the start, up to rounding.
    """
    if metric.is_diagonal:
        return W * mask
    scale = mask / metric.diagonal(W.shape, W.dtype, xp=xp)
    return conjugate_gradients(
        start,
        mask * metric.multiply(W - start),
        lambda D: mask * metric.multiply(D),
        lambda R: scale * R,
        n_iter,
        axis=0 if metric.columns.is_diagonal else 1 if metric.rows.is_diagonal else None,
        xp=xp,
    )

# SPDX-License-Identifier: BSD-3-Clause
"""Rows in shuffled batches, for solvers that see a few of them at a time."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..backends import get_backend, namespace_of, shuffled_rows


class ShuffledBatches:
    """Iterating yields (X, Y, s) batch by batch, in a new order each time.

    Batches of one pass are nearly equal in size and hold each row once. Only the rows of one batch
    are copied, in rising order, so X may be a memory map larger than the memory.

    Parameters
    ----------
    X, Y : arrays of n rows
    s : array of shape (n,) or None
        Sample weights.
    size : int
        Rows of a batch, about.
    random_state : numpy.random.RandomState
        Draws the orders.
    transform : callable or None, default=None
        Applied to the rows of X in a batch.
    dtype : dtype or None, default=None
        Of all three in a batch, after the transform; None: that of X.

    Attributes
    ----------
    weight : float
        Sum of all sample weights.
    weight_norm : float
        Root of the sum of their squares; of a row that stands for k copies, as :func:`are_copies` says, k
        times that of one.
    """

    def __init__(
        self,
        X: Any,
        Y: Any,
        s: Any,
        size: int,
        random_state: Any,
        transform: Callable | None = None,
        dtype: Any = None,
    ):
        self.X, self.Y, self.s, self.random_state = X, Y, s, random_state
        self.transform, self.dtype = transform, X.dtype if dtype is None else dtype
        self.count = max(1, round(X.shape[0] / size))
        self.weight, self.weight_norm = float(X.shape[0]), float(X.shape[0]) ** 0.5
        if s is not None:
            xp = namespace_of(s)
            largest = float(xp.max(s))  # squares of very small weights are 0 in single precision
            shares = s / largest
            self.weight = largest * float(xp.sum(shares))
            least = float(xp.min(shares[shares > 0]))
            squares = least * shares if are_copies(shares, least, xp=xp) else shares * shares
            self.weight_norm = largest * float(xp.sum(squares)) ** 0.5

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple]:
        xp, n = namespace_of(self.X), self.X.shape[0]
        take = partial(get_backend(xp).take_rows, xp=xp)
        order = shuffled_rows(n, self.random_state)
        for k in range(self.count):
            rows = order[k * n // self.count : (k + 1) * n // self.count]
            rows.sort()
            rows = xp.asarray(rows.astype("int64"))
            X, Y = take(self.X, rows), take(self.Y, rows)
            s = None if self.s is None else take(self.s, rows)
            X = X if self.transform is None else self.transform(X)
            yield tuple(None if x is None else xp.astype(x, self.dtype, copy=False) for x in (X, Y, s))


def are_copies(s: Any, least: float, *, xp: Any) -> bool:
    """Whether weights say how many equal rows each row stands for.

    So they do where all are whole multiples of the least one that is not zero, none of more copies than there
    are rows: the fit is then that of the copies, and a factor that all weights share changes nothing.

    Parameters
    ----------
    s : array of shape (n,)
        None negative, not all zero.
    least : float
        The smallest one that is not zero.
    xp : module
        Array API namespace.

    Examples
    --------
    >>> import numpy as np
    >>> [are_copies(np.asarray(s), 0.5, xp=np) for s in ([0.5, 1.5, 0.0, 0.5], [0.5, 0.7])]
    [True, False]
    """
    copies = s / least
    most = float(xp.max(copies))
    rounding = 8.0 * float(xp.finfo(copies.dtype).eps) * most
    return most <= s.shape[0] and float(xp.max(xp.abs(copies - xp.round(copies)))) <= rounding

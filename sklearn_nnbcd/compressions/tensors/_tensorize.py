# SPDX-License-Identifier: BSD-3-Clause
"""How a weight becomes a tensor, and the ranks that a tensor train of a shape can have."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


def prime_factors(n: int) -> list[int]:
    """Prime factors of n >= 1 in rising order; 1 has none.

    Examples
    --------
    >>> prime_factors(12)
    [2, 2, 3]
    """
    factors, p = [], 2
    while p * p <= n:
        while n % p == 0:
            factors.append(p)
            n //= p
        p += 1
    return factors + ([n] if n > 1 else [])


def factor_modes(n: int, target: int = 4) -> tuple[int, ...]:
    """Integers > 1 whose product is n, small ones merged up to about ``target``.

    Padding-free: a prime stays whole, so no size is ever an error.

    Examples
    --------
    >>> factor_modes(1024)
    (4, 4, 4, 4, 4)
    >>> factor_modes(512)
    (4, 4, 4, 4, 2)
    >>> factor_modes(561)
    (17, 11, 3)
    """
    modes, current = [], 1
    for p in prime_factors(n):
        if current * p > target and current > 1:
            modes.append(current)
            current = 1
        current *= p
    if current > 1:
        modes.append(current)
    return tuple(sorted(modes, reverse=True))


def pair_modes(rows: Sequence[int], columns: Sequence[int]) -> tuple[tuple, tuple]:
    """Two lists of modes made equally long by merging the longer one, for the paired format (2).

    Examples
    --------
    >>> pair_modes((17, 11, 3), (4, 4, 4, 4, 4))
    ((17, 11, 3), (16, 16, 4))
    """

    def shorten(modes: Sequence[int], length: int) -> tuple:
        modes = sorted(modes, reverse=True)
        while len(modes) > length:
            modes = sorted(modes[:-2] + [modes[-2] * modes[-1]], reverse=True)
        return tuple(modes)

    length = min(len(rows), len(columns))
    if length == 0:
        return (math.prod(rows),), (math.prod(columns),)
    return shorten(rows, length), shorten(columns, length)


def feasible_tt_ranks(modes: Sequence[int], wanted: Sequence[int] | None = None) -> tuple:
    """TT-ranks r_0 ... r_d, the wanted inner ones lowered to what a train can have; r_0 = r_d = 1.

    No rank is above mode times rank of either neighbour; with wanted=None, that leaves the smaller
    side of each unfolding.

    Examples
    --------
    >>> feasible_tt_ranks((2, 2, 2, 2))
    (1, 2, 4, 2, 1)
    >>> feasible_tt_ranks((2, 2, 2, 2), (1, 4, 2))
    (1, 1, 2, 2, 1)
    """
    ranks = [1, *([math.prod(modes)] * (len(modes) - 1) if wanted is None else wanted), 1]
    for k in range(1, len(modes)):
        ranks[k] = min(ranks[k], ranks[k - 1] * modes[k - 1])
    for k in range(len(modes) - 1, 0, -1):
        ranks[k] = min(ranks[k], modes[k] * ranks[k + 1])
    return tuple(ranks)


def tt_size(modes: Sequence[int], ranks: Sequence[int]) -> int:
    """Number of entries of the cores, sum of r_{k-1} n_k r_k."""
    return sum(a * n * b for a, n, b in zip(ranks, modes, ranks[1:], strict=False))


def largest_rank(size_of_rank: Callable[[int], int], highest: int, budget: float) -> int:
    """Largest r in 1..highest with ``size_of_rank(r) <= budget``, at least 1 (bisection)."""
    low, high = 1, highest
    while low < high:
        middle = (low + high + 1) // 2
        if size_of_rank(middle) <= budget:
            low = middle
        else:
            high = middle - 1
    return low


def split_point(modes: Sequence[int], n_rows: int) -> int | None:
    """Number of leading modes whose product is n_rows, or None if no prefix has it."""
    for k in range(1, len(modes)):
        if math.prod(modes[:k]) == n_rows:
            return k
    return None


@dataclass(frozen=True)
class Tensorization:
    """How a matrix becomes a tensor.

    ``rows`` is None: a plain reshape of the matrix to ``modes``, or of its transpose, which is how
    the paper writes weights (outputs first), if ``transposed``. Otherwise the paired format of eq. (2): rows
    split into m_1 ... m_d, columns into n_1 ... n_d, and mode k runs over the pairs (m_k, n_k).
    """

    shape: tuple
    modes: tuple
    rows: tuple | None = None
    columns: tuple | None = None
    transposed: bool = False

    @property
    def split(self) -> int | None:
        """Number of leading modes that carry the rows; None where no prefix does."""
        if self.rows is not None or self.transposed:
            return None
        return split_point(self.modes, self.shape[0])

    def to_tensor(self, W: Any, *, xp: Any) -> Any:
        """The tensor of a matrix."""
        if self.rows is None:
            return xp.reshape(W.T if self.transposed else W, self.modes)
        d = len(self.rows)
        order = tuple(axis for k in range(d) for axis in (k, d + k))
        split = xp.reshape(W, self.rows + self.columns)  # type: ignore[operator]
        return xp.reshape(xp.permute_dims(split, order), self.modes)

    def to_matrix(self, tensor: Any, *, xp: Any) -> Any:
        """The matrix of a tensor."""
        if self.transposed:
            return xp.reshape(tensor, self.shape[::-1]).T
        if self.rows is None:
            return xp.reshape(tensor, self.shape)
        d = len(self.rows)
        pairs = tuple(n for pair in zip(self.rows, self.columns, strict=True) for n in pair)  # type: ignore[arg-type]
        order = tuple(range(0, 2 * d, 2)) + tuple(range(1, 2 * d, 2))
        return xp.reshape(xp.permute_dims(xp.reshape(tensor, pairs), order), self.shape)

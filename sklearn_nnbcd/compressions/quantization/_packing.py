# SPDX-License-Identifier: BSD-3-Clause
"""Small integers side by side in bytes."""

import math
from typing import Any

#: of three levels five fit a byte: 3^5 = 243
_TERNARY = (3, 5)


def _groups(count: int) -> tuple[int, int, int]:
    """Base, integers of a group, bytes of a group."""
    if count == _TERNARY[0]:
        return (*_TERNARY, 1)
    bits = max(1, (count - 1).bit_length())
    common = math.gcd(bits, 8)
    return 2**bits, 8 // common, bits // common


def packed_size(n: int, count: int) -> int:
    """Bytes that n integers of 0 ... count - 1 take."""
    base, together, size = _groups(count)
    return -(-n * size // together)


def pack(codes: Any, count: int, *, xp: Any) -> Any:
    """Integers as bytes.

    Parameters
    ----------
    codes : array of int of shape (n,)
        In 0 ... count - 1.
    count : int
        At most 256, or 2**10, 2**12, 2**14 or 2**16. Three levels are packed by fives, others by their bits.
    xp : module
        Array API namespace.

    Returns
    -------
    packed : array of uint8 of shape (packed_size(n, count),)

    Examples
    --------
    >>> import numpy as np
    >>> pack(np.asarray([1, 15, 2]), 16, xp=np)
    array([241,   2], dtype=uint8)
    """
    base, together, size = _groups(count)
    n = codes.shape[0]
    padding = xp.zeros(-n % together, dtype=xp.int64)
    groups = xp.reshape(xp.concat([xp.astype(codes, xp.int64), padding]), (-1, together))
    word = xp.sum(groups * _powers(base, together, xp=xp), axis=1)
    places = _powers(256, size, xp=xp)
    parts = (word[:, None] // places) % 256
    return xp.astype(xp.reshape(parts, (-1,)), xp.uint8)[: packed_size(n, count)]


def unpack(packed: Any, n: int, count: int, *, xp: Any) -> Any:
    """The n integers that :func:`pack` packed, an array of int64."""
    base, together, size = _groups(count)
    padding = xp.zeros(-packed.shape[0] % size, dtype=xp.int64)
    parts = xp.reshape(xp.concat([xp.astype(packed, xp.int64), padding]), (-1, size))
    word = xp.sum(parts * _powers(256, size, xp=xp), axis=1)
    codes = (word[:, None] // _powers(base, together, xp=xp)) % base
    return xp.reshape(codes, (-1,))[:n]


def _powers(base: int, n: int, *, xp: Any) -> Any:
    """base^0 ... base^(n - 1), shape (1, n); the largest fits 64 bits with the sign."""
    return xp.asarray([[base**k for k in range(n)]], dtype=xp.int64)

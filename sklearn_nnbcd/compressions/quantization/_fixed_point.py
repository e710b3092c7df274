# SPDX-License-Identifier: BSD-3-Clause
"""Scales and intercepts in a byte or two each: integers that share a power of two."""

import math
from dataclasses import dataclass, replace
from typing import Any

from array_api_compat import device

from ...backends import namespace_of

#: types of the integers and the largest one of each, that of fewer bytes first
_TYPES = (("uint8", 2**8 - 1), ("int8", 2**7 - 1), ("int16", 2**15 - 1))
#: powers that float32 has as normal numbers, with room for the integers
_LEAST_POWER, _LARGEST_POWER = -120, 100
#: tolerance of a number that may not differ at all
_LEAST_TOLERANCE = 1e-100


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """Numbers that are integers times one power of two.

    Attributes
    ----------
    integers : array of uint8, int8 or int16 of shape (n,)
    power : array of int8 of shape (1,)
        The numbers are ``integers`` times 2^power.
    precision : {'float32', 'float64'}, default='float32'
        Name of the dtype of the numbers.

    Examples
    --------
    >>> import numpy as np
    >>> FixedPoint(np.asarray([3, 200], dtype=np.uint8), np.asarray([-4], dtype=np.int8)).values()
    array([ 0.1875, 12.5   ], dtype=float32)
    """

    integers: Any
    power: Any
    precision: str = "float32"

    @classmethod
    def near(cls, x: Any, tolerance: Any, n_bytes: int = 1, least: int = 0) -> Any:
        """Numbers of one or two bytes near x; x itself where there are none.

        Parameters
        ----------
        x : array of shape (n,)
            Of real floating dtype.
        tolerance : array of shape (n,)
            What they may differ by: the root mean square of differences over these is at most 1.
        n_bytes : {1, 2}, default=1
            Of an integer, at least.
        least : {0, 1}, default=0
            The least integer, but for signs, of a number that is not 0.

        Returns
        -------
        numbers : FixedPoint or array
        """
        xp = namespace_of(x)
        numbers, allowed = (xp.astype(a, xp.float64) for a in (x, tolerance))
        size, n = xp.abs(numbers), x.shape[0]
        top = float(xp.max(size)) if n else 0.0
        if not 0.0 < top < math.inf:
            return x
        allowed = xp.clip(allowed, _LEAST_TOLERANCE, None)
        is_signed = bool(xp.any(numbers < 0.0))
        for name, largest in _TYPES:
            kind, power = getattr(xp, name), math.ceil(math.log2(top / largest))
            n_stored = xp.iinfo(kind).bits // 8
            fits = _LEAST_POWER <= power <= _LARGEST_POWER and not (is_signed and name[0] == "u")
            if n_stored < n_bytes or not fits or n * n_stored + 1 >= n * xp.finfo(x.dtype).bits // 8:
                continue
            integers = xp.sign(numbers) * xp.clip(xp.round(size * 2.0**-power), float(least), None)
            change = xp.abs(integers * 2.0**power - numbers)
            if float(xp.mean((change / allowed) ** 2)) <= 1.0:
                precision = "float64" if x.dtype == xp.float64 else "float32"
                stored = xp.asarray([power], dtype=xp.int8, device=device(x))
                return cls(xp.astype(integers, kind), stored, precision)
        return x

    @property
    def shape(self) -> tuple:
        """(n,)."""
        return tuple(self.integers.shape)

    @property
    def dtype(self) -> Any:
        """dtype of the numbers."""
        xp = namespace_of(self.integers)
        return xp.empty(0, dtype=getattr(xp, self.precision)).dtype

    @property
    def arrays(self) -> tuple:
        """What is stored."""
        return (self.integers, self.power)

    def values(self) -> Any:
        """The numbers as an array of shape (n,)."""
        xp, dtype = namespace_of(self.integers), self.dtype
        return xp.astype(self.integers, dtype) * xp.asarray(2.0, dtype=dtype) ** xp.astype(self.power, dtype)

    def taken(self, indices: Any) -> "FixedPoint":
        """Some of the numbers."""
        return replace(self, integers=namespace_of(self.integers).take(self.integers, indices))

    def __mul__(self, factor: Any) -> Any:
        """The numbers times one or many, as an array."""
        return self.values() * factor

    def check_arrays(self) -> None:
        """Raise ValueError unless the integers are of their types and the power is one number."""
        xp = namespace_of(self.integers)
        sound = (
            self.precision in ("float32", "float64")
            and self.integers.ndim == 1
            and self.integers.dtype in (xp.uint8, xp.int8, xp.int16)
            and self.power.dtype == xp.int8
            and tuple(self.power.shape) == (1,)
            and _LEAST_POWER <= int(self.power[0]) <= _LARGEST_POWER
        )
        if not sound:
            raise ValueError("numbers in fixed point are no integers times a power of two")


def plain_numbers(x: Any) -> Any:
    """An array, or the one that a :class:`FixedPoint` stands for; None stays."""
    return x.values() if isinstance(x, FixedPoint) else x


def stored_arrays(x: Any) -> tuple:
    """The arrays that hold an array, a :class:`FixedPoint` or None."""
    return x.arrays if isinstance(x, FixedPoint) else () if x is None else (x,)


def taken(x: Any, indices: Any, *, xp: Any) -> Any:
    """Some entries of an array or of a :class:`FixedPoint`."""
    return x.taken(indices) if isinstance(x, FixedPoint) else xp.take(x, indices)

# SPDX-License-Identifier: BSD-3-Clause
"""Where entries lie in a sparse weight, as gaps of few bits between one and the next."""

from dataclasses import dataclass
from typing import Any

from ..backends import get_backend
from .quantization._packing import pack, packed_size, unpack

#: bits that a gap may have
WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16)
#: of a code that it is no filler, at least, as it is reckoned with
LEAST_CHANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Gaps:
    """Rising places, relative to each other.

    Each place is stored as the number of places left out before it, a code of some bits; the largest code
    ``2**bits - 1`` says that so many are left out and that no entry follows yet [1]_. One bit is a mask.

    Attributes
    ----------
    packed : array of uint8
        Codes, see :func:`~sklearn_nnbcd.compressions.quantization.pack`.
    bits : int
        Of a code.
    n : int
        Number of places.

    References
    ----------
    .. [1] Han, Mao, Dally, "Deep Compression", ICLR 2016, section 2: relative indices, but fillers are codes
       here and no entries.

    Examples
    --------
    >>> import numpy as np
    >>> gaps = Gaps.of_places(np.asarray([2, 3, 12, 13, 14, 60]), xp=np)
    >>> gaps.bits, gaps.packed.nbytes, gaps.places(xp=np)
    (3, 5, array([ 2,  3, 12, 13, 14, 60]))
    """

    packed: Any
    bits: int
    n: int

    @classmethod
    def of_places(cls, places: Any, *, xp: Any) -> "Gaps":
        """Of rising integers >= 0 of shape (n,), in as few bytes as any width takes."""
        places, n = xp.astype(places, xp.int64), places.shape[0]
        if n == 0:
            return cls(xp.astype(places, xp.uint8), 1, 0)
        before = xp.concat([xp.full_like(places[:1], -1), places[:-1]])
        gaps = places - before - 1

        def n_codes(bits: int) -> int:
            return n + int(xp.sum(gaps // (2**bits - 1)))

        bits = min(WIDTHS, key=lambda bits: packed_size(n_codes(bits), 2**bits))
        filler, total = 2**bits - 1, n_codes(bits)
        ends = xp.cumulative_sum(gaps // filler + 1) - 1
        steps = get_backend(xp).scatter(gaps % filler - filler, ends, total, xp=xp) + filler
        return cls(pack(steps, 2**bits, xp=xp), bits, n)

    def places(self, *, xp: Any) -> Any:
        """The places, an array of int64 of shape (n,)."""
        codes, filler = self._filled(xp=xp), 2**self.bits - 1
        ends = codes != filler
        found = xp.cumulative_sum(codes + xp.astype(ends, xp.int64)) - 1
        return found[ends][: self.n]

    def codes(self, *, xp: Any) -> Any:
        """The codes up to that of the last place, an array of int64."""
        codes = self._filled(xp=xp)
        n_ended = xp.cumulative_sum(xp.astype(codes != 2**self.bits - 1, xp.int64))
        return codes[: int(xp.sum(xp.astype(n_ended < self.n, xp.int64))) + 1] if self.n else codes[:0]

    def _filled(self, *, xp: Any) -> Any:
        """All codes, and what fills the last byte."""
        count = 8 * self.packed.shape[0] // self.bits
        return unpack(self.packed, count, 2**self.bits, xp=xp)

    def check(self, size: int, *, xp: Any) -> None:
        """Raise ValueError unless there are n places below ``size``."""
        sound = (
            type(self.bits) is int
            and self.bits in WIDTHS
            and type(self.n) is int
            and self.n >= 0
            and self.packed.ndim == 1
            and self.packed.dtype == xp.uint8
        )
        if sound:
            places = self.places(xp=xp)
            sound = places.shape[0] == self.n and (self.n == 0 or int(places[-1]) < size)
        if not sound:
            raise ValueError(f"the places of {self.n} entries do not fit a weight of {size}")


def bits_of_places(share: float) -> float:
    """Bits that a place takes about, where a share of all entries is kept, one as likely as another.

    Examples
    --------
    >>> [round(bits_of_places(share), 1) for share in (0.5, 0.15, 0.01)]
    [2.0, 4.4, 8.7]
    """
    empty = 1.0 - share
    return min(bits / max(1.0 - empty ** (2**bits - 1), LEAST_CHANCE) for bits in WIDTHS)

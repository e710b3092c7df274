# SPDX-License-Identifier: BSD-3-Clause
"""Rows in the memory of one machine or device, in blocks that fit the caches."""

from collections.abc import Callable, Iterable
from typing import Any

from array_api_compat import device

from ..backends import namespace_of
from ._base import BasePlacement, added


def row_slices(n: int, size: int) -> list[slice]:
    """Slices of at most ``size`` rows that cover n rows, nearly equal in length."""
    count = -(-n // size)
    return [slice(k * n // count, (k + 1) * n // count) for k in range(count)]


def block_rows(widths: Iterable[int], entries: int) -> int:
    """Rows of a block whose widest array has at most so many entries, 64 at least."""
    return max(64, entries // max(widths))


def by_blocks(function: Callable, n: int, rows: int) -> Any:
    """What ``function`` makes of slices of at most so many of n rows, n > 0, in one array.

    The results go where they belong at once, so none but one is in memory twice.
    """
    parts = row_slices(n, rows)
    first = function(parts[0])
    if len(parts) == 1:
        return first
    whole = namespace_of(first).empty((n, *first.shape[1:]), dtype=first.dtype, device=device(first))
    whole[parts[0], ...] = first
    for part in parts[1:]:
        whole[part, ...] = function(part)
    return whole


class InMemory(BasePlacement):
    """A list of blocks.

    Working block by block bounds the temporaries of a step by one block, and a block's element-wise
    passes stay in the caches between its matrix products. A block whose step runs out of memory (that
    of a device, most often) is halved and tried again, and stays halved.

    Parameters
    ----------
    blocks : list
        The blocks; any objects that the steps understand.
    """

    def __init__(self, blocks: Iterable):
        self.blocks = list(blocks)

    def map(self, step: Callable, *args: Any) -> None:
        """Replace the blocks one after the other."""
        self._visit(lambda block: (step(block, *args), None))

    def sweep(self, step: Callable, *args: Any) -> Any:
        """Replace the blocks one after the other; return the sum of the second results."""
        return self._visit(lambda block: step(block, *args))

    def reduce(self, measure: Callable, *args: Any) -> Any:
        """Sum over the blocks."""
        return self._visit(lambda block: (block, measure(block, *args)))

    def _visit(self, step: Callable) -> Any:
        total, k = None, 0
        while k < len(self.blocks):
            try:
                self.blocks[k], part = step(self.blocks[k])
            except MemoryError:
                halves = halved(self.blocks[k])
                if halves is None:
                    raise
                self.blocks[k : k + 1] = halves
                continue
            total, part = added(total, part), None  # the next step's memory is not shared with it
            k += 1
        return total

    def close(self) -> None:
        """Forget the blocks."""
        self.blocks = []


def halved(block: Any) -> tuple | None:
    """Two blocks of half the rows, or None where the block cannot be divided."""
    divide = getattr(block, "halved", None)
    return None if divide is None else divide()

# SPDX-License-Identifier: BSD-3-Clause
"""Rows in the memory of one machine or device, in blocks that fit the caches."""

from ._base import BasePlacement


def row_slices(n, size):
    """Slices of at most ``size`` rows that cover n rows."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


class InMemory(BasePlacement):
    """A list of blocks.

    Working block by block bounds the temporaries of a step by one block, and a block's element-wise
    passes stay in the caches between its matrix products.

    Parameters
    ----------
    blocks : list
        The blocks; any objects that the steps understand.
    """

    def __init__(self, blocks):
        self.blocks = list(blocks)

    def sweep(self, step, *args):
        """Replace the blocks one after the other; return the sum of the second results."""
        total = None
        for k, block in enumerate(self.blocks):
            self.blocks[k], part = step(block, *args)
            total = part if total is None else total + part
        return total

    def reduce(self, measure, *args):
        """Sum over the blocks."""
        total = None
        for block in self.blocks:
            part = measure(block, *args)
            total = part if total is None else total + part
        return total

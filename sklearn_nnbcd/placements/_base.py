# SPDX-License-Identifier: BSD-3-Clause
"""What the engine asks of a placement."""

from collections.abc import Callable
from typing import Any


class BasePlacement:
    """Holds blocks of rows and maps pure functions over them.

    A placement knows neither the engine nor the pieces: a step is any function of a block that returns
    a new block and something that can be added. A block may offer ``halved()``, two blocks of half its
    rows, which a placement may ask for where the memory for a step is short.
    """

    def map(self, step: Callable, *args: Any) -> None:
        """Replace every block by ``step(block, *args)``."""
        raise NotImplementedError

    def sweep(self, step: Callable, *args: Any) -> Any:
        """Replace every block by ``step(block, *args)[0]``; return the sum of the second results."""
        raise NotImplementedError

    def reduce(self, measure: Callable, *args: Any) -> Any:
        """Sum of ``measure(block, *args)`` over the blocks, which stay as they are."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what the blocks take, files included; the placement is not used again."""


def added(total: Any, part: Any) -> Any:
    """``total + part``, where None is the empty sum."""
    if total is None or part is None:
        return part if total is None else total
    return total + part

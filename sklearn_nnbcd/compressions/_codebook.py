# SPDX-License-Identifier: BSD-3-Clause
"""Numbers out of a table that is learned."""

from typing import Any

from .._validation import check_integer
from ._rounded import RoundedCompression
from .quantization import Grid

#: levels of a codebook at most: a byte
_MOST_LEVELS = 256


class Codebook(RoundedCompression):
    """Numbers out of a table that is learned: k-means in the metric.

    Where the numbers crowd, so do the levels. The table is shared by a whole array of numbers.

    Parameters
    ----------
    size : int, default=16
        Levels, 2 to 256; a number takes log2(size) bits, rounded up.
    compression : compression or None, default=None
        As for :class:`Quantized`.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.asarray([[1.0, 7.0], [7.1, 0.9]])
    >>> M = Codebook(size=2).plan((2, 2)).project(W, xp=np)
    >>> M.to_dense(xp=np)
    array([[0.95, 7.05],
           [7.05, 0.95]])
    """

    def __init__(self, size: int = 16, compression: Any = None) -> None:
        self.size = size
        self.compression = compression

    def _grid(self) -> Grid:
        size = check_integer(self.size, "size", type(self).__name__, low=2, cure="Try 16.")
        if size > _MOST_LEVELS:
            raise ValueError(
                f"The 'size' of Codebook must be at most {_MOST_LEVELS}. Got {size!r}. Try 16, whose "
                "numbers take 4 bits each."
            )
        return Grid(size, learned=True)

# SPDX-License-Identifier: BSD-3-Clause
"""Numbers -c and c."""

from typing import Any

from ._rounded import RoundedCompression
from .quantization import GRIDS, Grid


class Binary(RoundedCompression):
    """Numbers -c and c, with one c for each column: 1 bit each.

    Parameters
    ----------
    compression : compression or None, default=None
        As for :class:`Quantized`.

    Examples
    --------
    >>> Binary().plan((30, 20)).grid.levels
    (-1, 1)
    """

    def __init__(self, compression: Any = None) -> None:
        self.compression = compression

    def _grid(self) -> Grid:
        return GRIDS["binary"]

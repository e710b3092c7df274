# SPDX-License-Identifier: BSD-3-Clause
"""Numbers -c, 0 and c."""

from typing import Any

from ._rounded import RoundedCompression
from .quantization import GRIDS, Grid


class Ternary(RoundedCompression):
    """Numbers -c, 0 and c, with one c for each column: 1.6 bits each.

    Parameters
    ----------
    compression : compression or None, default=None
        As for :class:`Quantized`.

    Examples
    --------
    >>> Ternary().plan((30, 20)).grid.levels
    (-1, 0, 1)
    """

    def __init__(self, compression: Any = None) -> None:
        self.compression = compression

    def _grid(self) -> Grid:
        return GRIDS["ternary"]

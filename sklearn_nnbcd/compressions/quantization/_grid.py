# SPDX-License-Identifier: BSD-3-Clause
"""The levels that a number of few bits can have, in units of its scale."""

import math
from dataclasses import dataclass

#: what the noise of a grid counts as at most, and levels up to which a byte is enough for a scale
MOST_NOISE, BYTE_LEVELS = 0.25, 16


@dataclass(frozen=True)
class Grid:
    """Symmetric levels ``lowest, lowest + step, ..., -lowest``, or a table of ``count`` that is learned.

    Attributes
    ----------
    count : int
        Number of levels.
    lowest : int
        The first one.
    step : int
        1; 2 where zero is no level.
    learned : bool
        Whether the levels are numbers of each weight, a codebook, instead of these integers.

    Examples
    --------
    >>> GRIDS[4].levels
    (-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7)
    >>> GRIDS[2].levels, GRIDS["ternary"].levels, GRIDS["binary"].levels
    ((-3, -1, 1, 3), (-1, 0, 1), (-1, 1))
    """

    count: int
    lowest: int = 0
    step: int = 1
    learned: bool = False

    @property
    def noise(self) -> float:
        """Error of rounding an entry, in units of entries whose largest are three times as large."""
        top, step = ((self.count - 1) / 2, 1) if self.learned else (-self.lowest, self.step)
        return min(step / math.sqrt(12.0) / (top / 3.0), MOST_NOISE)

    @property
    def scale_bytes(self) -> int:
        """Bytes that a scale of such entries deserves, and an intercept."""
        return 1 if self.count <= BYTE_LEVELS else 2

    @property
    def levels(self) -> tuple:
        """All levels, rising."""
        return tuple(self.lowest + self.step * k for k in range(self.count))

    @property
    def magnitudes(self) -> tuple:
        """The levels that are not negative, rising."""
        return tuple(level for level in self.levels if level >= 0)

    @property
    def zero_code(self) -> int | None:
        """Index of the level 0; None where there is none."""
        return self.levels.index(0) if not self.learned and 0 in self.levels else None


#: what ``bits`` may be; with two bits four levels without zero lose less than three with it
GRIDS: dict[object, Grid] = {
    8: Grid(255, -127),
    4: Grid(15, -7),
    3: Grid(7, -3),
    2: Grid(4, -3, 2),
    "ternary": Grid(3, -1),
    "binary": Grid(2, -1, 2),
}

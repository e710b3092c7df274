# SPDX-License-Identifier: BSD-3-Clause
"""What the columns of X go through before a network's first layer: bends, then ramps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._bend import Bend
from ._ramps import Ramps


@dataclass(frozen=True, eq=False)
class ColumnMap:
    """X -> bent columns -> these and their ramps.

    Attributes
    ----------
    bend : Bend or None
        For columns with entries far from the rest; None: there are none.
    ramps : Ramps or None
        For columns that are cut into bins; None: there are none.
    """

    bend: Bend | None = None
    ramps: Ramps | None = None

    @classmethod
    def of(cls, bend: Bend | None, ramps: Ramps | None) -> ColumnMap | None:
        """The map, or None where there is nothing to do."""
        return None if bend is None and ramps is None else cls(bend, ramps)

    @property
    def n_new(self) -> int:
        """Columns that come behind those of X."""
        return 0 if self.ramps is None else self.ramps.n_ramps

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(part.nbytes for part in (self.bend, self.ramps) if part is not None)

    def check(self, n_columns: int, dtype: Any) -> None:
        """Raise ValueError unless this is a map of so many columns."""
        if self.bend is not None:
            self.bend.check(n_columns)
        if self.ramps is not None:
            self.ramps.check(n_columns, dtype)

    def __call__(self, X: Any, once: bool = False) -> Any:
        """Rows of shape (n, d_0 + n_new); sparse ones stay sparse, and have no ramps.

        ``once``: a product reads them, and nothing else, so they may lie in any order.
        """
        X = X if self.bend is None else self.bend(X)
        return X if self.ramps is None else self.ramps(X, once)

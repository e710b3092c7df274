# SPDX-License-Identifier: BSD-3-Clause
"""What rounding asks of a format: one of its stored arrays while all others stay."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Local:
    """The problem of one stored array while all others stay, as a matrix whose columns share a scale each.

    Attributes
    ----------
    matrix : array of shape (n, m)
        What is to be near: the best values of the array, about.
    metric : Metric or None
        In which to be near; the format's own where it is a product of two sides, else an estimate.
    restore : callable
        Brings a matrix to the shape of the array.
    support : array of bool of shape (n, m) or None
        Entries that there are; None: all.
    """

    matrix: Any
    metric: Any = None
    restore: Any = lambda matrix: matrix
    support: Any = None

# SPDX-License-Identifier: BSD-3-Clause
"""Where columns are cut into bins for their ramps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .network import Ramps
from .network._ramps import LARGEST, LARGEST_POWER

#: most bins of a column, and most ramps of a table, of which every column gets the same number
MOST_BINS, MOST_RAMPS = 32, 256
#: most different values of a column that become ends one by one, rows of each on average, and most ramps then
MOST_VALUES, ROWS_OF_A_VALUE, MOST_STEPS = 128, 125, 512
#: rows from which "auto" has ramps
LEAST_ROWS = 1000
#: rows of a bin at least, about
ROWS_OF_A_BIN = 250
#: entries of rows with ramps up to which "auto" has some: they are held in memory
MOST_ENTRIES = 2**27
#: rows that bins are cut by, and bends judged by
SAMPLE_ROWS = 2**15
#: bins are at least this share of a column's spread wide, so that rounding of X moves no row up a ramp
LEAST_WIDTH = 2.0**-8
#: and this share of its largest entry, which float32 can tell from 0
SINGLE_WIDTH = 2.0**-20
#: shares of all ends, and of those of each column, that integers as edges must tell apart
TOLD_APART = (0.95, 0.5)
#: shares of the weights that are this near are alike
ROUNDING = 1e-9


def fitting_bins(values: list[int], n_rows: int, n_columns: int) -> int:
    """Bins of a column by "auto": as many as its table has rows and room for; fewer than 2 are none.

    Parameters
    ----------
    values : list of int
        Different values of each column.
    n_rows, n_columns : int
    """
    room = min(MOST_RAMPS, MOST_ENTRIES // n_rows - n_columns)
    most = min(MOST_BINS, n_rows // ROWS_OF_A_BIN)
    while most > 1 and count_ramps(values, most) > room:
        most -= 1
    return most if most > 1 else 0


def bins_of_columns(values: list[int], n_rows: int, n_columns: int) -> list[int]:
    """Bins of each column by "auto": those of :func:`fitting_bins`, or one between any two values.

    Where a column has few values, each of many rows, such as an age, a count or an amount that a law names,
    what a value says need not be what the next one says. The parameters are those of :func:`fitting_bins`.
    """
    usual = fitting_bins(values, n_rows, n_columns)
    most = min(MOST_VALUES, n_rows // ROWS_OF_A_VALUE) if usual else 0
    bins = [max(usual, count - 1) if count <= most else usual for count in values]
    room = min(MOST_STEPS, MOST_ENTRIES // n_rows - n_columns)
    return bins if count_ramps(values, bins) <= room else [usual] * len(values)


def count_ramps(values: list[int], bins: Any) -> int:
    """Ramps of columns with so many different values; those of two values have none."""
    steps = np.asarray([count - 1 if count > 2 else 0 for count in values], dtype=int)
    return int(np.sum(np.minimum(steps, bins)))


def find_ramps(
    X: np.ndarray, s: np.ndarray | None, bins: list[int], like: Any, *, few_bits: bool = False
) -> Ramps | None:
    """Ramps whose bins have about the same share of the rows in each column; None if there are none.

    A value that many rows have, such as 0, is an end of bins, and so are the values beside it. Columns of two
    values have none.

    Parameters
    ----------
    X : array of shape (n, d_0)
        A sample of the rows.
    s : array of shape (n,) or None
        Their weights.
    bins : list of int
        Of each column, at most.
    like : array
        Its library, device and dtype are those of the ramps.
    few_bits : bool, default=False
        Whether the ends are to be stored in a byte or two, where these tell the values of all columns apart.
    """
    s = np.ones(len(X)) if s is None else np.asarray(s, dtype=float)
    if max(bins) < 1:
        return None
    edges = [cut(*values_of(x, s), b) for x, b in zip(X.T, bins, strict=True)]
    powers = common_units(edges) if few_bits else None
    if powers is not None:
        edges = [on_grid(each, power) for each, power in zip(edges, powers, strict=True)]
    return Ramps.from_edges(edges, like, powers)


def common_units(edges: list[list[float]]) -> list[int] | None:
    """Powers of 2 of which the ends of each column's bins become multiples, for a byte or two each.

    None if two bytes do not tell the ends apart, of columns far from 0 beside their spread.
    """
    counts = [len(each) for each in edges]
    for largest in LARGEST:
        powers = [math.ceil(math.log2(max(map(abs, each)) / largest)) if each else 0 for each in edges]
        kept = [len(on_grid(each, power)) for each, power in zip(edges, powers, strict=True)]
        if (
            max(map(abs, powers)) <= LARGEST_POWER
            and sum(kept) >= TOLD_APART[0] * sum(counts)
            and all(k >= TOLD_APART[1] * n for k, n in zip(kept, counts, strict=True))
        ):
            return powers
    return None


def on_grid(edges: list[float], power: int) -> list[float]:
    """The nearest multiples of 2^power, each once; none if there are fewer than three."""
    near = [n * 2.0**power for n in sorted({round(edge / 2.0**power) for edge in edges})]
    return near if len(near) > 2 else []


def is_on_disk(X: Any) -> bool:
    """Whether an array is a view of a file, which ramps would bring into memory."""
    while X is not None and not isinstance(X, np.memmap):
        X = getattr(X, "base", None)
    return X is not None


def values_of(x: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different values of a column, rising, and their shares of the weights."""
    values, places = np.unique(np.asarray(x, dtype=float), return_inverse=True)
    weights = np.bincount(places, weights=s)
    return values, weights / np.sum(weights)


def cut(values: np.ndarray, shares: np.ndarray, bins: int) -> list[float]:
    """Ends of at most so many bins: values that have a bin's share or more, and quantiles of the others.

    Beside the former a bin has no rows, or few: its ramp tells such a value, say 0 for a word that is not
    there, from all others. Columns of two values have none.

    Parameters
    ----------
    values : array of shape (n_values,)
        Different values of the column, rising.
    shares : array of shape (n_values,)
        Of the weights, their sum is 1.
    bins : int
    """
    if len(values) <= 2:
        return []
    least = LEAST_WIDTH * np.sqrt(shares @ (values - shares @ values) ** 2)
    least = max(least, SINGLE_WIDTH * np.max(np.abs(values)))
    if len(values) <= bins + 1:
        return apart(values, least)
    picked, heavy = np.zeros(len(values), dtype=bool), heavy_values(shares, bins)
    picked[[0, -1]] = True
    left = max(1, bins - int(np.sum(heavy)))
    for j in beside(values, shares, heavy, least):
        if left > 1 and not picked[j]:
            picked[j], left = True, left - 1
    picked |= heavy
    below = np.cumsum(np.where(heavy, 0.0, shares))
    if below[-1] > 0.0:
        levels = np.arange(1, left) / left * below[-1] * (1.0 - ROUNDING)
        picked[np.searchsorted(below, levels)] = True
    return apart(values[picked], least)


def heavy_values(shares: np.ndarray, bins: int) -> np.ndarray:
    """Mask of the values that have the share of a bin or more, with equal bins for the others."""
    heavy = np.zeros(len(shares), dtype=bool)
    while (left := bins - np.sum(heavy)) > 1:
        more = ~heavy & (shares >= np.sum(shares[~heavy]) / left * (1.0 - ROUNDING))
        if not np.any(more):
            break
        heavy |= more
    return heavy


def beside(values: np.ndarray, shares: np.ndarray, heavy: np.ndarray, least: float) -> list[int]:
    """Places of the next values, farther than ``least``, above and below the heavy ones, heaviest first."""
    places = []
    for i in sorted(np.flatnonzero(heavy), key=lambda i: -shares[i]):
        above = np.searchsorted(values, values[i] + least, side="right")
        below = np.searchsorted(values, values[i] - least) - 1
        places += [int(j) for j in (above, below) if 0 <= j < len(values) and not heavy[j]]
    return places


def apart(edges: np.ndarray, least: float) -> list[float]:
    """Rising edges without those that are nearer than ``least`` to the one before."""
    kept = [float(edges[0])]
    for edge in edges[1:]:
        if edge - kept[-1] > least:
            kept.append(float(edge))
    return kept if len(kept) > 2 else []

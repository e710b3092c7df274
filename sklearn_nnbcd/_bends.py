# SPDX-License-Identifier: BSD-3-Clause
"""Which columns with far entries are better bent, by what a line in either says of the targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import to_numpy
from ._bins import SAMPLE_ROWS
from .network import Bend

#: share by which a straight column must leave less: where it says next to nothing, far entries are a risk
LEAST_GAIN = 0.003
#: what a row leaves of its own column's squares at least, or all hangs on this one row
LEAST_LEFT = 1e-9
#: columns that are compared at once: of sparse rows they are made dense
AT_ONCE = 256


def worthwhile_bend(bend: Bend, rows: Any, targets: Any) -> Bend | None:
    """The bend without those columns whose straight entries say more of the targets; None: of none.

    A line in the column itself and one in the bent column are compared by the squares of what each leaves
    of a row's targets if the row takes no part in it (Allen 1974). The straight one must leave less by a
    small share, and by that which one of n rows is, as this is what chance does. So a column whose sums
    count stays as it is, and one whose logarithms count does not; a few entries that outweigh all others
    say nothing.

    Parameters
    ----------
    bend : Bend
    rows : Rows or PartRows
    targets : targets
    """
    own = bend.on_host()
    X, Y, s = rows.sample(targets, SAMPLE_ROWS, own.columns.astype(int))
    X, Y = X.astype(float), Y.astype(float)
    weights = np.ones(len(X)) if s is None else s.astype(float)
    weights = weights / np.sum(weights)
    Y = Y - weights @ Y
    bent = own.alone()(X)
    fewer = 1.0 - max(LEAST_GAIN, np.sum(weights**2))  # rows of unlike weights are fewer (Kish 1965)
    straight = [
        left_by_a_line(x, Y, weights) < fewer * left_by_a_line(z, Y, weights)
        for x, z in zip(X.T, bent.T, strict=True)
    ]
    return bend.part(np.flatnonzero(~np.asarray(straight)))


def columns_that_count(moments: Any, rows: Any, targets: Any) -> list[bool]:
    """Whether a column has extreme entries that say more of the targets as they are than bent, but for ramps.

    Where no column is to be bent, these show which far entries are to be drawn in and which are not.

    Parameters
    ----------
    moments : ColumnMoments
        Of the columns, without their extreme entries.
    rows : Rows or PartRows
    targets : targets
    """
    found = [False] * rows.X.shape[1]
    n_columns = len(found) - (0 if rows.columns is None else rows.columns.n_new)
    bend = None if rows.image_shape is not None else Bend.of_columns(moments, rows.ends(), rows.X)
    if bend is None:
        return found
    far, extreme = bend.on_host().columns.astype(int), to_numpy(moments.extreme)
    (places,) = np.nonzero(extreme[far] & (far < n_columns))
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        part = bend.part(some)
        assert part is not None
        bent = worthwhile_bend(part, rows, targets)
        others = [] if bent is None else bent.on_host().columns.astype(int).tolist()
        for column in far[some].tolist():
            found[column] = column not in others
    return found


def left_by_a_line(x: np.ndarray, Y: np.ndarray, weights: np.ndarray) -> float:
    """Mean square of what lines in x leave of Y on rows that they are not fitted to; inf if one row decides.

    Parameters
    ----------
    x : array of shape (n,)
    Y : array of shape (n, d_N)
        With means of 0.
    weights : array of shape (n,)
        With a sum of 1.
    """
    x = x - weights @ x
    square = weights @ x**2
    if not square > 0.0:  # a column of one number in these rows
        return np.inf
    left = 1.0 - weights * (1.0 + x**2 / square)
    if not np.min(left) > LEAST_LEFT:
        return np.inf
    residuals = Y - np.outer(x, (weights * x) @ Y / square)
    return float(np.sum((weights / left**2) @ residuals**2))

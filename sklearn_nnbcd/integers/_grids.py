# SPDX-License-Identifier: BSD-3-Clause
"""Grids of values, weights as integers, and the multiplication and shift between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._operations import Rounding

#: sums stay below this in absolute value, the bias included
LARGEST_SUM = 2**31 - 1
#: share of the entries of a value that a range of 8 bits covers: a few extreme ones would make it coarse
COVERED = 0.9999
#: how much farther than the largest entry a range of 16 bits goes
HEADROOM = 1.1
#: share of an int32 that sums of products may take; the rest is for intercepts
ROOM = 0.74
#: shares of the largest scale among which a column's is chosen
SHARES = np.linspace(0.4, 1.0, 31)
#: share of the mean square of the inputs that is added to each of them, where columns depend on each other
DAMPING = 0.01
#: inputs of a weight up to which rounding makes up for itself; the time grows with the cube
MOST_INPUTS = 2048
#: scale of the columns of a weight of zeros; intercepts raise it
LEAST_SCALE = 1e-30


@dataclass(frozen=True)
class Grid:
    """number = scale * integer + offset.

    ``scale`` and ``offset`` are numbers, or arrays with one entry for each entry of a row; ``top`` is the
    largest integer in absolute value.
    """

    scale: Any
    offset: Any
    low: int
    high: int
    bits: int

    @property
    def top(self) -> int:
        """Largest absolute value of an integer."""
        return max(abs(self.low), abs(self.high))

    @property
    def zero(self) -> int:
        """The integer of the number 0, for a grid that has one."""
        return int(round(-float(self.offset) / float(self.scale)))


@dataclass(frozen=True)
class Precision:
    """Widths of one kind of integer network.

    ``weights`` is the largest weight; ``low`` ... ``high`` hold activations in ``bits`` bits, and
    -``wide`` ... ``wide`` what lies between them.
    """

    bits: int
    weights: int
    low: int
    high: int
    wide: int


#: of 16 bits some are left unused, so that sums of hundreds of products fit into 32
PRECISIONS = {
    "int8": Precision(8, 127, -128, 127, 32767),
    "int16": Precision(16, 32767, -8191, 8191, 8191),
}


def column_scales(W: np.ndarray, precision: Precision, top: int) -> np.ndarray:
    """Scales (..., d_out) with which the largest entry of each column is the largest integer.

    Parameters
    ----------
    W : array of shape (..., d_in, d_out)
    precision : Precision
    top : int
        Largest absolute value of what the weights multiply: three quarters of an int32 hold the sums.
    """
    largest = np.abs(W).max(axis=-2, initial=0.0)
    scale = np.maximum(largest / precision.weights, np.abs(W).sum(axis=-2) * (top / (ROOM * 2**31)))
    scale = np.where(scale > 0.0, scale, scale.max(initial=0.0))  # a column of zeros decides nothing
    return scale if scale.any() else np.full_like(scale, LEAST_SCALE)


def rounded_in_metric(W: np.ndarray, scale: np.ndarray, G: np.ndarray, largest: int) -> Any:
    """Integers (d_in, d_out) and scales (d_out,) of a weight that is near W in the metric G of its inputs.

    Each column's scale is the share of the given one that errs least, an entry's error weighed by the mean
    square of its input. Then inputs are rounded one after the other, from the strongest to the weakest, and
    what rounding one of them changes is made up for by those that are still free: with G^-1 = U'U, U upper
    triangular, by U_ij / U_ii times the error (optimal brain surgery's update, as in GPTQ).

    Parameters
    ----------
    W : array of shape (d_in, d_out)
    scale : array of shape (d_out,)
    G : array of shape (d_in, d_in)
        Covariance of the inputs.
    largest : int
        Largest absolute integer.
    """
    weights = np.diag(G)[:, None]
    best, found = np.full(len(scale), np.inf), scale
    for share in SHARES:
        rounded = np.clip(np.rint(W / (share * scale)), -largest, largest) * (share * scale)
        error = (weights * (rounded - W) ** 2).sum(axis=0)
        found, best = np.where(error < best, share * scale, found), np.minimum(error, best)
    order = np.argsort(-np.diag(G), kind="stable")
    damped = G[np.ix_(order, order)] + DAMPING * (np.trace(G) / len(G) or 1.0) * np.eye(len(G))
    U = np.linalg.cholesky(np.linalg.inv(damped)).T
    rest, integers = W[order].copy(), np.zeros(W.shape, dtype=np.int64)
    for i, row in enumerate(order):
        integers[row] = np.clip(np.rint(rest[i] / found), -largest, largest)
        error = (rest[i] - integers[row] * found) / U[i, i]
        rest[i + 1 :] -= np.outer(U[i, i + 1 :], error)
    return integers, found


def nearest(number: float, grid: Grid, otherwise: int) -> int:
    """The integer of a number on a grid; an infinite one is an end of the range."""
    if not math.isfinite(number):
        return otherwise
    return int(round((number - float(grid.offset)) / float(grid.scale)))


def rounding_of(ratios: np.ndarray, zero: int, low: int, high: int) -> Rounding:
    """Multipliers below 2^16 with one shift for all."""
    largest = float(np.max(ratios))
    check_ratio(largest)
    shift = min(max(15 - math.floor(math.log2(largest)), 1), 40) if largest > 0.0 else 1
    multiplier = np.minimum(np.rint(ratios * 2.0**shift), 2**16 - 1).astype(np.uint16)
    return Rounding(multiplier, shift, zero, low, high)


def check_ratio(ratio: float) -> None:
    """Raise ValueError where results are so small beside their parts that rounding leaves nothing."""
    if not ratio < 2.0**14:
        raise ValueError(
            "A network in integers must have values that int8 or int16 can hold side by side. Got sums "
            f"whose steps are {ratio:.3g} times those of their results. Use dtype='float32', or "
            "activation_bits=None."
        )

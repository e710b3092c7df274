# SPDX-License-Identifier: BSD-3-Clause
"""What an integer network computes, exactly: sums in int32, then one multiplication and one shift.

Values are rows of integers in int64 arrays, so nothing overflows here; the networks are made so that
nothing overflows in int32 either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..layers._windows import Window

#: bits after the point of a table's entries, by the bits of its results
TABLE_FRACTION = {8: 7, 16: 0}


@dataclass(frozen=True, eq=False)
class Rounding:
    """Sums to values: clip(zero + ((sum * multiplier + half) >> shift), low, high), half = 2^(shift - 1).

    Attributes
    ----------
    multiplier : array of int, or int
        One for each output column, below 2^16.
    shift : int
        0 to 40; half is 0 for a shift of 0.
    zero : int
        What stands for the number 0.
    low, high : int
        Ends of the range; those of int32 for scores.
    """

    multiplier: Any
    shift: int
    zero: int
    low: int
    high: int

    def __call__(self, sums: np.ndarray, multiplier: Any) -> np.ndarray:
        """Rounded values; ``multiplier`` is in the shape of the sums."""
        half = (1 << self.shift) >> 1
        return np.clip(self.zero + ((sums * multiplier + half) >> self.shift), self.low, self.high)


@dataclass(frozen=True, eq=False)
class Operation:
    """One value of an integer network.

    Attributes
    ----------
    place : int
        Of the node of the graph whose value it is.
    sources : tuple of int
        Places of the values that it reads.
    size : int
        Entries of a row.
    bits : int
        8, 16 or 32: what an entry is stored in.
    """

    place: int
    sources: tuple[int, ...]
    size: int
    bits: int

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The value, shape (n, size), of the sources' values."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Quantise(Operation):
    """Numbers to integers: zero + floor((x - origin) * factor + 1/2) in float32, within [low, high].

    ``origin`` and ``factor`` are float32 numbers, or arrays of shape (size,); so may the ends be.
    """

    origin: Any
    factor: Any
    zero: int
    low: Any
    high: Any

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The grid point nearest to each number; NaN is the lowest."""
        with np.errstate(over="ignore", invalid="ignore"):
            T = (values[0].astype(np.float32) - self.origin) * self.factor
            low, high = (np.asarray(end - self.zero, np.float32) for end in (self.low, self.high))
            T = np.where(T > low, np.where(T < high, T, high), low).astype(np.float32)
        return np.floor(T + np.float32(0.5)).astype(np.int64) + self.zero


@dataclass(frozen=True, eq=False)
class IntegerProduct(Operation):
    """A product along the middle axis of blocks (d_in, after); block k meets matrix k modulo groups.

    ``weights`` has the shape (groups, d_in, d_out), ``bias`` and the multiplier (groups, d_out).
    """

    weights: np.ndarray
    bias: np.ndarray
    rounding: Rounding
    blocks: int
    after: int

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """Sums of products plus the bias, rounded."""
        groups, d_in, d_out = self.weights.shape
        n = values[0].shape[0]
        T = values[0].reshape(-1, groups, d_in, self.after).astype(np.float64)
        # float64 holds these sums exactly: they are below 2^31
        sums = np.matmul(self.weights.transpose(0, 2, 1).astype(np.float64), T).astype(np.int64)
        sums += self.bias[:, :, None]
        return self.rounding(sums, self.rounding.multiplier[:, :, None]).reshape(n, -1)


@dataclass(frozen=True, eq=False)
class SparseIntegerProduct(Operation):
    """The product of ``before`` rows with a sparse matrix; ``node`` says where its entries are.

    ``bias`` and the multiplier have the shape (d_out,).
    """

    node: Any
    weights: np.ndarray
    bias: np.ndarray
    rounding: Rounding

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """Sums of products plus the bias, rounded."""
        d_in, d_out = self.node.shape
        W = np.zeros((d_in, d_out))
        rows = np.repeat(np.arange(d_in), np.diff(self.node.indptr))
        W[rows, self.node.indices.astype(np.int64)] = self.weights
        sums = (values[0].reshape(-1, d_in).astype(np.float64) @ W).astype(np.int64) + self.bias
        return self.rounding(sums, self.rounding.multiplier).reshape(values[0].shape[0], -1)


@dataclass(frozen=True, eq=False)
class Combine(Operation):
    """sum_k factors[k] * value_k + constant, rounded: sums of values, and intercepts on their own.

    ``constant`` has the shape (d,) with size a multiple of d.
    """

    factors: tuple[int, ...]
    constant: np.ndarray
    rounding: Rounding

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The rounded sum."""
        sums = np.tile(self.constant, self.size // len(self.constant))[None, :]
        for factor, value in zip(self.factors, values, strict=True):
            sums = sums + factor * value
        return self.rounding(sums, 1)


@dataclass(frozen=True, eq=False)
class IntegerPool(Operation):
    """Sums over the windows of an image, times a factor, rounded: means."""

    window: Window
    rounding: Rounding

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The rounded means."""
        sums = self.window.cut(values[0], xp=np).sum(axis=3).reshape(values[0].shape[0], -1)
        return self.rounding(sums, self.rounding.multiplier)


@dataclass(frozen=True, eq=False)
class Table(Operation):
    """A function of an int16, linear between entries: those of ``table`` are 2^spacing apart.

    result = (table[k] * (2^spacing - f) + table[k + 1] * f + half) >> (spacing + fraction), with
    v + 2^15 = 2^spacing k + f; entries have ``fraction`` bits after the point.
    """

    table: np.ndarray
    spacing: int
    fraction: int
    low: int
    high: int

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The function's values."""
        v = values[0] + 2**15
        k, f = v >> self.spacing, v & ((1 << self.spacing) - 1)
        shift = self.spacing + self.fraction
        between = self.table[k] * ((1 << self.spacing) - f) + self.table[k + 1] * f
        return np.clip((between + (1 << (shift - 1))) >> shift, self.low, self.high)


@dataclass(frozen=True, eq=False)
class Move(Operation):
    """Entries put elsewhere: a node of gathering, scattering or windows; gaps hold what stands for 0."""

    node: Any
    zero: int

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The entries in their new places."""
        return self.node.evaluate(values[0] - self.zero) + self.zero

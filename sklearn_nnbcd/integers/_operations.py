# SPDX-License-Identifier: BSD-3-Clause
"""What an integer network computes, exactly: sums in int32, then one multiplication and one shift.

Values are rows of integers in int64 arrays, so nothing overflows here; the networks are made so that
nothing overflows in int32 either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..graphs._nodes import Gather, Node, Pool, Scatter, SparseProduct, Windows
from ..layers._windows import Window
from ._bent import BentColumns

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

    def check(self, shape: tuple[int, ...], bits: int) -> None:
        """Raise ValueError unless the numbers are within their ranges, and multipliers of a shape."""
        numbers = (self.shift, self.zero, self.low, self.high)
        fit(all(type(number) is int for number in numbers), 0 <= self.shift <= 40)
        fit(-(1 << (bits - 1)) <= self.low <= self.high < 1 << (bits - 1), abs(self.zero) < 1 << bits)
        if shape == ():
            fit(type(self.multiplier) is int, 0 <= self.multiplier < 1 << 16)
        else:
            fit_integers(self.multiplier, shape)


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

    def check(self, sources: list[Operation], nodes: tuple[Node, ...]) -> None:
        """Raise ValueError, or another error, unless the parts fit each other, the sources and the graph."""
        raise NotImplementedError

    def __getstate__(self) -> dict:
        return {name: value for name, value in vars(self).items() if name != "matrix"}


def fit(*conditions: Any) -> None:
    """Raise ValueError unless all conditions hold."""
    if not all(bool(condition) for condition in conditions):
        raise ValueError("the parts of an operation of integers do not fit each other")


def fit_integers(array: Any, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless an array holds integers and has a shape."""
    fit(isinstance(array, np.ndarray) and array.dtype.kind in "iu", tuple(array.shape) == shape)


@dataclass(frozen=True, eq=False)
class Quantise(Operation):
    """Numbers to integers: zero + floor((x - origin) * factor + 1/2) in float32, within [low, high].

    ``origin`` and ``factor`` are float32 numbers, or arrays of shape (size,); so may the ends be. x is an
    arc in the place of ``bent`` columns. ``columns`` holds the columns of X that the entries are made of:
    each once, in their order, and then those of ramps; None: each once.
    """

    origin: Any
    factor: Any
    zero: int
    low: Any
    high: Any
    bent: BentColumns | None = None
    columns: np.ndarray | None = None

    @property
    def n_columns(self) -> int:
        """Of X."""
        return self.size if self.columns is None else int(self.columns.max()) + 1

    def steps(self, X: np.ndarray) -> np.ndarray:
        """(x - origin) * factor in float32."""
        X = X.astype(np.float32) if self.bent is None else self.bent(X)
        X = X if self.columns is None else X[:, self.columns]
        with np.errstate(over="ignore", invalid="ignore"):
            return (X - self.origin) * self.factor

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The grid point nearest to each number; NaN is the lowest."""
        T = self.steps(values[0])
        low, high = (np.asarray(end - self.zero, np.float32) for end in (self.low, self.high))
        T = np.where(T > low, np.where(T < high, T, high), low).astype(np.float32)
        return np.floor(T + np.float32(0.5)).astype(np.int64) + self.zero

    def after_scale(self, origin: Any, scale: Any) -> Quantise:
        """The same integers for rows that (x - origin) * scale comes before."""
        own = (np.asarray(x, np.float64) for x in (self.origin, self.factor))
        x, factor = (np.broadcast_to(number, self.size).copy() for number in own)
        bent = None if self.bent is None else self.bent.scaled(origin, scale)
        straight = np.ones(self.n_columns, dtype=bool)
        if bent is not None:
            straight[bent.columns] = False
        if self.columns is not None:
            origin, scale = (v[self.columns] if np.ndim(v) else v for v in (origin, scale))
            straight = straight[self.columns]
        x, factor = np.where(straight, origin + x / scale, x), np.where(straight, factor * scale, factor)
        return replace(self, origin=x.astype(np.float32), factor=factor.astype(np.float32), bent=bent)

    def after_clip(self, low: Any, high: Any) -> Quantise:
        """The same integers for rows that are clipped before."""
        row = np.ones((1, self.n_columns))
        least, most = (
            np.rint(self.steps(row * end).astype(np.float64))[0] + self.zero for end in (low, high)
        )
        least, most = np.maximum(self.low, least), np.minimum(self.high, most)
        ends = [end.astype(np.int64) for end in (least, most)]
        first, last = (int(end.flat[0]) if (end == end.flat[0]).all() else end for end in ends)
        return replace(self, low=first, high=last)

    def check(self, sources: list[Operation], nodes: tuple[Node, ...]) -> None:
        """Columns of numbers, and ends within the bits."""
        fit(self.sources == (), type(self.zero) is int, abs(self.zero) < 1 << self.bits)
        for number in (self.origin, self.factor, self.low, self.high):
            fit(np.shape(number) in ((), (self.size,)), np.isfinite(number).all())
        top = 1 << (self.bits - 1)
        fit((np.asarray(self.low) >= -top).all(), (np.asarray(self.high) < top).all())
        if self.columns is not None:
            fit_integers(self.columns, (self.size,))
            own = self.columns[: self.n_columns]
            fit((own == np.arange(len(own))).all(), self.columns.min() >= 0)
        if self.bent is not None:
            self.bent.check(self.n_columns)


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

    @cached_property
    def matrix(self) -> np.ndarray:
        """The weights in float64, which holds every sum exactly: they are below 2^31."""
        return self.weights.astype(np.float64)

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """Sums of products plus the bias, rounded."""
        groups, d_in, d_out = self.weights.shape
        n, matrix = values[0].shape[0], self.matrix
        V = values[0].astype(matrix.dtype)
        if groups == self.after == 1:
            sums = (V.reshape(-1, d_in) @ matrix[0]).astype(np.int64) + self.bias
            return self.rounding(sums, self.rounding.multiplier).reshape(n, -1)
        T = V.reshape(-1, groups, d_in, self.after)
        sums = np.matmul(matrix.transpose(0, 2, 1), T).astype(np.int64) + self.bias[:, :, None]
        return self.rounding(sums, self.rounding.multiplier[:, :, None]).reshape(n, -1)

    def check(self, sources: list[Operation], nodes: tuple[Node, ...]) -> None:
        """Matrices with a bias and a multiplier for each column, and blocks that make up the values."""
        (source,) = sources
        groups, d_in, d_out = self.weights.shape
        fit_integers(self.weights, (groups, d_in, d_out))
        fit_integers(self.bias, (groups, d_out))
        self.rounding.check((groups, d_out), self.bits)
        whole = type(self.blocks) is int and type(self.after) is int and self.blocks % groups == 0
        fit(whole, self.blocks >= 1, self.after >= 1, source.bits <= 16)
        fit(source.size == self.blocks * d_in * self.after, self.size == self.blocks * d_out * self.after)


@dataclass(frozen=True, eq=False)
class SparseIntegerProduct(Operation):
    """The product of ``before`` rows with a sparse matrix of integers, which is that of ``node``.

    ``bias`` and the multiplier have the shape (d_out,).
    """

    node: Any
    bias: np.ndarray
    rounding: Rounding

    @property
    def weights(self) -> np.ndarray:
        """The integers, row by row."""
        return self.node.data

    @cached_property
    def matrix(self) -> np.ndarray:
        """The matrix, dense, in float64, which holds every sum exactly."""
        return self.node.to_dense().astype(np.float64)

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """Sums of products plus the bias, rounded."""
        d_in = self.node.shape[0]
        sums = (values[0].reshape(-1, d_in).astype(np.float64) @ self.matrix).astype(np.int64) + self.bias
        return self.rounding(sums, self.rounding.multiplier).reshape(values[0].shape[0], -1)

    def check(self, sources: list[Operation], nodes: tuple[Node, ...]) -> None:
        """The pattern of the graph's own sparse product, and blocks that make up the values."""
        (source,), node = sources, self.node
        twins = [
            other for other in nodes if isinstance(other, SparseProduct) and other.sources == self.sources
        ]
        fit(isinstance(node, SparseProduct), any(same_pattern(node, twin) for twin in twins))
        fit_integers(node.data, node.indices.shape)
        fit_integers(self.bias, (node.shape[1],))
        self.rounding.check((node.shape[1],), self.bits)
        fit(source.bits <= 16, source.size == node.before * node.shape[0])
        fit(self.size == node.before * node.shape[1])


def same_pattern(node: SparseProduct, other: SparseProduct) -> bool:
    """Whether two sparse matrices have their entries in the same places."""
    pairs = ((node.indices, other.indices), (node.indptr, other.indptr))
    same = (tuple(node.shape), node.before) == (tuple(other.shape), other.before)
    return same and all(np.array_equal(a, b) for a, b in pairs)


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

    def check(self, sources: list[Operation], nodes: tuple[Node, ...]) -> None:
        """A factor for each value, all of one size."""
        fit(len(self.factors) == len(sources) >= 1, all(type(factor) is int for factor in self.factors))
        fit(all(source.size == self.size and source.bits <= 16 for source in sources))
        fit_integers(self.constant, (len(self.constant),))
        fit(len(self.constant) >= 1, self.size % len(self.constant) == 0)
        self.rounding.check((), self.bits)


@dataclass(frozen=True, eq=False)
class IntegerPool(Operation):
    """Sums over the windows of an image, times a factor, rounded: means."""

    window: Window
    rounding: Rounding

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The rounded means."""
        sums = self.window.cut(values[0], xp=np).sum(axis=3).reshape(values[0].shape[0], -1)
        return self.rounding(sums, self.rounding.multiplier)

    def check(self, sources: list[Operation], nodes: tuple[Node, ...]) -> None:
        """The window of the graph's own pool."""
        (source,), twin = sources, nodes[self.place]
        fit(isinstance(twin, Pool), getattr(twin, "window", None) == self.window)
        fit(twin.sources == self.sources, source.size == nodes[twin.sources[0]].size, source.bits <= 16)
        self.rounding.check((), self.bits)


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

    def check(self, sources: list[Operation], nodes: tuple[Node, ...]) -> None:
        """A table over all integers of 16 bits."""
        (source,) = sources
        fit(type(self.spacing) is int, 1 <= self.spacing <= 15, self.fraction in TABLE_FRACTION.values())
        fit_integers(self.table, ((1 << (16 - self.spacing)) + 1,))
        fit(source.size == self.size, source.bits <= 16)
        Rounding(1, 0, 0, self.low, self.high).check((), self.bits)


@dataclass(frozen=True, eq=False)
class Move(Operation):
    """Entries put elsewhere: a node of gathering, scattering or windows; gaps hold what stands for 0."""

    node: Any
    zero: int

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The entries in their new places."""
        return self.node.evaluate(values[0] - self.zero) + self.zero

    def check(self, sources: list[Operation], nodes: tuple[Node, ...]) -> None:
        """The graph's own node."""
        (source,), twin, node = sources, nodes[abs(self.place)], self.node
        fit(type(node) is type(twin), isinstance(node, Gather | Scatter | Windows))
        fit(node.size == twin.size, node.sources == twin.sources == self.sources)
        fit(source.size == nodes[twin.sources[0]].size, source.bits <= 16)
        if isinstance(twin, Windows):
            fit(node.window == twin.window)
        elif isinstance(twin, Gather | Scatter):
            fit(np.array_equal(node.indices, twin.indices), node.before == twin.before)
        fit(type(self.zero) is int, abs(self.zero) < 1 << self.bits)

# SPDX-License-Identifier: BSD-3-Clause
"""The vocabulary of exported networks: what a node computes, stated once in NumPy.

A value is a flat row of ``size`` numbers. A node names the nodes that it reads by their places in the
graph. An exporter knows these nodes and no piece of the library: what lowers to them is exported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..layers._windows import Window
from ..network import Bend, Ramps


@dataclass(frozen=True, eq=False)
class Node:
    """One value of a graph.

    Attributes
    ----------
    size : int
        Entries of one row of the value.
    sources : tuple of int
        Places of the nodes that it reads; all are before it.
    """

    size: int
    sources: tuple[int, ...]

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The value, shape (n, size), of the sources' values."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Input(Node):
    """The row of X."""


@dataclass(frozen=True, eq=False)
class Scale(Node):
    """(v - origin) * scale; both are arrays of shape (size,)."""

    origin: np.ndarray
    scale: np.ndarray

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """(v - origin) * scale."""
        return (values[0] - self.origin) * self.scale


@dataclass(frozen=True, eq=False)
class Clip(Node):
    """v drawn into [low, high]; numbers, which may be infinite, or arrays of shape (size,)."""

    low: Any
    high: Any

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """min(max(v, low), high)."""
        low, high = (np.asarray(end, dtype=values[0].dtype) for end in (self.low, self.high))
        return np.minimum(np.maximum(values[0], low), high)


@dataclass(frozen=True, eq=False)
class Arcs(Node):
    """v with some entries bent, of arrays of NumPy."""

    bend: Bend

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The entries with these columns bent."""
        return self.bend(values[0])


@dataclass(frozen=True, eq=False)
class WithRamps(Node):
    """v and behind it the ramps of its entries, of arrays of NumPy."""

    ramps: Ramps

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The entries and their ramps."""
        return self.ramps(values[0])


@dataclass(frozen=True, eq=False)
class Levels:
    """Integers that a fit gave a weight: diag(rows) integers diag(columns) is the matrix.

    Attributes
    ----------
    integers : array of int of shape (d_in, d_out)
        Of a sparse product (n_entries,), in the order of its data.
    rows : array of shape (d_in,)
        Factors >= 0 of rows.
    """

    integers: np.ndarray
    rows: np.ndarray

    def columns_of(self, W: np.ndarray) -> np.ndarray | None:
        """Factors (d_out,) with W = integers diag(factors), up to rounding; None where there are none."""
        weight = np.abs(self.integers).sum(axis=0)
        columns = np.abs(W).sum(axis=0) / np.maximum(weight, 1)
        columns = np.where(columns > 0.0, columns, columns.max() or 1.0)
        near = np.allclose(W, self.integers * columns, rtol=1e-4, atol=0.0)
        return columns if near else None


@dataclass(frozen=True, eq=False)
class Product(Node):
    """The product with a matrix along the middle axis of a value of shape (before, d_in, after).

    out[b, j, a] = sum_i v[b, i, a] matrix[i, j]; ``before`` = ``after`` = 1 is a dense layer,
    ``before`` the positions of a convolution. ``levels`` are the integers behind the matrix, if there are
    any.
    """

    matrix: np.ndarray
    before: int = 1
    after: int = 1
    levels: Levels | None = None

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The contraction."""
        V, n = values[0], values[0].shape[0]
        if self.after == 1:
            return (V.reshape(-1, self.matrix.shape[0]) @ self.matrix).reshape(n, -1)
        T = V.reshape(n * self.before, self.matrix.shape[0], self.after)
        return np.matmul(self.matrix.T, T).reshape(n, -1)


@dataclass(frozen=True, eq=False)
class GroupedProduct(Node):
    """A product of its own for every group of a value of shape (before, groups, d_in, after).

    out[b, g, j, a] = sum_i v[b, g, i, a] matrices[g, i, j].
    """

    matrices: np.ndarray
    before: int = 1
    after: int = 1

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The contraction."""
        groups, d_in, _ = self.matrices.shape
        T = values[0].reshape(-1, groups, d_in, self.after)
        return np.matmul(self.matrices.transpose(0, 2, 1), T).reshape(values[0].shape[0], -1)


@dataclass(frozen=True, eq=False)
class SparseProduct(Node):
    """The product with a sparse matrix in compressed sparse rows, of ``before`` rows of d_in.

    ``data`` and ``indices`` (columns) lie row by row, the columns of a row rising; ``indptr`` says where rows
    begin. ``levels`` are the integers behind the entries, if there are any.
    """

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    shape: tuple[int, int]
    before: int = 1
    levels: Levels | None = None

    @property
    def rows(self) -> np.ndarray:
        """The row of each entry, shape (n_entries,)."""
        return np.repeat(np.arange(self.shape[0], dtype=np.int64), np.diff(self.indptr))

    @property
    def places(self) -> np.ndarray:
        """Where in the flat matrix each entry lies, shape (n_entries,)."""
        return self.rows * self.shape[1] + self.indices.astype(np.int64)

    def to_dense(self) -> np.ndarray:
        """The matrix, shape (d_in, d_out)."""
        return self._scattered(self.data)

    def to_product(self) -> Product:
        """The product with the same matrix, dense."""
        levels = self.levels
        if levels is not None:
            levels = Levels(self._scattered(levels.integers), levels.rows)
        return Product(self.size, self.sources, self.to_dense(), self.before, levels=levels)

    def _scattered(self, entries: np.ndarray) -> np.ndarray:
        W = np.zeros(self.shape, dtype=entries.dtype)
        np.add.at(W, (self.rows, self.indices), entries)
        return W

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The product."""
        return (values[0].reshape(-1, self.shape[0]) @ self.to_dense()).reshape(values[0].shape[0], -1)


@dataclass(frozen=True, eq=False)
class Gather(Node):
    """Some entries of each of ``before`` rows."""

    indices: np.ndarray
    before: int = 1

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The entries at ``indices``."""
        n = values[0].shape[0]
        return values[0].reshape(n * self.before, -1)[:, self.indices].reshape(n, -1)


@dataclass(frozen=True, eq=False)
class Scatter(Node):
    """Entries put at their places in each of ``before`` longer rows of zeros."""

    indices: np.ndarray
    before: int = 1

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """Zeros but at ``indices``."""
        n = values[0].shape[0]
        wide = np.zeros((n * self.before, self.size // self.before), dtype=values[0].dtype)
        wide[:, self.indices] = values[0].reshape(n * self.before, -1)
        return wide.reshape(n, -1)


@dataclass(frozen=True, eq=False)
class Windows(Node):
    """The patches of an image of shape (height, width, channels): positions * area * channels entries."""

    window: Window

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The patches side by side."""
        return self.window.cut(values[0], xp=np).reshape(values[0].shape[0], -1)


@dataclass(frozen=True, eq=False)
class Pool(Node):
    """The means over the windows of an image, channel by channel."""

    window: Window

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The means."""
        return self.window.cut(values[0], xp=np).mean(axis=3).reshape(values[0].shape[0], -1)


@dataclass(frozen=True, eq=False)
class Intercept(Node):
    """v + b, with b repeated for every one of ``before`` rows."""

    b: np.ndarray
    before: int = 1

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The sum."""
        return values[0] + np.tile(self.b, self.before)


@dataclass(frozen=True, eq=False)
class Add(Node):
    """The sum of two values of one size: a skip connection, or the parts of a weight."""

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The sum."""
        return values[0] + values[1]


@dataclass(frozen=True, eq=False)
class LeakyClip(Node):
    """v where v >= 0, slope * v elsewhere."""

    slope: float

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The leaky rectifier."""
        return np.where(values[0] >= 0.0, values[0], self.slope * values[0])


@dataclass(frozen=True, eq=False)
class Polynomial(Node):
    """a_0 + a_1 v + a_2 v^2 + ..., the constant first."""

    coefficients: tuple[float, ...]

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """Horner's rule."""
        result = np.full_like(values[0], self.coefficients[-1])
        for a in reversed(self.coefficients[:-1]):
            result = result * values[0] + values[0].dtype.type(a)
        return result


@dataclass(frozen=True, eq=False)
class Sigmoid(Node):
    """1 / (1 + exp(-v))."""

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The logistic function, without overflow."""
        e = np.exp(-np.abs(values[0]))
        return np.where(values[0] >= 0.0, 1.0, e) / (1.0 + e)


@dataclass(frozen=True, eq=False)
class Tanh(Node):
    """tanh(v)."""

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The hyperbolic tangent."""
        return np.tanh(values[0])


@dataclass(frozen=True, eq=False)
class Softplus(Node):
    """log(1 + exp(v))."""

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The smooth rectifier, without overflow."""
        return np.maximum(values[0], 0.0) + np.log1p(np.exp(-np.abs(values[0])))


@dataclass(frozen=True, eq=False)
class Exp(Node):
    """exp(v), and its tangent beyond v = top."""

    top: float

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """exp(min(v, top)) (1 + max(v - top, 0))."""
        return np.exp(np.minimum(values[0], self.top)) * (1.0 + np.maximum(values[0] - self.top, 0.0))


@dataclass(frozen=True, eq=False)
class Softmax(Node):
    """exp(v) over its sum."""

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The softmax, without overflow."""
        E = np.exp(values[0] - values[0].max(axis=1, keepdims=True))
        return E / E.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Simplex(Node):
    """The probability vector nearest to v: max(v - t, 0) with the t that makes the sum 1."""

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """The projection, by sorting; about the largest entry, which rounding then leaves above t."""
        V, k = values[0] - values[0].max(axis=1, keepdims=True), self.size
        excess = np.cumsum(-np.sort(-V, axis=1), axis=1) - 1.0
        threshold = np.max(excess / np.arange(1, k + 1, dtype=V.dtype), axis=1, keepdims=True)
        P = np.maximum(V - threshold, 0.0)
        return P / P.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class TwoColumns(Node):
    """1 - p and p, of a single p."""

    def evaluate(self, *values: np.ndarray) -> np.ndarray:
        """Both columns."""
        return np.concatenate([1.0 - values[0], values[0]], axis=1)


class Builder:
    """Nodes of a graph in the making; :meth:`add` gives the place of a new one."""

    def __init__(self, n_features: int) -> None:
        self.nodes: list[Node] = [Input(n_features, ())]

    def add(self, kind: Any, sources: int | Sequence[int], size: int | None = None, **fields: Any) -> int:
        """Append a node that reads the sources; its size is that of the first one where it is None."""
        places = (sources,) if isinstance(sources, int) else tuple(sources)
        self.nodes.append(kind(self.nodes[places[0]].size if size is None else size, places, **fields))
        return len(self.nodes) - 1

# SPDX-License-Identifier: BSD-3-Clause
"""From a graph and rows of X to integers: grids of values from their ranges, weights rounded by column."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ._fold import consumers, rows_scaled
from ._graph import Graph
from ._integer_grids import (
    COVERED,
    HEADROOM,
    LARGEST_SUM,
    MOST_INPUTS,
    ROOM,
    Grid,
    Precision,
    check_ratio,
    column_scales,
    nearest,
    rounded_in_metric,
    rounding_of,
)
from ._integer_ops import (
    TABLE_FRACTION,
    Combine,
    IntegerPool,
    IntegerProduct,
    Move,
    Operation,
    Quantise,
    Rounding,
    SparseIntegerProduct,
    Table,
)
from ._nodes import (
    Add,
    Clip,
    Gather,
    GroupedProduct,
    Intercept,
    LeakyClip,
    Node,
    Polynomial,
    Pool,
    Product,
    Scale,
    Scatter,
    Sigmoid,
    Softplus,
    SparseProduct,
    Tanh,
    Windows,
)

#: mean square error of one grid for all columns of X, in units of their variances, up to which there is one
ONE_GRID_ERROR = 0.01
#: bits of the index of a table, by the bits of its results
TABLE_BITS = {8: 7, 16: 9}
ELEMENTWISE = (Clip, LeakyClip, Polynomial, Sigmoid, Tanh, Softplus)
MOVES = (Gather, Scatter, Windows)


class IntegerBuilder:
    """Operations of a graph, one after the other; :attr:`operations` and :attr:`grids` are what it made.

    Parameters
    ----------
    graph : Graph
        Folded.
    X : array of shape (n, n_features)
        Rows whose values set the ranges.
    precision : Precision
    """

    def __init__(self, graph: Graph, X: np.ndarray, precision: Precision) -> None:
        self.graph, self.precision = graph, precision
        self.nodes = graph.nodes
        self.values = graph.values(X, graph.scores)
        self.readers = [[k for k in each if k in self.values] for each in consumers(self.nodes)]
        self.operations: list[Operation] = []
        self.grids: dict[int, Grid] = {}
        self.scale = 1.0
        done = self._quantise()
        for k in sorted(self.values):
            if k not in done:
                done |= self._add(k)

    # ranges -----------------------------------------------------------------------------------

    def _narrow(self, k: int) -> Grid:
        """The grid of an activation's values, with an integer for 0."""
        V, p = self.values[k], self.precision
        if p.bits == 16:
            scale = HEADROOM * float(np.abs(V).max()) / p.high or 1.0
            return Grid(scale, 0.0, p.low, p.high, 16)
        low, high = (float(np.quantile(V, q)) for q in (1.0 - COVERED, COVERED))
        low, high = min(low, 0.0), max(high, 0.0)
        scale = (high - low) / (p.high - p.low) or 1.0
        zero = min(max(round(p.low - low / scale), p.low), p.high)
        return Grid(scale, -zero * scale, p.low, p.high, 8)

    def _wide(self, k: int) -> Grid:
        """The grid of what lies between activations: symmetric, as fine as the sums after it allow."""
        each = self._entry_scales(k)
        top, largest = self.precision.wide, HEADROOM * float(np.abs(self.values[k] / each).max()) or 1.0
        if self.precision.bits == 8:  # of 16 bits, the weights give way
            sums = max([self._column_sum(reader) for reader in self.readers[k]], default=0)
            top = min(top, int(ROOM * 2**31 / max(sums, 1)))
        scale = each * (largest / top)
        return Grid(scale if np.ndim(each) else float(scale), 0.0, -top, top, 16)

    def _entry_scales(self, k: int) -> Any:
        """Root mean squares of the entries where the next weight can take them as factors; else 1."""
        node, readers = self.nodes[k], self.readers[k]
        if isinstance(node, Product) and len(readers) == 1 and node.before == node.after == 1:
            if rows_scaled(self.nodes[readers[0]], np.ones(node.size)) is not None:
                rms = np.sqrt(np.mean(self.values[k].astype(np.float64) ** 2, axis=0))
                return np.maximum(rms, 1e-6 * rms.max() or 1.0)
        return 1.0

    def _column_sum(self, k: int) -> int:
        """What a column of absolute integer weights can sum to; 0 for a node that is no product."""
        node = self.nodes[k]
        if isinstance(node, MOVES):
            return max([self._column_sum(reader) for reader in self.readers[k]], default=0)
        if isinstance(node, SparseProduct):
            return self.precision.weights * int(np.bincount(node.indices).max(initial=0))
        if isinstance(node, Product):
            return self.precision.weights * node.matrix.shape[0]
        return self.precision.weights * node.matrices.shape[1] if isinstance(node, GroupedProduct) else 0

    def _weights(self, node: Node, each: Any) -> np.ndarray:
        """Matrices of a product, shape (groups, d_in, d_out), in units of its inputs' scales."""
        if np.ndim(each):
            scaled = rows_scaled(node, np.asarray(each, dtype=np.float64))
            assert scaled is not None
            node = scaled
        if isinstance(node, SparseProduct):
            return node.to_dense().astype(np.float64)[None]
        if isinstance(node, GroupedProduct):
            return node.matrices.astype(np.float64)
        assert isinstance(node, Product)
        return node.matrix.astype(np.float64)[None]

    # inputs -----------------------------------------------------------------------------------

    def _quantise(self) -> set[int]:
        """The rows of X, with the scales before the network, as integers; the places that this covers."""
        place, done = 0, {0}
        origin, scale = np.zeros(self.graph.n_features), np.ones(self.graph.n_features)
        ends = [np.asarray(end) for end in (-math.inf, math.inf)]
        while len(self.readers[place]) == 1 and isinstance(self.nodes[self.readers[place][0]], Scale | Clip):
            place = self.readers[place][0]
            done.add(place)
            node = self.nodes[place]
            if isinstance(node, Scale):
                origin = origin + node.origin / np.where(scale != 0.0, scale, 1.0)
                scale = scale * node.scale
                ends = [(end - node.origin) * np.where(node.scale != 0.0, node.scale, 1.0) for end in ends]
            elif isinstance(node, Clip):
                ends = [np.minimum(np.maximum(end, node.low), node.high) for end in ends]
        grid, p = self._narrow(place), self.precision
        scaled = place != 0
        if not scaled and self._columns_differ(grid):
            grid = self._grid_of_columns()
            origin, scale, scaled, zero = np.asarray(grid.offset), 1.0 / np.asarray(grid.scale), True, 0
        else:
            zero, scale = grid.zero, scale / grid.scale
            ends = [end / grid.scale + zero for end in ends]
        x, factor = (np.float32(each) if scaled else np.float32(each[0]) for each in (origin, scale))
        bounds = [np.clip(np.rint(end), p.low, p.high).astype(np.int64) for end in ends]
        low, high = (int(b.flat[0]) if (b == b.flat[0]).all() else b for b in bounds)
        made = Quantise(place, (), self.graph.n_features, p.bits, x, factor, zero, low, high)
        self.operations.append(made)
        self.grids[place] = grid
        return done

    def _columns_differ(self, grid: Grid) -> bool:
        """Whether one grid for all columns of X is too coarse for some, and their weights can differ."""
        ones = np.ones(self.graph.n_features)
        if any(rows_scaled(self.nodes[k], ones) is None for k in self.readers[0]):
            return False
        variance = self.values[0].astype(np.float64).var(axis=0)
        variance = variance[variance > 0.0]
        error = np.minimum(grid.scale**2 / 12.0 / variance, 1.0)
        return bool(len(error) and error.mean() > ONE_GRID_ERROR)

    def _grid_of_columns(self) -> Grid:
        """A grid of its own for every column."""
        X, p = self.values[0].astype(np.float64), self.precision
        low, high = (np.quantile(X, q, axis=0) for q in (1.0 - COVERED, COVERED))
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        half = np.where(half > 0.0, half, 0.1 * np.maximum(np.abs(middle), 1.0))
        return Grid(half / p.high, middle, p.low, p.high, p.bits)

    # nodes ------------------------------------------------------------------------------------

    def _add(self, k: int) -> set[int]:
        """The operation of a node and of those after it that it covers; their places."""
        node = self.nodes[k]
        if isinstance(node, MOVES):
            self._move(k, node)
            return {k}
        if isinstance(node, Pool):
            self._pool(k, node)
            return {k}
        if isinstance(node, ELEMENTWISE):
            return self._table(k)
        if isinstance(node, Scale):
            raise ValueError(
                "The 'dtype' of export_c must be 'float32' for a network whose inputs are scaled after they "
                "were used, as by a skip connection around the first layer."
            )
        chain = [k]
        before = getattr(node, "before", None)
        if not isinstance(node, Intercept) and getattr(node, "after", 1) == 1:
            self._follow(chain, lambda after: isinstance(after, Intercept) and before in (None, after.before))
        b = self.nodes[chain[-1]]
        intercept = b.b.astype(np.float64) if isinstance(b, Intercept) else None
        self._follow(
            chain, lambda after: isinstance(after, Clip) and np.ndim(after.low) == 0 == np.ndim(after.high)
        )
        if isinstance(node, Add | Intercept):
            self._combine(k, chain[-1], intercept)
        else:
            self._product(k, chain[-1], intercept)
        return set(chain)

    def _follow(self, chain: list[int], fits: Any) -> None:
        """Append the only reader of the chain's end if it fits."""
        readers = self.readers[chain[-1]]
        if chain[-1] != self.graph.scores and len(readers) == 1 and fits(self.nodes[readers[0]]):
            chain.append(readers[0])

    def _result(self, k: int) -> tuple[Grid, int, int]:
        """The grid of a chain's end, and the integers to which its last node clips."""
        node = self.nodes[k]
        grid = self._narrow(k) if isinstance(node, Clip) else self._wide(k)
        low, high = grid.low, grid.high
        if isinstance(node, Clip):
            low = max(low, nearest(node.low, grid, low))
            high = min(high, nearest(node.high, grid, high))
        return grid, low, high

    def _product(self, k: int, end: int, intercept: np.ndarray | None) -> None:
        """A product with its intercept, rounded to the grid of its result."""
        node: Any = self.nodes[k]
        source = node.sources[0]
        grid = self.grids[source]
        W = self._weights(node, grid.scale if np.ndim(grid.scale) else 1.0)
        unit = 1.0 if np.ndim(grid.scale) else float(grid.scale)
        integers, scale = self._rounded(node, W, grid)
        bias = self._bias(node, W, integers * scale[:, None, :], grid, intercept)
        room = LARGEST_SUM - grid.top * np.abs(integers).sum(axis=1) - 1
        coarse = np.abs(bias) > room * (scale * unit)
        if coarse.any():  # a bias that dwarfs the weights: a coarser grid holds it
            scale = np.where(coarse, np.maximum(scale, np.abs(bias) / unit / (0.2 * 2**31)), scale)
            limit = self.precision.weights
            integers = np.clip(np.rint(W / scale[:, None, :]), -limit, limit).astype(np.int64)
            bias = self._bias(node, W, integers * scale[:, None, :], grid, intercept)
        steps = np.rint(bias / (scale * unit)).astype(np.int64)
        if end == self.graph.scores:
            self.scale = float((scale * unit).max())
            rounding = rounding_of(scale * unit / self.scale, 0, -(2**31), 2**31 - 1)
            bits = 32
        else:
            result, low, high = self._result(end)
            self.grids[end], bits = result, result.bits
            each = np.asarray(result.scale).reshape(1, -1) if np.ndim(result.scale) else result.scale
            rounding = rounding_of(
                scale * unit / each, 0 if np.ndim(result.scale) else result.zero, low, high
            )
        places = (end, (source,), self.nodes[end].size, bits)
        if isinstance(node, SparseProduct):
            rows = np.repeat(np.arange(node.shape[0]), np.diff(node.indptr))
            entries = integers[0][rows, node.indices.astype(np.int64)]
            flat = replace(rounding, multiplier=rounding.multiplier[0])
            self.operations.append(SparseIntegerProduct(*places, node, entries, steps[0], flat))
            return
        blocks = node.before * len(integers)
        self.operations.append(IntegerProduct(*places, integers, steps, rounding, blocks, node.after))

    def _rounded(self, node: Any, W: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Integers (groups, d_in, d_out) and scales (groups, d_out); 8 bits in the metric of the data."""
        scale = column_scales(W, self.precision, grid.top)
        if self.precision.bits == 8 and type(node) is Product and W.shape[1] <= MOST_INPUTS:
            V = self.values[node.sources[0]].astype(np.float64).reshape(-1, W.shape[1], node.after)
            V = V.transpose(0, 2, 1).reshape(-1, W.shape[1]) / grid.scale
            D = V - V.mean(axis=0)
            integers, scales = rounded_in_metric(W[0], scale[0], D.T @ D / len(D), self.precision.weights)
            return integers[None], scales[None]
        return np.rint(W / scale[:, None, :]).astype(np.int64), scale

    def _bias(self, node: Any, W: np.ndarray, rounded: np.ndarray, grid: Grid, b: Any) -> np.ndarray:
        """Intercepts, what the grid's offset adds, and what the rounded weights are off at the mean input.

        b + offset @ rounded + mean @ (W - rounded), shape (groups, d_out), for weights in units of the
        inputs' scales where these differ.
        """
        groups, d_in, d_out = W.shape
        each = np.asarray(grid.scale) if np.ndim(grid.scale) else np.ones(1)
        V = self.values[node.sources[0]].astype(np.float64)
        mean = V.reshape(-1, groups, d_in, getattr(node, "after", 1)).mean(axis=(0, 3)) / each
        offset = np.broadcast_to(np.asarray(grid.offset) / each, (groups, d_in))
        bias = np.einsum("gi,gij->gj", offset, rounded) + np.einsum("gi,gij->gj", mean, W - rounded)
        return bias if b is None else bias + b.reshape(1, d_out)

    def _combine(self, k: int, end: int, intercept: np.ndarray | None) -> None:
        """A sum of values and an intercept on its own."""
        sources = self.nodes[k].sources
        grids = [self.grids[source] for source in sources]
        constant = np.zeros(1) if intercept is None else intercept
        constant = constant + sum(float(grid.offset) for grid in grids)
        largest = max(float(grid.scale) for grid in grids)
        unit = max(largest / 2**14, float(np.abs(constant).max()) / 2**29)
        if end == self.graph.scores:
            self.scale, shift, bits = unit, 0, 32
            zero, low, high = 0, -(2**31), 2**31 - 1
        else:
            result, low, high = self._result(end)
            self.grids[end], bits = result, result.bits
            zero = result.zero
            shift = max(0, math.floor(math.log2(float(result.scale) / unit)))
            unit = float(result.scale) / 2**shift
            check_ratio(largest / unit / 2**15)
        factors = tuple(int(np.rint(float(grid.scale) / unit)) for grid in grids)
        rounding = Rounding(1, shift, zero, low, high)
        steps = np.rint(constant / unit).astype(np.int64)
        places = (end, sources, self.nodes[end].size, bits)
        self.operations.append(Combine(*places, factors, steps, rounding))

    def _pool(self, k: int, node: Pool) -> None:
        """Means on the grid of their source."""
        (source,) = node.sources
        grid = self.grids[source]
        rounding = Rounding(round(2**14 / node.window.area), 14, 0, grid.low, grid.high)
        self.grids[k] = grid
        self.operations.append(IntegerPool(k, (source,), node.size, grid.bits, node.window, rounding))

    def _move(self, k: int, node: Node) -> None:
        """Entries in new places, on the grid of their source."""
        (source,) = node.sources
        grid = self.grids[source]
        self.grids[k] = grid
        if k != self.graph.scores:
            self.operations.append(Move(k, (source,), node.size, grid.bits, node, grid.zero))
            return
        self.operations.append(Move(-k, (source,), node.size, grid.bits, node, grid.zero))
        self.scale, same = float(grid.scale), Rounding(1, 0, 0, -(2**31), 2**31 - 1)
        self.operations.append(Combine(k, (-k,), node.size, 32, (1,), np.zeros(1, np.int64), same))

    def _table(self, k: int) -> set[int]:
        """A function of single entries, and those right after it, as one table."""
        chain = [k]
        length = 0
        while len(chain) > length:
            length = len(chain)
            self._follow(chain, lambda after: isinstance(after, ELEMENTWISE))
        source, end = self.nodes[k].sources[0], chain[-1]
        grid, p = self.grids[source], self.precision
        assert grid.bits == 16, "functions of entries follow sums"
        spacing = 16 - TABLE_BITS[p.bits]
        points = (np.arange(2 ** TABLE_BITS[p.bits] + 1) * 2**spacing - 2**15).astype(np.float64)
        numbers = (points * grid.scale + grid.offset)[:, None]
        for place in chain:
            numbers = self.nodes[place].evaluate(numbers)
        result = self._narrow(end)
        fraction = TABLE_FRACTION[p.bits]
        entries = numbers[:, 0] / result.scale - result.offset / result.scale
        bound = 2**15 - 1
        table = np.clip(np.rint(entries * 2**fraction), -bound, bound).astype(np.int64)
        self.grids[end] = result
        size = self.nodes[end].size
        ends = (result.low, result.high)
        self.operations.append(Table(end, (source,), size, result.bits, table, spacing, fraction, *ends))
        return set(chain)

# SPDX-License-Identifier: BSD-3-Clause
"""From a graph and rows of X to integers: grids of values from their ranges, weights rounded by column."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..graphs._graph import Graph
from ..graphs._nodes import (
    Add,
    Arcs,
    Clip,
    Intercept,
    LeakyClip,
    Node,
    Polynomial,
    Pool,
    Product,
    Scale,
    Sigmoid,
    Softplus,
    SparseProduct,
    Tanh,
    WithRamps,
)
from ._grids import (
    LARGEST_SUM,
    MOST_INPUTS,
    Grid,
    Precision,
    check_ratio,
    column_scales,
    nearest,
    rounded_in_metric,
    rounding_of,
)
from ._operations import (
    TABLE_FRACTION,
    Combine,
    IntegerPool,
    IntegerProduct,
    Move,
    Rounding,
    SparseIntegerProduct,
    Table,
)
from ._ranges import MOVES, Ranges

#: bits of the index of a table, by the bits of its results
TABLE_BITS = {8: 7, 16: 9}
ELEMENTWISE = (Clip, LeakyClip, Polynomial, Sigmoid, Tanh, Softplus)


class IntegerBuilder(Ranges):
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
        super().__init__(graph, X, precision)
        done = self._quantise()
        for k in sorted(self.values):
            if k not in done:
                done |= self._add(k)

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
        if isinstance(node, Scale | Arcs | WithRamps):
            raise ValueError(
                "A network in integers must not use its inputs before they are scaled or bent, as by a skip "
                "connection around the first layer. Got one that does. Use dtype='float32', or "
                "activation_bits=None."
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
        steps = np.rint(bias / (scale * unit)).astype(np.int32)
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
            entries = narrowed(integers[0][node.rows, node.indices.astype(np.int64)])
            flat = replace(rounding, multiplier=rounding.multiplier[0])
            own = replace(node, data=entries, levels=None)
            self.operations.append(SparseIntegerProduct(*places, own, steps[0], flat))
            return
        blocks = node.before * len(integers)
        self.operations.append(
            IntegerProduct(*places, narrowed(integers), steps, rounding, blocks, node.after)
        )

    def _rounded(self, node: Any, W: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Integers (groups, d_in, d_out), given or rounded by the data's metric, scales (groups, d_out)."""
        product = node.to_product() if isinstance(node, SparseProduct) else node
        levels = getattr(product, "levels", None)
        if levels is not None:
            given = levels.columns_of(W[0])
            if given is not None:
                return levels.integers[None], given[None]
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
        steps = np.rint(constant / unit).astype(np.int32)
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
        self.operations.append(Combine(k, (-k,), node.size, 32, (1,), np.zeros(1, np.int32), same))

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
        table = np.clip(np.rint(entries * 2**fraction), -bound, bound).astype(np.int16)
        self.grids[end] = result
        size = self.nodes[end].size
        ends = (result.low, result.high)
        self.operations.append(Table(end, (source,), size, result.bits, table, spacing, fraction, *ends))
        return set(chain)


def narrowed(integers: np.ndarray) -> np.ndarray:
    """Integers in the smallest dtype that holds them all: weights are a part of every file."""
    small = np.abs(integers).max(initial=0) <= 127
    return integers.astype(np.int8 if small else np.int16)

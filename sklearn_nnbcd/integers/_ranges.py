# SPDX-License-Identifier: BSD-3-Clause
"""The grids of an integer network's values, from what they are on rows of X."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..graphs._fold import consumers, rows_scaled
from ..graphs._graph import Graph
from ..graphs._nodes import (
    Arcs,
    Clip,
    Gather,
    GroupedProduct,
    Node,
    Product,
    Scale,
    Scatter,
    SparseProduct,
    Windows,
    WithRamps,
)
from ._bent import BentColumns, arc_units
from ._grids import COVERED, HEADROOM, ROOM, Grid, Precision
from ._operations import Operation, Quantise

#: mean square error of one grid for all columns of X, in units of their variances, up to which there is one
ONE_GRID_ERROR = 0.01
MOVES = (Gather, Scatter, Windows)


class Ranges:
    """Values of a graph on some rows, and the grids that hold them.

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
        with np.errstate(over="ignore", invalid="ignore"):
            self.values = graph.values(X, graph.scores)
        largest = max(float(np.abs(V).max(initial=0.0)) for V in self.values.values())
        if not largest <= float(np.finfo(np.float32).max):
            raise ValueError(
                "The rows of X that set the ranges of integers must give values within the range of "
                f"float32. Got one of {largest:.3g}, of entries as large as {np.abs(X).max():.3g}. Use "
                "dtype='float32' or activation_bits=None, or pass rows like those that the network will see."
            )
        self.readers = [[k for k in each if k in self.values] for each in consumers(self.nodes)]
        self.operations: list[Operation] = []
        self.grids: dict[int, Grid] = {}
        self.scale = 1.0

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
        """What the next weight takes as factors of its rows: root mean squares of the entries; else 1.

        Of a weight whose integers are given, what makes them integers again.
        """
        node, readers = self.nodes[k], self.readers[k]
        if isinstance(node, Product) and len(readers) == 1 and node.before == node.after == 1:
            reader = self.nodes[readers[0]]
            if rows_scaled(reader, np.ones(node.size)) is not None:
                given = _row_units(reader)
                if given is not None:
                    return given
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
        """The rows of X, and what comes before the network, as integers; the places that it covers."""
        place, done, scaled, bent, columns = 0, {0}, False, None, None
        origin, scale = np.zeros(self.graph.n_features), np.ones(self.graph.n_features)
        ends = [np.full(self.graph.n_features, end) for end in (-math.inf, math.inf)]
        while (after := self._before_network(place, bent is None, columns is None)) is not None:
            place, node = after
            done.add(place)
            if isinstance(node, Arcs):
                bent = BentColumns.of(node.bend, origin, scale)
                origin[bent.columns], scale[bent.columns] = arc_units(node.bend)
                ends = [node.bend(end[None, :])[0] for end in ends]
                scaled = False
                continue
            scaled = scaled or not isinstance(node, WithRamps)  # ramps leave the columns' units as they are
            if isinstance(node, Scale):
                origin = origin + node.origin / np.where(scale != 0.0, scale, 1.0)
                scale = scale * node.scale
                ends = [(end - node.origin) * np.where(node.scale != 0.0, node.scale, 1.0) for end in ends]
            elif isinstance(node, WithRamps):
                columns, origin, scale = _ramp_units(node, origin, scale)
                ends = [node.ramps(end[None, :])[0] for end in ends]
            elif isinstance(node, Clip):
                ends = [np.minimum(np.maximum(end, node.low), node.high) for end in ends]
        grid, p = self._narrow(place), self.precision
        if not scaled and self._columns_differ(place, grid):
            grid, scaled, zero = self._grid_of_columns(place), True, 0
            ends = [(end - grid.offset) / grid.scale for end in ends]
            origin, scale = origin + np.asarray(grid.offset) / scale, scale / np.asarray(grid.scale)
        else:
            zero, scale = grid.zero, scale / grid.scale
            ends = [end / grid.scale + zero for end in ends]
        each = scaled or bent is not None or columns is not None
        x, factor = (np.float32(v) if each else np.float32(v[0]) for v in (origin, scale))
        bounds = [np.clip(np.rint(end), p.low, p.high).astype(np.int64) for end in ends]
        low, high = (int(b.flat[0]) if (b == b.flat[0]).all() else b for b in bounds)
        size = self.nodes[place].size
        made = Quantise(place, (), size, p.bits, x, factor, zero, low, high, bent, columns)
        self.operations.append(made)
        self.grids[place] = grid
        return done

    def _before_network(self, place: int, bends: bool, rises: bool) -> tuple[int, Node] | None:
        """The only reader of a value that maps the columns one by one, or adds ramps, or None."""
        if len(self.readers[place]) != 1:
            return None
        place = self.readers[place][0]
        node = self.nodes[place]
        fits = isinstance(node, Scale | Clip)
        fits = fits or (isinstance(node, Arcs) and bends and rises) or (isinstance(node, WithRamps) and rises)
        return (place, node) if fits else None

    def _columns_differ(self, place: int, grid: Grid) -> bool:
        """Whether one grid for all columns of X is too coarse for some, and their weights can differ."""
        ones = np.ones(self.nodes[place].size)
        if any(rows_scaled(self.nodes[k], ones) is None for k in self.readers[place]):
            return False
        readers = self.readers[place]
        given = _row_units(self.nodes[readers[0]]) if len(readers) == 1 else None
        if given is not None and not np.allclose(given, given[0], rtol=1e-4):
            return True
        variance = self.values[place].astype(np.float64).var(axis=0)
        variance = variance[variance > 0.0]
        error = np.minimum(grid.scale**2 / 12.0 / variance, 1.0)
        return bool(len(error) and error.mean() > ONE_GRID_ERROR)

    def _grid_of_columns(self, place: int) -> Grid:
        """A grid of its own for every column."""
        X, p = self.values[place].astype(np.float64), self.precision
        low, high = (np.quantile(X, q, axis=0) for q in (1.0 - COVERED, COVERED))
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        half = np.where(half > 0.0, half, 0.1 * np.maximum(np.abs(middle), 1.0))
        readers = self.readers[place]
        reader: Any = self.nodes[readers[0]] if len(readers) == 1 else None
        given = None if reader is None else _row_units(reader)
        if given is None:
            return Grid(half / p.high, middle, p.low, p.high, p.bits)
        used = reader.levels.rows > 0.0
        fits = (half / given)[used].max(initial=0.0)
        if fits > 0.0:  # where all weights of a column are 0 any unit will do
            given = np.where(used, given, half / fits)
        return Grid(self._given_scale(X - middle, half, given), middle, p.low, p.high, p.bits)

    def _given_scale(self, D: np.ndarray, half: np.ndarray, units: np.ndarray) -> np.ndarray:
        """Scales of columns in the units of a weight with given integers; their own where that is coarse.

        Rare entries that are far out may be drawn in: of several scales the one that errs least.
        """
        p, variance = self.precision, D.var(axis=0)
        best, found = math.inf, half / p.high
        for power in np.arange(0.0, 8.0, 0.5):
            scale = units * ((half / units).max() * 2.0**-power / p.high)
            error = np.mean((np.clip(np.rint(D / scale), p.low, p.high) * scale - D) ** 2, axis=0)
            share = float(np.mean(np.minimum(error / np.where(variance > 0.0, variance, 1.0), 1.0)))
            if share < best:
                best, found = share, scale
        return found if best <= ONE_GRID_ERROR else half / p.high


def _row_units(node: Node) -> np.ndarray | None:
    """Units of a product's inputs in which its given integers are its weights, up to a factor; or None."""
    if not isinstance(node, Product | SparseProduct) or node.levels is None:
        return None
    return 1.0 / np.where(node.levels.rows > 0.0, node.levels.rows, node.levels.rows.max() or 1.0)


def _ramp_units(
    node: WithRamps, origin: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, origins and scales of columns (x - origin) * scale and of the ramps behind them."""
    columns, low, high = node.ramps.parts
    unit = np.where(scale[columns] != 0.0, scale[columns], 1.0)
    starts, slopes = origin[columns] + low / unit, scale[columns] / (high.astype(np.float64) - low)
    whole = np.concatenate([np.arange(len(origin)), columns])
    return whole, np.concatenate([origin, starts]), np.concatenate([scale, slopes])

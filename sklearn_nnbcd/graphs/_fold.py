# SPDX-License-Identifier: BSD-3-Clause
"""The same graph with fewer nodes: scales of inputs become part of the weights that follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ._graph import Graph
from ._nodes import Add, Gather, GroupedProduct, Intercept, Node, Product, Scale, Scatter, SparseProduct

#: units of spread from 0 to a column's origin up to which the origin may move into the intercepts: what
#: cancels there costs five bits of float32's 24
LARGEST_SHIFT = 32.0
#: nodes that are linear in their sources
LINEAR = (Product, GroupedProduct, SparseProduct, Gather, Scatter, Add)


def consumers(nodes: Any) -> list[list[int]]:
    """For every node the places of those that read it."""
    readers: list[list[int]] = [[] for _ in nodes]
    for place, node in enumerate(nodes):
        for source in node.sources:
            readers[source].append(place)
    return readers


def rows_scaled(node: Node, factors: np.ndarray) -> Node | None:
    """A product with diag(factors) W in place of W; None where the node's rows are not the entries."""
    if not isinstance(node, Product | SparseProduct) or node.before != 1 or getattr(node, "after", 1) != 1:
        return None
    levels = node.levels
    if levels is not None:
        levels = replace(levels, rows=levels.rows * np.abs(factors)) if (factors >= 0.0).all() else None
    if isinstance(node, SparseProduct):
        each = np.repeat(factors, np.diff(node.indptr))
        return replace(node, data=node.data.astype(np.float64) * each, levels=levels)
    matrix = factors[:, None] * node.matrix.astype(np.float64)
    return replace(node, matrix=matrix, levels=levels)


def folded(graph: Graph, largest_shift: float = LARGEST_SHIFT) -> Graph:
    """The graph without scales that can be part of the weights after them.

    ((x - origin) * scale) W + b = x (scale W) + (b - (origin * scale) W): the columns' scales multiply
    the rows of W, and the origins go into the intercepts. Several scales in a row become one. A scale
    stays where the format after it has no rows to scale, or where origins are so far from zero that
    float32 would lose digits.

    Parameters
    ----------
    graph : Graph
    largest_shift : float, default=32
        Origins times scales up to which a scale may go into the weights.

    Returns
    -------
    graph : Graph
        Of the same outputs up to rounding, with arrays in float64 where they changed.
    """
    nodes = list(graph.nodes)
    _merge_scales(nodes, graph)
    for place, node in enumerate(nodes):
        if isinstance(node, Scale):
            _fold_scale(nodes, place, graph, largest_shift)
    return replace(graph, nodes=tuple(nodes))


def _live_readers(nodes: list[Node], graph: Graph) -> list[list[int]]:
    """Readers among the nodes that any output needs."""
    outputs = [k for k in (graph.scores, graph.probabilities, graph.predictions) if k is not None]
    needed = set(replace(graph, nodes=tuple(nodes)).needed(*outputs))
    return [[k for k in readers if k in needed] for readers in consumers(nodes)]


def _merge_scales(nodes: list[Node], graph: Graph) -> None:
    """Two scales in a row as one, in place."""
    readers = _live_readers(nodes, graph)
    for place, node in enumerate(nodes):
        if not isinstance(node, Scale) or not isinstance(nodes[node.sources[0]], Scale):
            continue
        before = nodes[node.sources[0]]
        assert isinstance(before, Scale)
        if readers[node.sources[0]] == [place] and np.all(before.scale != 0.0):
            first, second = before.scale.astype(np.float64), node.scale.astype(np.float64)
            origin = before.origin + node.origin / first
            nodes[place] = replace(node, sources=before.sources, origin=origin, scale=first * second)


def _fold_scale(nodes: list[Node], place: int, graph: Graph, largest_shift: float) -> None:
    """Make one scale part of what follows, in place, if it can be."""
    node = nodes[place]
    assert isinstance(node, Scale)
    readers = _live_readers(nodes, graph)
    origin, scale = node.origin.astype(np.float64), node.scale.astype(np.float64)
    products = {k: rows_scaled(nodes[k], scale) for k in readers[place]}
    if None in products.values() or np.abs(origin * scale).max() > largest_shift:
        return
    shifts = {place: (-origin * scale)[None, :]}
    for k in range(place + 1, len(nodes)):
        sources = nodes[k].sources
        if (readers[k] == [] and k != graph.scores) or not any(source in shifts for source in sources):
            continue
        if isinstance(nodes[k], Intercept):
            continue
        if not isinstance(nodes[k], LINEAR) or not all(source in shifts for source in sources):
            return  # a skip connection reads the scaled row, or there is no intercept
        shifts[k] = nodes[k].evaluate(*(shifts[source] for source in sources))
    if graph.scores in shifts:
        return
    for k, readers_of in enumerate(readers):
        after = nodes[k]
        if isinstance(after, Intercept) and after.sources[0] in shifts and (readers_of or k == graph.scores):
            row = shifts[after.sources[0]].reshape(after.before, -1)[0]
            nodes[k] = replace(after, b=after.b.astype(np.float64) + row)
    for k, product in products.items():
        assert product is not None
        nodes[k] = replace(product, sources=node.sources)

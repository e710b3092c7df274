# SPDX-License-Identifier: BSD-3-Clause
"""Where the values of a graph lie in one static array, and which nodes are computed together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..graphs._fold import consumers
from ..graphs._graph import Graph
from ..graphs._nodes import (
    Add,
    Clip,
    Intercept,
    LeakyClip,
    Node,
    Polynomial,
    Product,
    Scale,
    Sigmoid,
    Softplus,
    SparseProduct,
    Tanh,
    Windows,
)

#: nodes that may write over their first source
IN_PLACE = (Scale, Clip, Intercept, Add, LeakyClip, Polynomial, Sigmoid, Tanh, Softplus)


@dataclass(frozen=True)
class Plan:
    """What is computed, in which order, and where it lies.

    Attributes
    ----------
    order : list of int
        Places of the nodes that are computed one after the other.
    fused : set of int
        Intercepts that the product before them adds.
    cut : set of int
        Windows that are cut patch by patch where they are used.
    offsets : dict of int to int
        First entry of each value.
    patches : dict of int to int
        First entry of the memory of a patch, for nodes that read cut windows.
    size : int
        Entries of the array.
    """

    order: list[int]
    fused: set[int]
    cut: set[int]
    offsets: dict[int, int]
    patches: dict[int, int]
    size: int


class Memory:
    """Places in one array: the first gap that is wide enough."""

    def __init__(self) -> None:
        self.taken: dict[int, tuple[int, int]] = {}
        self.size = 0

    def take(self, key: int, size: int) -> int:
        """The offset of a new value."""
        start = 0
        for begin, end in sorted(self.taken.values()):
            if begin - start >= size:
                break
            start = max(start, end)
        self.taken[key] = (start, start + size)
        self.size = max(self.size, start + size)
        return start

    def release(self, key: int) -> None:
        """Give the place of a value back."""
        self.taken.pop(key, None)


def plan_of(graph: Graph) -> Plan:
    """The plan of all nodes that the scores need."""
    nodes, needed = graph.nodes, graph.needed(graph.scores)
    readers = [[k for k in each if k in set(needed)] for each in consumers(nodes)]
    fused = {k for k in needed if _is_fused(nodes, readers, k, graph.scores)}
    cut = {
        k
        for k in needed
        if isinstance(nodes[k], Windows) and readers[k]
        if all(_takes_patches(nodes[r], nodes[k]) for r in readers[k])
    }
    hidden = {nodes[k].sources[0] for k in fused} | cut | {0}
    order = [k for k in needed if k not in hidden]
    reads = {k: _read(nodes, k, fused, cut) for k in order}
    last = {source: k for k in order for source in reads[k]}
    last[graph.scores] = len(nodes)
    memory = Memory()
    offsets: dict[int, int] = {}
    patches: dict[int, int] = {}
    for k in order:
        first = reads[k][0]
        if isinstance(nodes[k], IN_PLACE) and k not in fused and first != 0 and last[first] == k:
            offsets[k] = offsets[first]
            memory.taken[k] = memory.taken.pop(first)
        else:
            offsets[k] = memory.take(k, nodes[k].size)
        windows = _product_of(nodes, k, fused).sources[0]
        if windows in cut:
            product = _product_of(nodes, k, fused)
            patches[k] = memory.take(-1, nodes[windows].size // product.before)
            memory.release(-1)
        for source in reads[k]:
            if last[source] == k:
                memory.release(source)
    return Plan(order, fused, cut, offsets, patches, memory.size)


def _product_of(nodes: tuple[Node, ...], k: int, fused: set[int]) -> Any:
    """The node itself, or the product that a fused intercept belongs to."""
    return nodes[nodes[k].sources[0]] if k in fused else nodes[k]


def _read(nodes: tuple[Node, ...], k: int, fused: set[int], cut: set[int]) -> tuple[int, ...]:
    """Places that a step reads from memory."""
    sources = _product_of(nodes, k, fused).sources
    return tuple(nodes[s].sources[0] if s in cut else s for s in sources)


def _is_fused(nodes: tuple[Node, ...], readers: list[list[int]], k: int, scores: int) -> bool:
    """Whether an intercept can be added by the product before it."""
    node = nodes[k]
    if not isinstance(node, Intercept):
        return False
    product: Any = nodes[node.sources[0]]
    alone = readers[node.sources[0]] == [k] and node.sources[0] != scores
    thin = isinstance(product, SparseProduct) or (isinstance(product, Product) and product.after == 1)
    return alone and thin and product.before == node.before


def _takes_patches(node: Any, windows: Any) -> bool:
    """Whether a node multiplies one patch after the other, each as one row."""
    thin = isinstance(node, SparseProduct) or (isinstance(node, Product) and node.after == 1)
    return thin and node.before == math.prod(windows.window.counts)

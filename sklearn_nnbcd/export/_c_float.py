# SPDX-License-Identifier: BSD-3-Clause
"""A graph as C99 in float32: one function for each kind of node."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graphs._graph import Graph
from ..graphs._nodes import (
    Add,
    Arcs,
    Clip,
    Exp,
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
    Simplex,
    Softmax,
    Softplus,
    SparseProduct,
    Tanh,
    TwoColumns,
    Windows,
    WithRamps,
)
from ._c_interface import File, add_functions, assembled, declarations
from ._c_memory import Plan, plan_of
from ._c_sparse import add_sparse
from ._c_text import check_float32, integer_type, number


@dataclass(frozen=True)
class Place:
    """What an emitter gets: a node, C expressions of its sources and its result, and its intercepts.

    ``source_size`` counts the entries of the first source. ``window`` is None, or that of the image that
    is the source, with memory for one patch at ``patch``.
    """

    node: Any
    sources: list[str]
    out: str
    source_size: int
    intercepts: np.ndarray | None = None
    window: Any = None
    patch: str | None = None


def _floats(file: File, array: np.ndarray, what: str) -> str:
    """A table of float32; its name."""
    return file.add_table("float", check_float32(array, what), what[0])


def _each(place: Place, expression: str) -> list[str]:
    """A loop over all entries; @ stands for an entry of the source."""
    entry = expression.replace("@", f"({place.sources[0]})[i]")
    return [f"for (int i = 0; i < {place.node.size}; ++i)", f"    ({place.out})[i] = {entry};"]


def _over_positions(file: File, place: Place, call: Callable[[str, str, int], str]) -> list[str]:
    """``call(source, out, rows)`` for all rows at once, or patch by patch of an image."""
    node, window = place.node, place.window
    if window is None:
        return [call(place.sources[0], place.out, node.before)]
    (rows, columns), (down, right), (top, left) = window.counts, window.stride, window.padding
    (height, width, channels), (high, wide) = window.image, window.size
    corner = f"r * {down} - {top}, c * {right} - {left}"
    assert place.patch is not None
    out = f"{place.out} + (r * {columns} + c) * {node.size // node.before}"
    cut = f"{file.call('cut')}({place.sources[0]}, {place.patch}, {height}, {width}, {channels}, {corner}, "
    return [
        f"for (int r = 0; r < {rows}; ++r)",
        f"    for (int c = 0; c < {columns}; ++c) {{",
        f"        {cut}{high}, {wide});",
        f"        {call(place.patch, out, 1)}",
        "    }",
    ]


def _product(file: File, place: Place) -> list[str]:
    node = place.node
    d_in, d_out = node.matrix.shape
    if node.after > 1:
        return _blocks(file, place, node.matrix[None], node.before)
    w = _floats(file, node.matrix.T, "weights")
    b = "0" if place.intercepts is None else _floats(file, place.intercepts, "intercepts")
    name = file.call("product")
    return _over_positions(
        file, place, lambda v, out, rows: f"{name}({v}, {w}, {b}, {out}, {rows}, {d_in}, {d_out});"
    )


def _blocks(file: File, place: Place, matrices: np.ndarray, blocks: int) -> list[str]:
    groups, d_in, d_out = matrices.shape
    w = _floats(file, matrices.transpose(0, 2, 1), "weights")
    sizes = f"{blocks}, {groups}, {d_in}, {d_out}, {place.node.after}"
    return [f"{file.call('mode_product')}({place.sources[0]}, {w}, {place.out}, {sizes});"]


def _grouped_product(file: File, place: Place) -> list[str]:
    node = place.node
    return _blocks(file, place, node.matrices, node.before * node.matrices.shape[0])


def _sparse_product(file: File, place: Place) -> list[str]:
    node, (d_in, d_out) = place.node, place.node.shape
    data = check_float32(node.data, "weights")
    name, entries = add_sparse(file, node, "float", (data, "w"), ("float", "float", "float"))
    b = "0" if place.intercepts is None else _floats(file, place.intercepts, "intercepts")
    return _over_positions(
        file, place, lambda v, out, rows: f"{name}({v}, {entries}, {b}, {out}, {rows}, {d_in}, {d_out});"
    )


def _scale(file: File, place: Place) -> list[str]:
    origin, scale = (_floats(file, x, "scales") for x in (place.node.origin, place.node.scale))
    return _each(place, f"(@ - {origin}[i]) * {scale}[i]")


def _arcs(file: File, place: Place) -> list[str]:
    """A copy, and then the bent columns; knees are powers of two, so that nothing is divided."""
    bend = place.node.bend
    index = file.add_table(integer_type(0, int(bend.columns.max())), bend.columns, "index")
    powers = file.add_table("int8_t", bend.powers, "powers")
    kind = integer_type(int(bend.quarters.min()), int(bend.quarters.max()))
    quarters = file.add_table(kind, bend.quarters, "quarters")
    centre = bend.quarters.astype(np.float64) / 4.0
    starts = file.add_table("float", np.arcsinh(-centre).astype(np.float32), "starts")
    v, power = f"({place.sources[0]})[{index}[j]]", file.call("power")
    return [
        *_each(place, "@"),
        f"for (int j = 0; j < {len(bend.columns)}; ++j) {{",
        f"    const float t = {v} * {power}(-{powers}[j]) - 0.25f * (float){quarters}[j];",
        f"    ({place.out})[{index}[j]] = (asinhf(t) - {starts}[j]) * {power}({powers}[j]);",
        "}",
    ]


def _ramps(file: File, place: Place) -> list[str]:
    """A copy, and behind it the ramps of the columns that have bins; one division a column."""
    ramps, n = place.node.ramps, place.source_size
    bins = file.add_table(integer_type(0, int(ramps.bins.max())), ramps.bins, "bins")
    kind, edges, unit = "float", ramps.edges, []
    if ramps.powers is None:
        edges = edges.astype(np.float32)
    else:  # the columns' values in the units of the edges
        kind, power = integer_type(int(edges.min()), int(edges.max())), file.call("power")
        powers = file.add_table("int8_t", ramps.powers, "powers")
        unit = [f"    t *= {power}(-*p++);"]
    v, out, table = place.sources[0], place.out, file.add_table(kind, edges, "edges")
    return [
        f"const {kind} *e = {table};",
        *([f"const int8_t *p = {powers};"] if unit else []),
        f"float *r = {out} + {n};",
        f"for (int i = 0; i < {n}; ++i) {{",
        f"    float t = ({v})[i];",
        f"    ({out})[i] = t;",
        f"    if (!{bins}[i]) continue;",
        *unit,
        "    float low = (float)*e++;",
        f"    for (int k = 0; k < {bins}[i]; ++k) {{",
        "        const float high = (float)*e++;",
        "        *r++ = t > low ? t < high ? (t - low) / (high - low) : 1.0f : 0.0f;",
        "        low = high;",
        "    }",
        "}",
    ]


def _clip(file: File, place: Place) -> list[str]:
    low, high = place.node.low, place.node.high
    if np.ndim(low) or np.ndim(high):
        n = place.node.size
        low, high = (
            file.add_table(
                "float", np.clip(np.broadcast_to(end, n), -3e38, 3e38).astype(np.float32), "bounds"
            )
            for end in (low, high)
        )
        return _each(place, f"@ < {low}[i] ? {low}[i] : @ > {high}[i] ? {high}[i] : @")
    below = f"@ < {number(low)} ? {number(low)} : " if low > -math.inf else ""
    above = f"@ > {number(high)} ? {number(high)} : " if high < math.inf else ""
    return _each(place, f"{below}{above}@")


def _gather(file: File, place: Place) -> list[str]:
    node = place.node
    index = file.add_table("uint16_t" if node.indices.max() < 2**16 else "uint32_t", node.indices, "index")
    n, wide = len(node.indices), place.source_size // node.before
    return [
        f"for (int i = 0; i < {node.size}; ++i)",
        f"    ({place.out})[i] = ({place.sources[0]})[i / {n} * {wide} + {index}[i % {n}]];",
    ]


def _scatter(file: File, place: Place) -> list[str]:
    node = place.node
    index = file.add_table("uint16_t" if node.size < 2**16 else "uint32_t", node.indices, "index")
    n, wide = len(node.indices), node.size // node.before
    return [
        f"for (int i = 0; i < {node.size}; ++i)",
        f"    ({place.out})[i] = 0.0f;",
        f"for (int i = 0; i < {n * node.before}; ++i)",
        f"    ({place.out})[i / {n} * {wide} + {index}[i % {n}]] = ({place.sources[0]})[i];",
    ]


def _windows(file: File, place: Place) -> list[str]:
    window = place.node.window
    (rows, columns), (down, right), (top, left) = window.counts, window.stride, window.padding
    (height, width, channels), (high, wide) = window.image, window.size
    out = f"{place.out} + (r * {columns} + c) * {high * wide * channels}"
    corner = f"r * {down} - {top}, c * {right} - {left}, {high}, {wide}"
    return [
        f"for (int r = 0; r < {rows}; ++r)",
        f"    for (int c = 0; c < {columns}; ++c)",
        f"        {file.call('cut')}({place.sources[0]}, {out}, {height}, {width}, {channels}, {corner});",
    ]


def _pool(file: File, place: Place) -> list[str]:
    window = place.node.window
    (rows, columns), (down, right), (high, wide) = window.counts, window.stride, window.size
    _, width, channels = window.image
    sizes = f"{width}, {channels}, {rows}, {columns}, {down}, {right}, {high}, {wide}"
    return [f"{file.call('pool')}({place.sources[0]}, {place.out}, {sizes});"]


def _intercept(file: File, place: Place) -> list[str]:
    b = _floats(file, place.node.b, "intercepts")
    index = "i" if place.node.before == 1 else f"i % {len(place.node.b)}"
    return _each(place, f"@ + {b}[{index}]")


def _add(file: File, place: Place) -> list[str]:
    return _each(place, f"@ + ({place.sources[1]})[i]")


def _polynomial(file: File, place: Place) -> list[str]:
    *others, text = (number(check_float32(np.asarray(a), "coefficients")) for a in place.node.coefficients)
    for a in reversed(others):
        text = f"({text} * @ + {a})"
    return _each(place, text)


def _called(helper: str) -> Callable[[File, Place], list[str]]:
    return lambda file, place: _each(place, f"{file.call(helper)}(@)")


def _in_place(helper: str) -> Callable[[File, Place], list[str]]:
    return lambda file, place: [f"{file.call(helper)}({place.out}, {place.node.size});"]


EMITTERS: dict[type[Node], Callable[[File, Place], list[str]]] = {
    Scale: _scale,
    Arcs: _arcs,
    WithRamps: _ramps,
    Clip: _clip,
    Product: _product,
    GroupedProduct: _grouped_product,
    SparseProduct: _sparse_product,
    Gather: _gather,
    Scatter: _scatter,
    Windows: _windows,
    Pool: _pool,
    Intercept: _intercept,
    Add: _add,
    LeakyClip: lambda file, place: _each(place, f"@ < 0.0f ? {number(place.node.slope)} * @ : @"),
    Polynomial: _polynomial,
    Sigmoid: _called("sigmoid"),
    Tanh: lambda file, place: _each(place, "tanhf(@)"),
    Softplus: _called("softplus"),
    Exp: lambda file, place: _each(place, f"{file.call('exp')}(@, {number(place.node.top)})"),
    Softmax: _in_place("softmax"),
    Simplex: _in_place("simplex"),
    TwoColumns: lambda file, place: [
        f"{place.out}[1] = {place.out}[0];",
        f"{place.out}[0] = 1.0f - {place.out}[1];",
    ],
}


def head_lines(file: File, graph: Graph, place: int, out: str) -> list[str]:
    """The nodes from the scores to a place, in place: all work on ``out``, which holds the scores."""
    lines: list[str] = []
    for k in graph.needed(place):
        if k > graph.scores:
            node = graph.nodes[k]
            lines += EMITTERS[type(node)](file, Place(node, [out], out, node.size))
    return lines


def float_c(graph: Graph, name: str, remarks: list[str], sparse: str) -> str:
    """The file of a folded graph, in float32."""
    file, plan = File(name, sparse), plan_of(graph)
    lines: list[str] = []
    for k in plan.order:
        lines += ["{", *("    " + line for line in _emitted(file, graph, plan, k)), "}"]
    memory = f"{name}_memory"
    file.tables.append(f"static float {memory}[{plan.size}];")
    lines.append(f"return {memory} + {plan.offsets[graph.scores]};")
    file.function(f"static const float *{name}_run(const float *x)", lines)
    add_functions(file, graph, "float", "float", None)
    remarks = [*remarks, f"RAM: {4 * plan.size} bytes of static memory, so one row at a time."]
    return assembled(file, declarations(graph, name, "float", "float"), "float", remarks)


def _emitted(file: File, graph: Graph, plan: Plan, k: int) -> list[str]:
    """The lines of one node."""

    def at(place: int) -> str:
        return "x" if place == 0 else f"{file.name}_memory + {plan.offsets[place]}"

    node, intercepts = graph.nodes[k], None
    if isinstance(node, Intercept) and k in plan.fused:
        intercepts, node = node.b, graph.nodes[node.sources[0]]
    sources, window, patch = list(node.sources), None, None
    if sources[0] in plan.cut:
        windows = graph.nodes[sources[0]]
        assert isinstance(windows, Windows)
        window, sources = windows.window, list(windows.sources)
        patch = f"{file.name}_memory + {plan.patches[k]}"
    size = graph.nodes[sources[0]].size
    place = Place(node, [at(s) for s in sources], at(k), size, intercepts, window, patch)
    return EMITTERS[type(node)](file, place)

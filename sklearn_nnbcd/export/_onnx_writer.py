# SPDX-License-Identifier: BSD-3-Clause
"""A graph as nodes of ONNX: one function for each kind of node.

Only operators of the default domain that onnxruntime has in both precisions are used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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
from ._onnx_integers import matrix_of, write_integers
from ._onnx_ramps import ramps
from ._onnx_terms import sides, write_side
from ._onnx_values import Value, Writer

Emitter = Callable[[Writer, Any, list[Value]], Value]

# products ---------------------------------------------------------------------------------------


def _product(w: Writer, node: Product, sources: list[Value]) -> Value:
    d_in, d_out = node.matrix.shape
    if node.after == 1:
        v = w.op("MatMul", w.shaped(sources[0], d_in), matrix_of(w, node))
        return Value(v, (d_out,))
    if node.levels is None:
        W = w.constant(node.matrix.T)
    else:
        W = w.op("Transpose", matrix_of(w, node), perm=[1, 0])
    v = w.op("MatMul", W, w.shaped(sources[0], d_in, node.after))
    return Value(v, (d_out, node.after))


def _grouped_product(w: Writer, node: GroupedProduct, sources: list[Value]) -> Value:
    """One product for each group; those of a side of terms are written as a whole, by ``write_side``."""
    groups, d_in, d_out = node.matrices.shape
    v = w.shaped(sources[0], groups, d_in, node.after)
    v = w.op("MatMul", w.constant(node.matrices.transpose(0, 2, 1)), v)
    return Value(v, (groups, d_out, node.after))


def _sparse_product(w: Writer, node: SparseProduct, sources: list[Value]) -> Value:
    """The matrix is written out when a session begins; the file holds its entries and where they lie."""
    d_in, d_out = node.shape
    return Value(w.op("MatMul", w.shaped(sources[0], d_in), matrix_of(w, node)), (d_out,))


def _gather(w: Writer, node: Gather, sources: list[Value]) -> Value:
    wide = sources[0].size // node.before
    indices = w.constant(node.indices, np.int32)
    return Value(w.op("Gather", w.shaped(sources[0], wide), indices, axis=1), (len(node.indices),))


def _scatter(w: Writer, node: Scatter, sources: list[Value]) -> Value:
    """Every place looks up its entry among those that are there and a zero behind them."""
    wide, k = node.size // node.before, len(node.indices)
    padded = w.op("Pad", w.shaped(sources[0], k), w.constant([0, 0, 0, 1], np.int64))
    indices = w.cast(w.constant(node.indices, np.int32), w.types.INT64)
    every = w.op("Range", *(w.constant(np.int64(x), np.int64) for x in (0, k, 1)))
    places = w.op("ScatterElements", w.zeros([wide], np.int64, k), indices, every, axis=0)
    return Value(w.op("Gather", padded, places, axis=1), (wide,))


# images -----------------------------------------------------------------------------------------


def _cut(w: Writer, window: Any, source: Value) -> str:
    """Windows of images, shape (n, rows, height, columns, width, channels)."""
    (rows, columns), (down, right) = window.counts, window.stride
    (high, wide), (top, left), channels = window.size, window.padding, window.image[2]
    v = w.shaped(source, *window.image)
    if top or left:
        v = w.op("Pad", v, w.constant([0, top, left, 0, 0, top, left, 0], np.int64))
    for axis, count, stride, size in ((1, rows, down, high), (2, columns, right, wide)):
        places = stride * np.arange(count)[:, None] + np.arange(size)
        v = w.op("Gather", v, w.constant(places.ravel(), np.int32), axis=axis)
    return w.op("Reshape", v, w.constant([-1, rows, high, columns, wide, channels], np.int64))


def _windows(w: Writer, node: Windows, sources: list[Value]) -> Value:
    v = w.op("Transpose", _cut(w, node.window, sources[0]), perm=[0, 1, 3, 2, 4, 5])
    width = node.window.area * node.window.image[2]
    return Value(w.op("Reshape", v, w.constant([-1, width], np.int64)), (width,))


def _pool(w: Writer, node: Pool, sources: list[Value]) -> Value:
    means = w.reduced("ReduceMean", _cut(w, node.window, sources[0]), [2, 4], keepdims=False)
    return Value(means, (*node.window.counts, node.window.image[2]))


# entry by entry ---------------------------------------------------------------------------------


def _scale(w: Writer, node: Scale, sources: list[Value]) -> Value:
    v = w.flat(node, sources[0])
    if np.any(node.origin):
        v = w.op("Sub", v, w.constant(node.origin))
    if np.any(node.scale != 1.0):
        v = w.op("Mul", v, w.constant(node.scale))
    return Value(v, (node.size,))


def _arcs(w: Writer, node: Arcs, sources: list[Value]) -> Value:
    columns = node.bend.columns.astype(np.int64)
    centre, knee = node.bend.numbers(w.dtype)
    v = w.flat(node, sources[0])
    every = len(columns) == node.size
    part = v if every else w.op("Gather", v, w.constant(columns, np.int32), axis=1)
    part = _arsinh(w, w.op("Div", w.op("Sub", part, w.constant(centre)), w.constant(knee)))
    part = w.op("Sub", part, w.constant(np.arcsinh(-centre / knee)))
    part = w.op("Mul", part, w.constant(knee))
    if every:
        return Value(part, (node.size,))
    order = np.arange(node.size)
    order[columns] = node.size + np.arange(len(columns))
    both = w.op("Concat", v, part, axis=1)
    return Value(w.op("Gather", both, w.constant(order, np.int32), axis=1), (node.size,))


def _arsinh(w: Writer, z: str) -> str:
    """asinh, whose operator runtimes have for single precision only: sign(z) log(|z| + sqrt(z^2 + 1))."""
    if w.dtype == np.float32:
        return w.op("Asinh", z)
    size = w.op("Abs", z)
    root = w.op("Sqrt", w.op("Add", w.op("Mul", z, z), w.constant(1.0)))
    return w.op("Mul", w.op("Sign", z), w.op("Log", w.op("Add", size, root)))


def _clip(w: Writer, node: Clip, sources: list[Value]) -> Value:
    low, high = node.low, node.high
    if np.ndim(low) or np.ndim(high):
        v = w.op("Max", w.flat(node, sources[0]), w.constant(np.broadcast_to(low, node.size)))
        return Value(w.op("Min", v, w.constant(np.broadcast_to(high, node.size))), (node.size,))
    v, layout, _ = sources[0]
    if (low, high) == (0.0, math.inf):
        return Value(w.op("Relu", v), layout)
    v = v if low == -math.inf else w.op("Max", v, w.constant(low))
    return Value(v if high == math.inf else w.op("Min", v, w.constant(high)), layout)


def _intercept(w: Writer, node: Intercept, sources: list[Value]) -> Value:
    v = w.shaped(sources[0], len(node.b))
    return Value(w.op("Add", v, w.numbers(node.b)), (len(node.b),))


def _add(w: Writer, node: Add, sources: list[Value]) -> Value:
    one, other = sources
    layout = one.layout if one.layout == other.layout else (node.size,)
    return Value(w.op("Add", w.shaped(one, *layout), w.shaped(other, *layout)), layout)


def _leaky_clip(w: Writer, node: LeakyClip, sources: list[Value]) -> Value:
    v, layout, _ = sources[0]
    lower = w.op("Mul", v, w.constant(node.slope))
    return Value(w.op("Max" if node.slope <= 1.0 else "Min", v, lower), layout)


def _polynomial(w: Writer, node: Polynomial, sources: list[Value]) -> Value:
    """Horner's rule, without factors of one and terms of zero."""
    (v, layout, _), (*others, top) = sources[0], node.coefficients
    result = v if top == 1.0 else w.op("Mul", v, w.constant(top))
    for k, a in enumerate(reversed(others)):
        result = w.op("Mul", result, v) if k else result
        result = w.op("Add", result, w.constant(a)) if a else result
    return Value(result, layout)


def _simple(kind: str) -> Emitter:
    return lambda w, node, sources: Value(w.op(kind, sources[0].name), sources[0].layout)


def _softplus(w: Writer, node: Softplus, sources: list[Value]) -> Value:
    v, layout, _ = sources[0]
    tail = w.op("Exp", w.op("Neg", w.op("Abs", v)))
    tail = w.op("Log", w.op("Add", tail, w.constant(1.0)))
    return Value(w.op("Add", w.op("Relu", v), tail), layout)


def _exp(w: Writer, node: Exp, sources: list[Value]) -> Value:
    v, layout, _ = sources[0]
    top, one = w.constant(node.top), w.constant(1.0)
    tangent = w.op("Add", w.op("Relu", w.op("Sub", v, top)), one)
    return Value(w.op("Mul", w.op("Exp", w.op("Min", v, top)), tangent), layout)


# probabilities ----------------------------------------------------------------------------------


def _softmax(w: Writer, node: Softmax, sources: list[Value]) -> Value:
    axis: dict[str, Any] = {} if w.is_alone else {"axis": 1}  # the last one, unless told otherwise
    return Value(w.op("Softmax", w.flat(node, sources[0]), **axis), (node.size,))


def _simplex(w: Writer, node: Simplex, sources: list[Value]) -> Value:
    """The threshold is the largest of (sum of the k largest entries - 1) / k."""
    v = w.flat(node, sources[0])
    v = w.op("Sub", v, w.reduced("ReduceMax", v, [1]))
    ordered, indices = w.name("v"), w.name("i")
    k = w.constant([node.size], np.int64)
    w.nodes.append(w._helper.make_node("TopK", [v, k], [ordered, indices], axis=1))
    sums = w.op("CumSum", ordered, w.constant(np.int64(1), np.int64))
    sums = w.op("Sub", sums, w.constant(1.0))
    each = w.op("Div", sums, w.constant(np.arange(1, node.size + 1)))
    v = w.op("Relu", w.op("Sub", v, w.reduced("ReduceMax", each, [1])))
    return Value(w.op("Div", v, w.reduced("ReduceSum", v, [1])), (node.size,))


def _two_columns(w: Writer, node: TwoColumns, sources: list[Value]) -> Value:
    p = w.shaped(sources[0], 1)
    return Value(w.op("Concat", w.op("Sub", w.constant(1.0), p), p, axis=1), (2,))


EMITTERS: dict[type[Node], Emitter] = {
    Scale: _scale,
    Arcs: _arcs,
    WithRamps: ramps,
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
    LeakyClip: _leaky_clip,
    Polynomial: _polynomial,
    Sigmoid: _simple("Sigmoid"),
    Tanh: _simple("Tanh"),
    Softplus: _softplus,
    Exp: _exp,
    Softmax: _softmax,
    Simplex: _simplex,
    TwoColumns: _two_columns,
}


def write_outputs(w: Writer, graph: Graph, x: str, outputs: list[str]) -> None:
    """All nodes of a graph, from the rows named ``x`` to the named outputs.

    Parameters
    ----------
    w : Writer
    graph : Graph
    x : str
        Of shape (n, n_features), in the writer's dtype.
    outputs : list of str
        (labels, probabilities) of a classifier, (numbers,) of a regressor.
    """
    last = graph.predictions if graph.probabilities is None else graph.probabilities
    assert last is not None
    values = {0: Value(x, (graph.n_features,), graph.n_features)}
    runs = sides(graph.nodes)
    inner = {k for run in runs.values() for k in run[:-1]}
    places = graph.needed(graph.scores, last)[1:]
    write_integers(w, [graph.nodes[place] for place in places])
    for place in places:
        node = graph.nodes[place]
        if place in inner:
            continue
        if place in runs:
            run = [graph.nodes[k] for k in runs[place]]
            value = write_side(w, run, values[run[0].sources[0]])
        else:
            value = EMITTERS[type(node)](w, node, [values[k] for k in node.sources])
        values[place] = value._replace(size=node.size)
    result = w.flat(graph.nodes[last], values[last])
    if graph.task != "numbers":
        scores = w.flat(graph.nodes[graph.scores], values[graph.scores])
        w.finish(label_of(w, graph, scores), outputs[0])
    w.finish(result, outputs[-1])


def label_of(w: Writer, graph: Graph, scores: str) -> str:
    """Labels from outputs: names of classes of shape (n,), or 0 and 1 of shape (n, n_labels)."""
    if graph.task == "indicators":
        return w.cast(w.op("Greater", scores, w.constant(0.0)), w.types.INT64)
    if graph.n_outputs == 1:
        positive = w.op("Greater", scores, w.constant(0.0))
        place = w.op("Reshape", w.cast(positive, w.types.INT64), w.constant([-1], np.int64))
    else:
        keep: dict[str, Any] = (
            {"keepdims": 0} if w.is_alone else {}
        )  # others who read the model know the usual form
        place = w.op("ArgMax", scores, axis=1, **keep)
        place = place if w.is_alone else w.op("Reshape", place, w.constant([-1], np.int64))
    names = class_names(graph.classes)
    if names.dtype == np.int64 and np.array_equal(names, np.arange(len(names))):
        return place
    return w.op("Gather", w.constant(names, names.dtype), place, axis=0)


def class_names(classes: Any) -> np.ndarray:
    """Classes as ONNX has them: int64, bool, floating numbers or text (object).

    Raises
    ------
    ValueError
        For others, with the cure.
    """
    kind = classes.dtype.kind
    if kind in "iu":
        return classes.astype(np.int64)
    if kind in "bf":
        return classes
    if kind in "UTO" and all(isinstance(name, str) for name in classes.tolist()):
        return np.asarray([str(name) for name in classes.tolist()], dtype=object)
    raise ValueError(
        "The 'estimator' of export_onnx must have labels that are integers, strings, bools or floats. Got "
        f"{classes.tolist()!r}. Fit it with labels of one of these kinds."
    )

# SPDX-License-Identifier: BSD-3-Clause
"""Ramps in ONNX, from the ends of bins as the network stores them."""

from __future__ import annotations

import numpy as np

from ..graphs._nodes import WithRamps
from ._onnx_digits import digits
from ._onnx_values import Value, Writer

#: bytes that stored ends must save to be worth the nodes that make ramps of them
NODES = 500


def ramps(w: Writer, node: WithRamps, sources: list[Value]) -> Value:
    """The entries and their ramps."""
    found = node.ramps
    columns, low, high = found.parts
    v, n = w.shaped(sources[0], node.size - len(columns)), len(columns)
    saved = n * (4 + 2 * w.dtype.itemsize) - found.edges.nbytes - (n + found.edges.nbytes) // 8
    if saved > NODES:
        places, low_end, slope = _of_ends(w, node)
    else:
        slope = w.constant(low.dtype.type(1.0) / (high - low))
        places, low_end = w.constant(columns, np.int32), w.constant(low)
    part = w.op("Gather", v, places, axis=1)
    part = w.op("Clip", w.op("Mul", w.op("Sub", part, low_end), slope), w.constant(0.0), w.constant(1.0))
    return Value(w.op("Concat", v, part, axis=1), (node.size,))


def _of_ends(w: Writer, node: WithRamps) -> tuple[str, str, str]:
    """Names of the column, the low end and the slope of each ramp.

    Slopes are reciprocals in the network's dtype, which every machine rounds alike.
    """
    found, types = node.ramps, w.types
    (kept,) = np.nonzero(found.bins)
    ends = np.asarray(found.bins)[kept].astype(np.int64) + 1
    is_first = np.zeros(ends.sum(), np.int64)
    is_first[np.cumsum(ends) - ends] = 1
    begins, _ = digits(w, np.append(is_first[1:], 1), 2)  # after the last end all columns are over
    rows = w.op("Reshape", begins, w.constant([-1], np.int64))
    rows = w.op("Slice", rows, *(w.constant([x], np.int64) for x in (0, len(is_first))))
    goes_on = w.op("Not", w.cast(rows, types.BOOL))
    zero = w.constant(np.int64(0), np.int64)
    order = w.op("CumSum", w.cast(rows, types.INT64), zero, exclusive=1)
    if found.powers is None:
        edges = w.constant(found.edges)
    else:
        edges = w.floating(w.constant(found.edges, found.edges.dtype))
        edges = w.op("Mul", edges, w.op("Gather", w.powers_of_two(found.powers), order))
    start, stop = (w.constant([x], np.int64) for x in (1, len(is_first)))
    after = w.op("Concat", w.op("Slice", edges, start, stop), w.constant([0.0]), axis=0)
    low, high, order = (w.op("Compress", x, goes_on, axis=0) for x in (edges, after, order))
    slope = w.op("Div", w.constant(1.0), w.op("Sub", high, low))
    return w.op("Gather", w.counts(kept), order), low, slope

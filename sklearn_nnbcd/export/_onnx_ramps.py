# SPDX-License-Identifier: BSD-3-Clause
"""Ramps in ONNX, from the ends of bins as the network stores them."""

from __future__ import annotations

import numpy as np

from ..graphs._nodes import WithRamps
from ._onnx_digits import flat_digits
from ._onnx_values import Value, Writer

#: bytes that stored ends must save to be worth the nodes that make ramps of them
NODES = 600


def ramps(w: Writer, node: WithRamps, sources: list[Value]) -> Value:
    """The entries and their ramps."""
    found = node.ramps
    columns, low, high = found.parts
    v, n = w.shaped(sources[0], node.size - len(columns)), len(columns)
    saved = n * (4 + 2 * w.dtype.itemsize) - found.nbytes - n // 8
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
    found, one, zero = node.ramps, *(w.constant(np.int64(x), np.int64) for x in (1, 0))
    (kept,) = np.nonzero(found.bins)
    bins = np.asarray(found.bins)[kept].astype(np.int64)
    begins = np.zeros(bins.sum(), np.int64)
    begins[np.cumsum(bins) - bins] = 1
    first = flat_digits(w, begins, 2)
    order = w.op("Sub", w.op("CumSum", first, zero), one)
    # each column before has one end more than ramps
    high = w.op("Sub", w.op("CumSum", w.op("Add", first, one), zero), one)
    edges = w.floating(w.constant(found.edges, found.edges.dtype))
    ends = [w.op("Gather", edges, place) for place in (w.op("Sub", high, one), high)]
    if found.powers is not None:
        unit = w.op("Gather", w.powers_of_two(found.powers), order)
        ends = [w.op("Mul", end, unit) for end in ends]
    slope = w.op("Div", w.constant(1.0), w.op("Sub", ends[1], ends[0]))
    return w.op("Gather", w.counts(kept), order), ends[0], slope

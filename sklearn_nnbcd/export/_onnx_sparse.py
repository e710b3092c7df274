# SPDX-License-Identifier: BSD-3-Clause
"""Sparse matrices in ONNX: entries, and gaps of few bits between them, as the network stores them."""

from __future__ import annotations

import numpy as np

from ..compressions._gaps import Gaps
from ..graphs._nodes import SparseProduct
from ._onnx_digits import flat_digits
from ._onnx_values import Writer

#: bytes that gaps of few bits must save to be worth the nodes that take them apart
NODES = 400


def scattered(w: Writer, node: SparseProduct, entries: str) -> str:
    """The name of a matrix with entries of this name at the places of a sparse one, written out once.

    Parameters
    ----------
    w : Writer
    node : SparseProduct
    entries : str
        Of shape (n_entries,), of the network's dtype.
    """
    d_in, d_out = node.shape
    matrix = w.zeros([d_in * d_out], w.dtype)
    if len(node.data):
        places, entries = _placed(w, node.places, entries)
        matrix = w.op("ScatterElements", matrix, places, entries, axis=0)
    return w.op("Reshape", matrix, w.constant([d_in, d_out], np.int64))


def _placed(w: Writer, places: np.ndarray, entries: str) -> tuple[str, str]:
    """Rising places and their entries, from the steps between them or from gaps, whichever take less.

    A filler becomes an entry of 0 at a place that is left out: what has a shape that follows from numbers,
    such as the places without fillers, a runtime finds for every row anew.
    """
    gaps, zero = Gaps.of_places(places, xp=np), w.constant(np.int64(0), np.int64)
    steps = np.diff(places, prepend=0)
    if len(steps) * np.min_scalar_type(int(steps.max())).itemsize <= gaps.packed.nbytes + NODES:
        return w.op("CumSum", w.counts(steps), zero), entries
    one, filler = w.constant(np.int64(1), np.int64), 2**gaps.bits - 1
    codes = flat_digits(w, gaps.codes(xp=np), filler + 1)
    is_entry = w.op("Less", codes, w.constant(np.int64(filler), np.int64))
    n_entries = w.cast(is_entry, w.types.INT64)
    found = w.op("Sub", w.op("CumSum", w.op("Add", codes, n_entries), zero), one)
    last = w.op("Sub", w.op("CumSum", n_entries, zero), one)  # -1 before the first one: any entry, times 0
    return found, w.op("Mul", w.op("Gather", entries, last), w.floating(is_entry))

# SPDX-License-Identifier: BSD-3-Clause
"""Sparse matrices in ONNX: entries, and gaps of few bits between them, as the network stores them."""

from __future__ import annotations

import numpy as np

from ..compressions._gaps import Gaps
from ..graphs._nodes import SparseProduct
from ._onnx_digits import digits
from ._onnx_values import Writer

#: bytes that gaps of few bits must save to be worth the nodes that take them apart
NODES = 300


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
        matrix = w.op("ScatterElements", matrix, _places(w, node.places), entries, axis=0)
    return w.op("Reshape", matrix, w.constant([d_in, d_out], np.int64))


def _places(w: Writer, places: np.ndarray) -> str:
    """Rising places, from the steps between them or from gaps, whichever take less."""
    gaps, zero = Gaps.of_places(places, xp=np), w.constant(np.int64(0), np.int64)
    steps = np.diff(places, prepend=0)
    if len(steps) * np.min_scalar_type(int(steps.max())).itemsize <= gaps.packed.nbytes + NODES:
        return w.op("CumSum", w.counts(steps), zero)
    codes, filler = gaps.codes(xp=np), 2**gaps.bits - 1
    rows, _ = digits(w, codes, filler + 1, fill=filler)
    flat = w.op("Reshape", w.cast(rows, w.types.INT64), w.constant([-1], np.int64))
    ends = w.op("Less", flat, w.constant(np.int64(filler), np.int64))
    found = w.op("CumSum", w.op("Add", flat, w.cast(ends, w.types.INT64)), zero)
    found = w.op("Sub", found, w.constant(np.int64(1), np.int64))
    return w.op("Compress", found, ends, axis=0)

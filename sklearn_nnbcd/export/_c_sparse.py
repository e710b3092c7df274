# SPDX-License-Identifier: BSD-3-Clause
"""Sparse products in C: entry by entry, row after row, with gaps of few bits between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..compressions._gaps import Gaps
from ..graphs._nodes import SparseProduct


@dataclass(frozen=True)
class SparseTables:
    """Entries of a sparse matrix in the order in which C meets them.

    Attributes
    ----------
    data : array of shape (n_entries,)
    order : array of shape (n_entries,)
        Their places in the node's own arrays.
    gaps : Gaps
        Between their places in the matrix, row after row.
    """

    data: np.ndarray
    order: np.ndarray
    gaps: Gaps


def sparse_tables(node: SparseProduct) -> SparseTables:
    """The entries of a sparse product."""
    rows = np.repeat(np.arange(node.shape[0], dtype=np.int64), np.diff(node.indptr))
    places = rows * node.shape[1] + node.indices
    order = np.argsort(places, kind="stable")
    return SparseTables(node.data[order], order, Gaps.of_places(places[order], xp=np))


def sparse_helper(name: str, value: str, weight: str, total: str) -> tuple[str, str]:
    """Name and text of the product.

    Parameters
    ----------
    name : str
        Of the network.
    value, weight, total : str
        Types of inputs, weights, and of intercepts and sums; weights of uint8_t are two of four bits each.
    """
    called = "_".join([f"{name}_sparse", *(kind.removesuffix("_t") for kind in (value, weight))])
    halves = weight == "uint8_t"
    arguments = {
        "f": called,
        "v": value,
        "w": weight,
        "t": total,
        "note": ", two in a byte, the first one in the low half" if halves else "",
        "weight": "(k & 1 ? (int8_t)w[k / 2] >> 4 : (int8_t)(w[k / 2] << 4) >> 4)" if halves else "w[k]",
    }
    return called, _PRODUCT % arguments


_PRODUCT = """
/* out = b + v W for each of `rows` rows; n entries w of W%(note)s, row by row. Before each of them as many
   zeros as a code of `bits` bits says, the lowest bits of `gaps` first; one of ones says that more follow */
static void %(f)s(const %(v)s *v, const %(w)s *w, const uint8_t *gaps, int bits, int32_t n,
    const %(t)s *b, %(t)s *out, int rows, int n_in, int n_out)
{
    const uint32_t ones = ((uint32_t)1 << bits) - 1;
    for (; rows > 0; --rows, v += n_in, out += n_out) {
        const uint8_t *next = gaps;
        uint32_t window = 0, code;
        int32_t i = 0, j, k;
        int have = 0;
        for (j = 0; j < n_out; ++j)
            out[j] = b ? b[j] : 0;
        for (j = 0, k = 0; k < n; ++k, ++j) {
            do {
                for (; have < bits; have += 8)
                    window |= (uint32_t)*next++ << have;
                code = window & ones;
                window >>= bits;
                have -= bits;
                j += (int32_t)code;
            } while (code == ones);
            for (; j >= n_out; j -= n_out)
                ++i;
            out[j] += v[i] * %(weight)s;
        }
    }
}""".strip()

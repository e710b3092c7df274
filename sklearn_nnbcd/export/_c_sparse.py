# SPDX-License-Identifier: BSD-3-Clause
"""Sparse products in C: by inputs or by outputs, whichever takes fewer bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graphs._nodes import SparseProduct
from ._c_text import integer_type


@dataclass(frozen=True)
class SparseTables:
    """Entries of a sparse matrix in the order in which C meets them.

    Attributes
    ----------
    by_outputs : bool
        Whether entries lie column by column (then ``indices`` are of inputs), or row by row.
    data, indices : arrays of shape (n_entries,)
    counts : array of shape (d_out,) or (d_in,)
        Entries of each column or row.
    order : array of shape (n_entries,)
        Their places in the node's own arrays.
    """

    by_outputs: bool
    data: np.ndarray
    indices: np.ndarray
    counts: np.ndarray
    order: np.ndarray

    @property
    def types(self) -> tuple[str, str]:
        """Types of indices and of counts."""
        ends = (int(array.max(initial=0)) for array in (self.indices, self.counts))
        index, count = (integer_type(0, end) for end in ends)
        return index, count

    @property
    def integers(self) -> list[tuple[str, np.ndarray, str]]:
        """(type, values, letter of the name) of both integer tables."""
        index, count = self.types
        return [(index, self.indices, "index"), (count, self.counts, "count")]

    @property
    def n_bytes(self) -> int:
        """Bytes of both integer tables."""
        each = zip(self.types, (self.indices, self.counts), strict=True)
        return sum(int(kind[4:-2]) // 8 * len(values) for kind, values in each)


def sparse_tables(node: SparseProduct) -> SparseTables:
    """The entries by outputs, which keeps a sum in a register, unless by inputs takes fewer bytes."""
    rows = np.repeat(np.arange(node.shape[0]), np.diff(node.indptr))
    columns = np.asarray(node.indices, dtype=np.int64)
    order = np.lexsort((rows, columns))
    counts = np.bincount(columns, minlength=node.shape[1])
    outputs = SparseTables(True, node.data[order], rows[order], counts, order)
    each = np.arange(len(node.data))
    inputs = SparseTables(False, node.data, columns, np.diff(node.indptr), each)
    return min(outputs, inputs, key=lambda tables: tables.n_bytes)


def sparse_helper(name: str, tables: SparseTables, value: str, weight: str, total: str) -> tuple[str, str]:
    """Name and text of the product for the types of these tables.

    Parameters
    ----------
    name : str
        Of the network.
    tables : SparseTables
    value, weight, total : str
        Types of inputs, weights, and of intercepts and sums.
    """
    index, count = tables.types
    way = "columns" if tables.by_outputs else "rows"
    called = f"{name}_sparse_{way}_{index[4:-2]}_{count[4:-2]}_{value.split('_')[0]}"
    arguments: dict[str, Any] = {"f": called, "v": value, "w": weight, "t": total, "x": index, "c": count}
    return called, (_BY_OUTPUTS if tables.by_outputs else _BY_INPUTS) % arguments


_HEAD = """static void %(f)s(const %(v)s *v, const %(w)s *w, const %(x)s *index, const %(c)s *count,
    const %(t)s *b, %(t)s *out, int rows, int n_in, int n_out)
{
    int r, i, n;
    for (r = 0; r < rows; ++r, v += n_in, out += n_out) {
        const %(w)s *weight = w;
        const %(x)s *at = index;
"""
_BY_OUTPUTS = (
    "/* out = b + v W, W by columns: how many entries each has, from which inputs, and their weights */\n"
    + _HEAD
    + """        for (i = 0; i < n_out; ++i) {
            %(t)s sum = b ? b[i] : 0;
            for (n = count[i]; n > 0; --n)
                sum += v[*at++] * *weight++;
            out[i] = sum;
        }
    }
}"""
)
_BY_INPUTS = (
    "/* out = b + v W, W by rows: how many entries each has, to which outputs, and their weights */\n"
    + _HEAD
    + """        for (i = 0; i < n_out; ++i)
            out[i] = b ? b[i] : 0;
        for (i = 0; i < n_in; ++i)
            for (n = count[i]; n > 0; --n)
                out[*at++] += v[i] * *weight++;
    }
}"""
)

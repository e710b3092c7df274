# SPDX-License-Identifier: BSD-3-Clause
"""Sparse products in C: gaps of few bits between entries, or an index for each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..compressions._gaps import Gaps
from ..graphs._nodes import SparseProduct
from ._c_interface import File
from ._c_text import integer_type, packed


@dataclass(frozen=True)
class SparseTables:
    """Entries of a sparse matrix in the order in which C meets them, and how it finds their places.

    Attributes
    ----------
    order : array of shape (n_entries,)
        Places in the node's own arrays.
    integers : list of (type, values, name)
        Tables of places.
    numbers : tuple of int
        What the function is told besides.
    text : str
        The function.
    """

    order: np.ndarray
    integers: list[tuple[str, np.ndarray, str]]
    numbers: tuple[int, ...]
    text: str

    @property
    def n_bytes(self) -> int:
        """Bytes of all tables of places."""
        return sum(int(kind[4:-2]) // 8 * len(values) for kind, values, _ in self.integers)


def sparse_tables(node: SparseProduct, sparse: str) -> SparseTables:
    """Those that take the fewest bytes ("small"), or the fewest with an index for each entry ("fast").

    By outputs a sum stays in a register.
    """
    if sparse == "small":
        order = np.argsort(node.places, kind="stable")
        gaps = Gaps.of_places(node.places[order], xp=np)
        return SparseTables(order, [("uint8_t", gaps.packed, "gaps")], (gaps.bits, gaps.n), _BY_GAPS)
    rows, columns = node.rows, node.indices.astype(np.int64)
    order, counts = np.lexsort((rows, columns)), np.bincount(columns, minlength=node.shape[1])
    outputs = SparseTables(order, _indices(rows[order], counts), (), _BY_OUTPUTS)
    inputs = SparseTables(np.arange(len(rows)), _indices(columns, np.diff(node.indptr)), (), _BY_INPUTS)
    return min(outputs, inputs, key=lambda tables: tables.n_bytes)


def _indices(indices: np.ndarray, counts: np.ndarray) -> list[tuple[str, np.ndarray, str]]:
    """Tables of indices, and of how many there are for each row or column."""
    each = zip((indices, counts), ("index", "count"), strict=True)
    return [(integer_type(0, int(values.max(initial=0))), values, what) for values, what in each]


def add_sparse(file: File, node: SparseProduct, weight: str, values: tuple, types: tuple) -> tuple[str, str]:
    """Add the tables and the function of a sparse product; its name, and arguments from the weights on.

    Parameters
    ----------
    file : File
    node : SparseProduct
    weight : str
        Type of the weights; those of int8 that have four bits are two in a byte where few bytes are wanted.
    values : tuple (array of shape (n_entries,), str)
        Weights as ``node`` has them, and what they are called.
    types : tuple of str
        Of inputs, of intercepts, and of sums.
    """
    tables = sparse_tables(node, file.sparse)
    data = values[0][tables.order]
    if file.sparse == "small" and weight != "float" and np.abs(data).max(initial=0) <= 7:
        weight, data = "uint8_t", packed(data.astype(np.int64)[None])
    names = [file.add_table(weight, data, values[1])]
    names += [file.add_table(*each) for each in tables.integers]
    kinds = [types[0], weight, *(kind for kind, _, what in tables.integers if what != "gaps")]
    name = "_".join([f"{file.name}_sparse", *(kind.removesuffix("_t") for kind in kinds)])
    name += "_by_inputs" if tables.text is _BY_INPUTS else ""
    halves = weight == "uint8_t"
    file.own_helpers[name] = tables.text % {
        "f": name,
        "v": types[0],
        "w": weight,
        "b": types[1],
        "t": types[2],
        "x": tables.integers[0][0],
        "c": tables.integers[-1][0],
        "note": ", two in a byte, the first one in the low half" if halves else "",
        "weight": "(k & 1 ? (int8_t)w[k / 2] >> 4 : (int8_t)(w[k / 2] << 4) >> 4)" if halves else "w[k]",
    }
    return name, ", ".join([*names, *map(str, tables.numbers)])


_BY_GAPS = """
/* out = b + v W for each of `rows` rows; n entries w of W%(note)s, row by row. Before each of them as many
   zeros as a code of `bits` bits says, the lowest bits of `gaps` first; one of ones says that more follow */
static void %(f)s(const %(v)s *v, const %(w)s *w, const uint8_t *gaps, int bits, int32_t n,
    const %(b)s *b, %(t)s *out, int rows, int n_in, int n_out)
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
_HEAD = """static void %(f)s(const %(v)s *v, const %(w)s *w, const %(x)s *index, const %(c)s *count,
    const %(b)s *b, %(t)s *out, int rows, int n_in, int n_out)
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

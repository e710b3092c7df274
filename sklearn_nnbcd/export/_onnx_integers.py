# SPDX-License-Identifier: BSD-3-Clause
"""Matrices of few bits in ONNX: integers, several in a byte, and their factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graphs._nodes import Node, Product, SparseProduct
from ._onnx_digits import digits
from ._onnx_sparse import scattered

#: entries from which integers share bytes: below, the nodes that take them apart are larger than the gain
PACKED_FROM = 512
#: levels up to which they do
MOST_LEVELS = 16


def matrix_of(w: Any, node: Product | SparseProduct) -> str:
    """The name of a product's matrix; of few bits, as integers and factors that a runtime multiplies once.

    Parameters
    ----------
    w : Writer
    node : Product or SparseProduct
    """
    found = _integers_of(node, w.dtype)
    if found is None:
        if isinstance(node, SparseProduct):
            return scattered(w, node, w.constant(node.data))
        return w.constant(node.matrix)
    integers, rows, columns = found
    if id(integers) in w.integers:
        W, step = w.integers[id(integers)]
        columns = columns * columns.dtype.type(step)
    else:
        kind = np.int8 if integers.min() >= -128 and integers.max() <= 127 else np.int32
        W = w.floating(w.constant(integers, kind))
    W = scattered(w, node, W) if isinstance(node, SparseProduct) else W
    W = w.op("Mul", W, w.numbers(columns))
    return W if np.all(rows == 1.0) else w.op("Mul", W, _factors(w, rows[:, None]))


def _factors(w: Any, factors: np.ndarray) -> str:
    """The name of factors; of powers of two as their exponents."""
    parts, exponents = np.frexp(factors)
    if np.any(parts != 0.5) or np.abs(exponents - 1).max() > 127:
        return w.constant(factors)
    return w.powers_of_two(exponents - 1)


def write_integers(w: Any, nodes: Sequence[Node]) -> None:
    """Integers of all matrices of few levels, several in a byte; those of the same levels in one constant.

    The nodes that take a constant apart are then there once, whatever the number of layers.

    Parameters
    ----------
    w : Writer
    nodes : sequence of nodes
        Of a graph.
    """
    groups: dict = {}
    for node in nodes:
        found = _integers_of(node, w.dtype)
        if found is None:
            continue
        low, step, count = levels = levels_of(found[0])
        is_exact = step & (step - 1) == 0 or low % step == 0
        if count <= MOST_LEVELS and is_exact:
            groups.setdefault(levels, []).append(found[0])
    for levels, matrices in groups.items():
        if sum(matrix.size for matrix in matrices) >= PACKED_FROM:
            names = _taken_apart(w, matrices, *levels)
            w.integers |= {
                id(matrix): (name, levels[1]) for matrix, name in zip(matrices, names, strict=True)
            }


def _integers_of(node: Node, dtype: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Integers of a node's entries, and factors of rows and columns; None of those that have none."""
    if not isinstance(node, Product | SparseProduct) or node.levels is None or not node.levels.integers.size:
        return None
    product = node.to_product() if isinstance(node, SparseProduct) else node
    factors = exact_factors(product.matrix, product.levels, dtype)
    return None if factors is None else (node.levels.integers, *factors)


def levels_of(integers: np.ndarray) -> tuple[int, int, int]:
    """Lowest integer, step from one to the next, and how many there may be, two at least."""
    low, high = int(integers.min()), int(integers.max())
    step = int(np.gcd.reduce(integers.ravel() - low)) or 1  # levels without zero are two apart
    return low, step, max((high - low) // step + 1, 2)


def _taken_apart(w: Any, matrices: list[np.ndarray], low: int, step: int, count: int) -> list[str]:
    """Names of matrices, the integers over the step, whose digits are in one constant."""
    codes = (np.concatenate([matrix.ravel() for matrix in matrices]) - low) // step
    v, width = digits(w, codes, count)
    v = w.op("Add", w.floating(v), w.constant(low / step))
    sizes = [matrix.size for matrix in matrices]
    if any(size % width for size in sizes):  # a matrix begins within a row of digits
        sizes += [-len(codes) % width] if len(codes) % width else []
        v = w.op("Reshape", v, w.constant([-1], np.int64))
    else:
        sizes = [size // width for size in sizes]
    parts = [v] if len(sizes) == 1 else w.parts(v, sizes)[: len(matrices)]
    shapes = [w.constant(matrix.shape, np.int64) for matrix in matrices]
    return [w.op("Reshape", part, shape) for part, shape in zip(parts, shapes, strict=True)]


def exact_factors(W: np.ndarray, levels: Any, dtype: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows and columns with which diag(rows) integers diag(columns) is W to rounding; None: there are none.

    Factors of rows that a fit gave are powers of two or all alike; others, and those of a runtime that
    multiplies in another order, may cost two units of rounding.
    """
    integers = levels.integers
    size = np.abs(integers)
    place, every = size.argmax(axis=0), np.arange(W.shape[1])
    top = np.where(size[place, every] > 0, integers[place, every], 1)
    for rows in (np.ones(len(W)), _powers(levels.rows), levels.rows):
        safe = np.where(rows[place] > 0.0, rows[place], 1.0)
        columns = W[place, every].astype(np.float64) / (top * safe)
        rows, columns = rows.astype(dtype), columns.astype(dtype)
        found = integers.astype(dtype) * columns * rows[:, None]
        if np.allclose(found, W, rtol=4.0 * np.finfo(dtype).eps, atol=0.0):
            return rows, columns
    return None


def _powers(factors: np.ndarray) -> np.ndarray:
    """The powers of two next to factors in units of the largest; 1 for those that are 0."""
    ratios = factors / (factors.max() or 1.0)
    return np.exp2(np.rint(np.log2(np.where(ratios > 0.0, ratios, 1.0))))

# SPDX-License-Identifier: BSD-3-Clause
"""Matrices of few bits in ONNX: integers, several in a byte, and their factors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graphs._nodes import Node, Product

#: entries from which integers share bytes: below, the nodes that take them apart are larger than the gain
PACKED_FROM = 512
#: levels up to which they do
MOST_LEVELS = 16
#: what holds several digits, and what their codes stay below
HOLDERS = ((np.uint8, 2**8), (np.int32, 2**31))


def matrix_of(w: Any, node: Product) -> str:
    """The name of a product's matrix; of few bits, as integers and factors that a runtime multiplies once.

    Parameters
    ----------
    w : Writer
    node : Product
    """
    factors = None if node.levels is None else exact_factors(node.matrix, node.levels, w.dtype)
    if factors is None or node.levels is None:
        return w.constant(node.matrix)
    rows, columns = factors
    integers = node.levels.integers
    if id(integers) in w.integers:
        W, step = w.integers[id(integers)]
        columns = columns * columns.dtype.type(step)
    else:
        kind = np.int8 if integers.min() >= -128 and integers.max() <= 127 else np.int32
        W = w.floating(w.constant(integers, kind))
    W = w.op("Mul", W, w.constant(columns))
    return W if np.all(rows == 1.0) else w.op("Mul", W, w.constant(rows[:, None]))


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
        if not isinstance(node, Product) or node.levels is None or not node.levels.integers.size:
            continue
        low, step, count = levels = levels_of(node.levels.integers)
        is_exact = step & (step - 1) == 0 or low % step == 0
        if count <= MOST_LEVELS and is_exact and exact_factors(node.matrix, node.levels, w.dtype) is not None:
            groups.setdefault(levels, []).append(node.levels.integers)
    for levels, matrices in groups.items():
        if sum(matrix.size for matrix in matrices) >= PACKED_FROM:
            names = _taken_apart(w, matrices, *levels)
            w.integers |= {
                id(matrix): (name, levels[1]) for matrix, name in zip(matrices, names, strict=True)
            }


def levels_of(integers: np.ndarray) -> tuple[int, int, int]:
    """Lowest integer, step from one to the next, and how many there may be, two at least."""
    low, high = int(integers.min()), int(integers.max())
    step = int(np.gcd.reduce(integers.ravel() - low)) or 1  # levels without zero are two apart
    return low, step, max((high - low) // step + 1, 2)


def _taken_apart(w: Any, matrices: list[np.ndarray], low: int, step: int, count: int) -> list[str]:
    """Names of matrices, the integers over the step, whose digits are in one constant.

    Five digits of three levels go into a byte, eight of two; eleven of seven levels into four bytes.
    """
    holders = [(np.dtype(kind), int(math.log(most + 0.5, count))) for kind, most in HOLDERS]
    holder, n_digits = min(holders, key=lambda pair: pair[0].itemsize / pair[1])
    powers, sizes = count ** np.arange(n_digits), [matrix.size for matrix in matrices]
    codes = (np.concatenate([matrix.ravel() for matrix in matrices]) - low) // step
    is_even = not any(size % n_digits for size in sizes)  # no matrix begins within a holder
    if -len(codes) % n_digits:
        sizes.append(-len(codes) % n_digits)
        codes = np.append(codes, np.zeros(sizes[-1], codes.dtype))
    digits = w.constant((codes.reshape(-1, n_digits) @ powers)[:, None], holder)
    digits = digits if holder == np.int32 else w.cast(digits, w.types.INT32)
    digits = w.op("Mod", w.op("Div", digits, w.constant(powers, np.int32)), w.constant(count, np.int32))
    digits = w.op("Add", w.floating(digits), w.constant(low / step))
    digits = digits if is_even else w.op("Reshape", digits, w.constant([-1], np.int64))
    sizes = [size // n_digits for size in sizes] if is_even else sizes
    parts = [digits] if len(sizes) == 1 else w.parts(digits, sizes)[: len(matrices)]
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
    for rows in (np.ones(len(W)), levels.rows):
        safe = np.where(rows[place] > 0.0, rows[place], 1.0)
        columns = W[place, every].astype(np.float64) / (top * safe)
        rows, columns = rows.astype(dtype), columns.astype(dtype)
        found = integers.astype(dtype) * columns * rows[:, None]
        if np.allclose(found, W, rtol=4.0 * np.finfo(dtype).eps, atol=0.0):
            return rows, columns
    return None

# SPDX-License-Identifier: BSD-3-Clause
"""Matrices of few bits in ONNX: integers, several in a byte, and their factors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..graphs._nodes import Product

#: entries from which integers share bytes: below, the nodes that take them apart are larger than the gain
PACKED_FROM = 512
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
    floating = w.types.DOUBLE if w.dtype == np.float64 else w.types.FLOAT
    rows, columns = factors
    W = w.op("Mul", w.cast(_integers(w, node.levels.integers), floating), w.constant(columns))
    return W if np.all(rows == 1.0) else w.op("Mul", W, w.constant(rows[:, None]))


def _integers(w: Any, integers: np.ndarray) -> str:
    """Integers of a matrix: several in one where they fit and the matrix is worth the nodes.

    Five digits of three levels go into a byte, eight of two; eleven of seven levels into four bytes.
    """
    low, high = int(integers.min()), int(integers.max())
    step = int(np.gcd.reduce(integers.ravel() - low)) or 1  # levels without zero are two apart
    count = max((high - low) // step + 1, 2)
    if count > 16 or integers.size < PACKED_FROM:
        return w.constant(integers, np.int8 if low >= -128 and high <= 127 else np.int32)
    holders = [(np.dtype(kind), int(math.log(most + 0.5, count))) for kind, most in HOLDERS]
    holder, n_digits = min(holders, key=lambda pair: pair[0].itemsize / pair[1])
    powers = count ** np.arange(n_digits)
    codes = np.append((integers.ravel() - low) // step, np.zeros(-integers.size % len(powers), np.int64))
    packed = w.constant(codes.reshape(-1, n_digits) @ powers, holder)
    packed = w.op("Reshape", w.cast(packed, w.types.INT32), w.constant([-1, 1], np.int64))
    digits = w.op("Mod", w.op("Div", packed, w.constant(powers, np.int32)), w.constant(count, np.int32))
    digits = w.op("Reshape", digits, w.constant([-1], np.int64))
    digits = w.op("Slice", digits, w.constant([0], np.int64), w.constant([integers.size], np.int64))
    shaped = w.op("Reshape", digits, w.constant(integers.shape, np.int64))
    levels = shaped if step == 1 else w.op("Mul", shaped, w.constant(step, np.int32))
    return w.op("Add", levels, w.constant(low, np.int32))


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

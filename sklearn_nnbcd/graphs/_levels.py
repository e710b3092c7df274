# SPDX-License-Identifier: BSD-3-Clause
"""Weights of few bits as nodes: the inner format's products, with the integers behind their matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .._arrays import to_numpy
from ..backends import namespace_of
from ..compressions.quantization import plain_numbers
from ._nodes import Builder, Levels, Product, Scale, SparseProduct

#: rounds of balancing, and how near the balanced matrix must be, in units of each entry
_ROUNDS, _TOLERANCE = 200, 1e-3
Lower = Callable[[Any, Builder, int, int], int]


def lower_quantized(coef: Any, builder: Builder, v: int, rows: int, lower: Lower) -> int:
    """Nodes of the product of ``rows`` rows with a QuantizedWeight; the place of the result.

    Parameters
    ----------
    coef : QuantizedWeight
    builder : Builder
    v : int
        Place of the rows.
    rows : int
    lower : callable
        For the inner format.
    """
    xp = namespace_of(coef.arrays[0])
    inner, row, column = coef.floats(xp=xp), coef.row_factors(xp=xp), plain_numbers(coef.column_scale)
    if row is not None:
        scaled = inner.rows_scaled(row, xp=xp)
        v, inner = (v, scaled) if scaled is not None else (_scaled(builder, v, row, rows), inner)
    if column is not None:
        scaled = inner.columns_scaled(column, xp=xp)
        column, inner = (None, scaled) if scaled is not None else (column, inner)
    first = len(builder.nodes)
    place = lower(inner, builder, v, rows)
    if not any(number.grid.learned for number in coef.inner.numbers):
        _add_levels(coef, builder, v, first, rows, lower)
    return place if column is None else _scaled(builder, place, column, rows)


def _scaled(builder: Builder, v: int, factors: Any, rows: int) -> int:
    """Entries of each of ``rows`` rows times factors."""
    scale = np.tile(to_numpy(factors), rows)
    return builder.add(Scale, v, origin=np.zeros_like(scale), scale=scale)


def _add_levels(coef: Any, builder: Builder, v: int, first: int, rows: int, lower: Lower) -> None:
    """Give products the integers of their matrices, in place: those of the same nodes of the codes."""
    xp = namespace_of(coef.arrays[0])
    levels = [
        xp.asarray(number.grid.lowest + number.grid.step * number.codes(xp=xp), dtype=coef.dtype)
        for number in coef.inner.numbers
    ]
    plain = Builder(builder.nodes[v].size)
    lower(coef.inner.with_numbers(levels), plain, 0, rows)
    for k, twin in enumerate(plain.nodes[1:], first):
        node = builder.nodes[k]
        if isinstance(node, Product) and isinstance(twin, Product):
            integers = np.rint(twin.matrix).astype(np.int64)
            factors = row_factors(node.matrix, integers)
        elif isinstance(node, SparseProduct) and isinstance(twin, SparseProduct):
            integers = np.rint(twin.data).astype(np.int64)
            factors = row_factors(node.to_dense(), np.rint(twin.to_dense()))
        else:
            continue
        if factors is not None:
            builder.nodes[k] = replace(node, levels=Levels(integers, factors))


def row_factors(W: np.ndarray, integers: np.ndarray) -> np.ndarray | None:
    """Factors >= 0 of rows with which W is diag(rows) integers diag(columns); None where there are none.

    Row and column sums of absolute entries are matched in turns, which converges to the factors where there
    are such.
    """
    size, count = np.abs(W.astype(np.float64)), np.abs(integers).astype(np.float64)
    rows = np.ones(len(W))
    for _ in range(_ROUNDS):
        below = rows @ count
        columns = size.sum(axis=0) / np.where(below > 0.0, below, 1.0)
        below = count @ columns
        new = size.sum(axis=1) / np.where(below > 0.0, below, 1.0)
        if np.allclose(new, rows, rtol=1e-9, atol=0.0):
            break
        rows = new
    near = np.allclose(W, rows[:, None] * integers * columns, rtol=_TOLERANCE, atol=0.0)
    return rows if near else None

# SPDX-License-Identifier: BSD-3-Clause
"""Sums of outer products (CP) in ONNX: a matrix for each side, which a runtime multiplies out once.

Mode by mode, as on a device, a runtime is slow: many operators on short axes. The file holds the factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graphs._nodes import GroupedProduct, Node, Product
from ._onnx_integers import matrix_of
from ._onnx_values import Value, Writer


def sides(nodes: Sequence[Node]) -> dict[int, list[int]]:
    """Places of the nodes of every side with several modes, by the last one.

    Rows of a weight are a product and then sums over a mode for each term; columns are spread over the
    modes for each term, and then a product.
    """
    found, k = {}, 1
    while k < len(nodes):
        run = [k]
        if _is_product(nodes[k]):
            while _follows(nodes, run[-1]) and _is_grouped(nodes[run[-1] + 1], 2):
                run.append(run[-1] + 1)
        elif _is_grouped(nodes[k], 1):
            while _follows(nodes, run[-1]) and _is_grouped(nodes[run[-1] + 1], 1):
                run.append(run[-1] + 1)
            run = [*run, run[-1] + 1] if _follows(nodes, run[-1]) and _is_product(nodes[run[-1] + 1]) else [k]
        if len(run) > 1:
            found[run[-1]] = run
        k = run[-1] + 1
    return found


def _is_product(node: Node) -> bool:
    return isinstance(node, Product) and node.after > 1


def _is_grouped(node: Node, axis: int) -> bool:
    """Whether every group has a matrix of one column (axis 2) or one row (axis 1)."""
    return isinstance(node, GroupedProduct) and node.matrices.shape[axis] == 1


def _follows(nodes: Sequence[Node], k: int) -> bool:
    """Whether the next node reads this one alone."""
    return k + 1 < len(nodes) and nodes[k + 1].sources == (k,)


def write_side(w: Writer, nodes: Sequence[Any], source: Value) -> Value:
    """The product of a value with the matrix of one side.

    Parameters
    ----------
    w : Writer
    nodes : sequence of nodes
        Of one entry of :func:`sides`.
    source : Value

    Returns
    -------
    value : Value
    """
    if isinstance(nodes[0], Product):
        first, *others = nodes
        terms = first.matrix.shape[1]
        A = matrix_of(w, first)  # rows by terms
        for node in others:
            A = w.op("Reshape", A, w.constant([-1, 1, terms], np.int64))
            A = w.op("Mul", A, w.constant(node.matrices[:, :, 0].T))
            A = w.op("Reshape", A, w.constant([-1, terms], np.int64))
        width = len(first.matrix) * first.after
        return Value(w.op("MatMul", w.shaped(source, width), A), (terms,))
    last = nodes[-1]
    terms, width = len(last.matrix), last.matrix.shape[1] * last.after
    factors = [w.constant(node.matrices[:, 0, :]) for node in nodes[:-1]] + [matrix_of(w, last)]
    B = factors[0]  # terms by columns
    for factor in factors[1:]:
        more = w.op("Reshape", factor, w.constant([terms, -1, 1], np.int64))
        B = w.op("Mul", more, w.op("Reshape", B, w.constant([terms, 1, -1], np.int64)))
        B = w.op("Reshape", B, w.constant([terms, -1], np.int64))
    return Value(w.op("MatMul", w.shaped(source, terms), B), (width,))

# SPDX-License-Identifier: BSD-3-Clause
"""Small integers in ONNX, several in a byte, as digits of larger ones."""

from __future__ import annotations

import math

import numpy as np

from ._onnx_values import Writer

#: what holds several digits, and what their codes stay below
HOLDERS = ((np.uint8, 2**8), (np.uint16, 2**16), (np.int32, 2**31))


def digits(w: Writer, codes: np.ndarray, count: int) -> tuple[str, int]:
    """Nodes that take a constant apart: the name of codes as int32, in rows, and how many are in a row.

    Five digits of three levels go into a byte, eight of two; eleven of seven levels into four bytes.

    Parameters
    ----------
    w : Writer
    codes : array of int of shape (n,)
        From 0 up.
    count : int
        What they stay below, 2**16 at most. The last row is filled with zeros.
    """
    holders = [(np.dtype(kind), int(math.log(most + 0.5, count))) for kind, most in HOLDERS]
    holder, width = min((pair for pair in holders if pair[1]), key=lambda pair: pair[0].itemsize / pair[1])
    powers = count ** np.arange(width)
    codes = np.append(codes, np.zeros(-len(codes) % width, codes.dtype))
    v = w.constant((codes.reshape(-1, width) @ powers)[:, None], holder)
    v = v if holder == np.int32 else w.cast(v, w.types.INT32)
    v = v if width == 1 else w.op("Div", v, w.constant(powers, np.int32))
    return w.op("Mod", v, w.constant(count, np.int32)), width


def flat_digits(w: Writer, codes: np.ndarray, count: int) -> str:
    """The name of codes from 0 up to ``count`` as int64, of their own shape (n,); see :func:`digits`."""
    rows, width = digits(w, codes, count)
    v = w.op("Reshape", w.cast(rows, w.types.INT64), w.constant([-1], np.int64))
    if len(codes) % width == 0:
        return v
    return w.op("Slice", v, w.constant([0], np.int64), w.constant([len(codes)], np.int64))

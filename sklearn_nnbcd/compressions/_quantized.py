# SPDX-License-Identifier: BSD-3-Clause
"""Integers of few bits times scales."""

from typing import Any

from ._rounded import RoundedCompression, check_bits
from .quantization import Grid


class Quantized(RoundedCompression):
    """Numbers of few bits, in a plain matrix or in any other format.

    Every stored number is a small integer times a scale, which is a variable of the block, too: one scale for
    each column of a matrix and of sparse values, for each rank of a product, for each bond of a tensor train.
    min ||S^{1/2} (W - M)' G^{1/2}|| over integers and scales: the integers one after the other, the error of
    each made up for by those that follow, in G and in S; the scales by least squares.

    Parameters
    ----------
    compression : compression or None, default=None
        The format whose numbers are rounded, such as ``LowRank(rank=8)``; those of formats with a penalty
        (l1, group_lasso, ...) are not. None: a plain matrix.
    bits : {8, 4, 3, 2, 'ternary', 'binary'}, default=8
        8, 4 and 3: integers from ``-(2**(bits-1) - 1)`` to ``2**(bits-1) - 1``. 2: -3, -1, 1, 3. 'ternary':
        -1, 0, 1, five of them in a byte. 'binary': -1, 1.

    Examples
    --------
    >>> from sklearn_nnbcd.compressions import LowRank
    >>> Quantized(LowRank(rank=2), bits=4).plan((30, 20)).n_parameters
    100
    """

    def __init__(self, compression: Any = None, bits: Any = 8) -> None:
        self.compression = compression
        self.bits = bits

    def _grid(self) -> Grid:
        return check_bits(self.bits, type(self).__name__)

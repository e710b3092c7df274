# SPDX-License-Identifier: BSD-3-Clause
"""Numbers of few bits around any format."""

from numbers import Integral
from typing import Any

from .._validation import check_integer
from ._base import BaseCompression, CompressionPlan
from ._dense import DensePlan
from .quantization import GRIDS, Grid, QuantizedPlan, QuantizedWeight

#: levels of a codebook at most: a byte
_MOST_LEVELS = 256


def check_bits(value: Any, owner: str) -> Grid:
    """The :class:`~sklearn_nnbcd.compressions.quantization.Grid` that ``bits`` names, or an error."""
    plain = isinstance(value, str) or (isinstance(value, Integral) and not isinstance(value, bool))
    if plain and value in GRIDS:
        return GRIDS[value]
    kind = ValueError if plain or isinstance(value, float) else TypeError
    raise kind(
        f"The 'bits' of {owner} must be one of {', '.join(map(repr, GRIDS))}. Got {value!r}. "
        "Try 8, or 4 for half the bytes; None leaves numbers as they are."
    )


def quantized_plan(inner: CompressionPlan, grid: Grid, owner: str, given: Any) -> QuantizedPlan:
    """The plan for the numbers of another plan's weights on a grid.

    Parameters
    ----------
    inner : CompressionPlan
    grid : Grid
    owner : str
        Whose parameter ``compression`` it is, for the message.
    given : object
        That parameter.

    Raises
    ------
    ValueError
        If the format has a penalty, or is rounded already.
    """
    if not inner.takes_bits:
        rounded = isinstance(inner, QuantizedPlan)
        reason = "is rounded by itself" if rounded else "has a penalty that rounding knows nothing of"
        cure = (
            "Leave one of the two out."
            if rounded
            else "Use 'l0' for a given share of zeros, or None, 'low_rank', 'tt', 'tucker', 'cp', 'sum'."
        )
        raise ValueError(
            f"The 'compression' of {owner} must be a format whose numbers can be rounded where there are "
            f"'bits'. Got {given!r}, which {reason}. {cure}"
        )
    return QuantizedPlan(inner, grid)


def rounded_plans(plans: tuple, shapes: list[tuple], grids: list, owner: str, given: Any) -> tuple:
    """Plans whose numbers are on grids, a plain matrix among them.

    Parameters
    ----------
    plans : tuple of CompressionPlan or None
        Those of layers 0 ... N.
    shapes : list of tuple
        Of layers 1 ... N.
    grids : list of Grid or None
        Of layers 1 ... N; None leaves a layer as it is.
    owner : str
    given : object
        The ``compression`` parameter, for the message.

    Raises
    ------
    ValueError
        See :func:`quantized_plan`.
    """
    made = [
        plan if grid is None else quantized_plan(plan or DensePlan(tuple(shape)), grid, owner, given)
        for plan, shape, grid in zip(plans[1:], shapes, grids, strict=True)
    ]
    return (None, *made)


def quantized(M: Any, bits: Any = 8, *, W: Any = None, metric: Any = None, xp: Any) -> QuantizedWeight:
    """A compressed weight with numbers of few bits.

    Each array of numbers (the factors, cores or values of the format) is fitted to what the others have
    become and rounded in the metric, errors made up for by what is still free. ``nbytes`` of the result is
    what it takes, and ``metric.squared_distance`` of two dense weights what is lost.

    Parameters
    ----------
    M : CompressedWeight
        In any format whose plans take bits; ``DenseWeight(W)`` for a plain matrix.
    bits : {8, 4, 3, 2, 'ternary', 'binary'} or Grid, default=8
    W : array of shape (d_in, d_out) or None, default=None
        What is to be near; None: M itself.
    metric : Metric or None, default=None
        None is the Frobenius norm.
    xp : module
        Array API namespace.

    Returns
    -------
    M : QuantizedWeight

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd.compressions import DenseWeight, quantized
    >>> W = np.random.default_rng(0).normal(size=(30, 20)).astype("float32")
    >>> M = quantized(DenseWeight(W), bits=4, xp=np)
    >>> M.nbytes  # 600 weights, two in a byte, and 20 scales
    380
    >>> bool(np.abs(M.to_dense(xp=np) - W).max() < 0.4)
    True
    """
    grid = bits if isinstance(bits, Grid) else check_bits(bits, "quantized")
    W = M.to_dense(xp=xp) if W is None else W
    return QuantizedPlan(DensePlan(tuple(M.shape)), grid).finished(M, W, metric=metric, xp=xp)


class _Around(BaseCompression):
    """A compression that rounds the numbers of another one, or of a plain matrix."""

    compression: Any = None

    def _grid(self) -> Grid:
        raise NotImplementedError

    def highest_rank(self, shape: tuple) -> int | None:
        """That of the inner format."""
        return None if self.compression is None else self.compression.highest_rank(shape)

    def plan(self, shape: tuple) -> CompressionPlan:
        """The inner format's plan with its numbers rounded."""
        owner, grid, shape = type(self).__name__, self._grid(), tuple(shape)
        if self.compression is None:
            return QuantizedPlan(DensePlan(shape), grid)
        if not isinstance(self.compression, BaseCompression):
            raise TypeError(
                f"The 'compression' of {owner} must be an instance of BaseCompression or None. Got "
                f"{self.compression!r}. Try LowRank(), or None for a plain matrix."
            )
        return quantized_plan(self.compression.plan(shape), grid, owner, self.compression)


class Quantized(_Around):
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


class Ternary(_Around):
    """Numbers -c, 0 and c, with one c for each column: 1.6 bits each.

    Parameters
    ----------
    compression : compression or None, default=None
        As for :class:`Quantized`.

    Examples
    --------
    >>> Ternary().plan((30, 20)).grid.levels
    (-1, 0, 1)
    """

    def __init__(self, compression: Any = None) -> None:
        self.compression = compression

    def _grid(self) -> Grid:
        return GRIDS["ternary"]


class Binary(_Around):
    """Numbers -c and c, with one c for each column: 1 bit each.

    Parameters
    ----------
    compression : compression or None, default=None
        As for :class:`Quantized`.

    Examples
    --------
    >>> Binary().plan((30, 20)).grid.levels
    (-1, 1)
    """

    def __init__(self, compression: Any = None) -> None:
        self.compression = compression

    def _grid(self) -> Grid:
        return GRIDS["binary"]


class Codebook(_Around):
    """Numbers out of a table that is learned: k-means in the metric.

    Where the numbers crowd, so do the levels. The table is shared by a whole array of numbers.

    Parameters
    ----------
    size : int, default=16
        Levels, 2 to 256; a number takes log2(size) bits, rounded up.
    compression : compression or None, default=None
        As for :class:`Quantized`.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.asarray([[1.0, 7.0], [7.1, 0.9]])
    >>> M = Codebook(size=2).plan((2, 2)).project(W, xp=np)
    >>> M.to_dense(xp=np)
    array([[0.95, 7.05],
           [7.05, 0.95]])
    """

    def __init__(self, size: int = 16, compression: Any = None) -> None:
        self.size = size
        self.compression = compression

    def _grid(self) -> Grid:
        size = check_integer(self.size, "size", type(self).__name__, low=2, cure="Try 16.")
        if size > _MOST_LEVELS:
            raise ValueError(
                f"The 'size' of Codebook must be at most {_MOST_LEVELS}. Got {size!r}. Try 16, whose "
                "numbers take 4 bits each."
            )
        return Grid(size, learned=True)

# SPDX-License-Identifier: BSD-3-Clause
"""What compressions with numbers of few bits share: grids by name, plans, and a weight rounded by itself."""

from numbers import Integral
from typing import Any

from ._base import BaseCompression, CompressionPlan
from ._dense import DensePlan
from .quantization import GRIDS, Grid, QuantizedPlan, QuantizedWeight


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


class RoundedCompression(BaseCompression):
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

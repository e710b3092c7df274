# SPDX-License-Identifier: BSD-3-Clause
"""Weights that lose whole units."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._validation import check_option
from ..backends import get_backend
from ..numerics._metric import Metric
from ._base import BaseCompression, CompressedWeight
from ._dense import DenseWeight
from ._l1 import check_strength
from ._penalized import PenalizedPlan


@dataclass(frozen=True, eq=False)
class UnitWeight(CompressedWeight):
    """A matrix without its zero rows (``axis`` 0) or zero columns (1).

    ``array`` holds what is left, ``kept`` (k,) says which rows or columns of W these are.
    """

    array: Any
    kept: Any
    axis: int
    shape: tuple

    @property
    def n_parameters(self) -> int:
        """Entries of what is left."""
        return math.prod(self.array.shape)

    @property
    def arrays(self) -> tuple:
        """What is left, and where it was."""
        return (self.array, self.kept)

    @property
    def cost(self) -> float:
        """Entries of what is left, and one move for each kept unit."""
        return float(self.n_parameters + self.kept.shape[0])

    @property
    def multiplications(self) -> int:
        """Entries of what is left."""
        return self.n_parameters

    def _place(self, *, xp: Any) -> Any:
        """For every row or column of W, its place in ``array``; k where it is zero."""
        k, d = self.kept.shape[0], self.shape[self.axis]
        every = xp.arange(d, dtype=self.kept.dtype)
        if k == 0:
            return xp.zeros_like(every)
        place = xp.searchsorted(self.kept, every)
        place = xp.where(place < k, place, xp.zeros_like(place))
        return xp.where(xp.take(self.kept, place) == every, place, xp.full_like(place, k))

    def _spread(self, array: Any, axis: int, *, xp: Any) -> Any:
        """The array with zero rows or columns back in their places."""
        ends = list(array.shape)
        ends[axis] = 1
        padded = xp.concat([array, xp.zeros(tuple(ends), dtype=array.dtype)], axis=axis)
        return xp.take(padded, self._place(xp=xp), axis=axis)

    def to_dense(self, *, xp: Any) -> Any:
        """The matrix with its zeros."""
        return self._spread(self.array, self.axis, xp=xp)

    def check_arrays(self, *, xp: Any) -> None:
        """What is left must be rows or columns of the weight, in rising order."""
        kept, axis, k = self.kept, self.axis, self.kept.shape[0]
        sound = (
            kept.ndim == 1
            and axis in (0, 1)
            and xp.isdtype(kept.dtype, "integral")
            and tuple(self.array.shape) == tuple(k if i == axis else self.shape[i] for i in (0, 1))
            and bool(xp.all(kept[1:] > kept[:-1]))
            and (k == 0 or (int(kept[0]) >= 0 and int(kept[-1]) < self.shape[axis]))
        )
        if not sound:
            raise ValueError(f"the parts of a weight of shape {self.shape} without units do not fit together")

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """V -> V @ W: leave out the inputs of zero rows, or put zeros where columns are missing."""
        if self.axis == 0:
            return lambda V: xp.take(V, self.kept, axis=1) @ self.array
        return lambda V: self._spread(V @ self.array, 1, xp=xp)

    def selected(self, indices: Any, axis: int, *, xp: Any) -> "UnitWeight | DenseWeight":
        """What is left of some rows or columns; a plain matrix where no zero ones are."""
        W = xp.take(self.to_dense(xp=xp), indices, axis=axis)
        M = to_units(W, self.axis, xp=xp)
        return DenseWeight(W) if M.kept.shape[0] == W.shape[self.axis] else M

    def rows_scaled(self, factors: Any, *, xp: Any) -> "UnitWeight":
        """Scale the rows of what is left."""
        factors = xp.take(factors, self.kept) if self.axis == 0 else factors
        return UnitWeight(self.array * factors[:, None], self.kept, self.axis, self.shape)

    def columns_scaled(self, factors: Any, *, xp: Any) -> "UnitWeight":
        """Scale the columns of what is left."""
        factors = xp.take(factors, self.kept) if self.axis == 1 else factors
        return UnitWeight(self.array * factors[None, :], self.kept, self.axis, self.shape)

    def scaled(self, factor: float) -> "UnitWeight":
        """Scale what is left."""
        return UnitWeight(self.array * factor, self.kept, self.axis, self.shape)


def to_units(W: Any, axis: int, *, xp: Any) -> UnitWeight:
    """W without its zero rows (axis 0) or columns (1), as a :class:`UnitWeight`."""
    (kept,) = xp.nonzero(xp.any(W != 0, axis=1 - axis))
    kept = xp.astype(kept, xp.int32)
    return UnitWeight(xp.take(W, kept, axis=axis), kept, axis, tuple(W.shape))


@dataclass(frozen=True)
class GroupLassoPlan(PenalizedPlan):
    """Block soft thresholding of rows (axis 0) or columns (axis 1) for one shape."""

    shape: tuple
    strength: float
    axis: int

    def projects_exactly(self, metric: Metric | None) -> bool:
        """The prox is the answer where all entries of a group weigh the same."""
        return metric is None

    def _price(self) -> float:
        return self.strength * math.sqrt(self.shape[1 - self.axis])

    def prox(self, target: Any, weight: Any, *, xp: Any) -> Any:
        """Shrink the norm of every group by price / weight."""
        norms = xp.sqrt(xp.sum(target * target, axis=1 - self.axis, keepdims=True))
        safe = xp.where(norms > 0, norms, xp.ones_like(norms))
        factor = 1.0 - self._price() / (weight * safe)
        return target * xp.where(factor > 0, factor, xp.zeros_like(factor))

    def bound(self, g: Any, s: Any, *, xp: Any) -> Any:
        """One number per group: the largest weight of its entries."""
        if self.axis == 0:
            return g[:, None] * xp.max(s)
        return xp.max(g) * s[None, :]

    def pack(self, M: Any, *, xp: Any) -> UnitWeight:
        """Drop the zero rows or columns."""
        return to_units(M, self.axis, xp=xp)

    def penalty(self, M: UnitWeight, *, xp: Any) -> Any:
        """price * sum of the norms of the groups."""
        squares = xp.sum(M.array * M.array, axis=1 - self.axis)
        return self._price() * get_backend(xp).number(xp.sum(xp.sqrt(squares)), xp=xp)


class GroupLasso(BaseCompression):
    """Weights that lose whole units, by r(M) = strength sqrt(p) sum_g ||M_g||, p entries a group.

    What is stored has no zero rows or columns, and the product skips them.

    Parameters
    ----------
    strength : float, default=0.01
        Weight of the penalty, > 0.
    groups : {"outputs", "inputs"}, default="outputs"
        "outputs": a group is a column, what a unit of this layer takes in; "inputs": a group is a
        row, what a unit of the layer before gives out.

    Examples
    --------
    >>> import numpy as np
    >>> plan = GroupLasso(strength=1.0).plan((4, 2))
    >>> M = plan.project(np.asarray([[3.0, 0.5]] * 4), xp=np)
    >>> M.shape, M.array.shape
    ((4, 2), (4, 1))
    """

    def __init__(self, strength: float = 0.01, groups: str = "outputs"):
        self.strength = strength
        self.groups = groups

    def plan(self, shape: tuple) -> GroupLassoPlan:
        """Check both parameters."""
        strength = check_strength(self.strength, "GroupLasso")
        groups = check_option(self.groups, ("outputs", "inputs"), "groups", "GroupLasso")
        return GroupLassoPlan(tuple(shape), strength, 1 if groups == "outputs" else 0)

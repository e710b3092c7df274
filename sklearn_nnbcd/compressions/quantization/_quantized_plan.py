# SPDX-License-Identifier: BSD-3-Clause
"""Weights of any format with numbers of few bits: the step (13) onto them."""

import math
from dataclasses import dataclass, replace
from typing import Any

from ...numerics._metric import EUCLIDEAN, Metric
from .._base import CompressionPlan
from .._dense import DensePlan
from ._grid import Grid
from ._quantized_array import QuantizedArray
from ._quantized_weight import QuantizedWeight
from ._rounding import round_matrix

#: levels up to which the nearest weight of all is found in the Frobenius norm
_EXACT_LEVELS = 16
#: rounds over the numbers of a format of several
_ROUNDS = 2
#: batches between two steps at least: rounding is sequential
_STEP_EVERY = 20


@dataclass(frozen=True, eq=False)
class QuantizedPlan(CompressionPlan):
    """A plan whose numbers are rounded to a grid.

    Attributes
    ----------
    inner : CompressionPlan
        The format.
    grid : Grid
    units : array of shape (d_in,) or None
        Weights are diag(units) times one of the format with numbers on the grid; 0 takes a row
        out. None: ones.
    columns : bool
        Whether errors are made up for in other columns, too, as S allows.
    """

    inner: CompressionPlan
    grid: Grid
    units: Any = None
    columns: bool = True
    is_rounded = True

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return self.inner.shape

    @property
    def n_parameters(self) -> Any:
        """Weight entries of the format."""
        return self.inner.n_parameters

    @property
    def step_every(self) -> int:  # type: ignore[override]
        """As the format's, but not often."""
        return max(self.inner.step_every, _STEP_EVERY)

    @property
    def inner_rank(self) -> Any:
        """That of the format."""
        return self.inner.inner_rank

    def product(self, A: Any, B: Any) -> Any:
        """A B in the format, not rounded yet."""
        return self.inner.product(A, B)

    @property
    def _is_matrix(self) -> bool:
        return isinstance(self.inner, DensePlan)

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """For plain matrices, where a scale can be tried wherever a code changes."""
        few = self.grid.count <= _EXACT_LEVELS and not self.grid.learned
        return self._is_matrix and few and self.units is None

    def projects_exactly(self, metric: "Metric | None") -> bool:
        """As ``exact``, also in a diagonal metric."""
        return self.exact and (metric is None or metric.is_diagonal)

    @property
    def training(self) -> CompressionPlan | None:
        """The format alone, or nothing: batches move faster than rounding could follow."""
        return None if self._is_matrix else self.inner

    def for_scaled_inputs(self, scale: Any, *, xp: Any) -> "QuantizedPlan":
        """Rounding in the units of diag(scale) W, up to the powers of two of :meth:`for_row_sizes`."""
        units = self.for_row_sizes(scale, xp=xp).units if self.inner.takes_row_factors else None
        if units is None:
            return self
        used = scale > 0.0
        return replace(self, units=units / xp.where(used, scale, xp.ones_like(scale)))

    def for_row_sizes(self, size: Any, n_parameters: int | None = None, *, xp: Any) -> "QuantizedPlan":
        """The plan for weights with rows of unlike sizes, up to a common factor; rows of size 0 are out.

        Such rows share the scales of columns, which costs as much as the mean squares of the sizes and of
        their inverses multiplied. A power of two for each row takes the sizes to within a factor of two. It
        takes a byte, which could have bought bits for the entries of a row instead, each a quarter of the
        loss: it is there where that would save less.
        """
        used = size > 0.0
        if not bool(xp.any(used)):
            return self
        safe, share = xp.where(used, size, xp.ones_like(size)), xp.astype(used, size.dtype)
        power = xp.asarray(2.0, dtype=size.dtype) ** xp.round(xp.log2(safe))

        def loss(size: Any) -> float:
            total = xp.sum(share)
            return float(xp.sum(share * size**2) / total) * float(xp.sum(share / size**2) / total)

        per_row = (n_parameters or self.inner.n_parameters or math.prod(self.shape)) / self.shape[0]
        worth = math.log(loss(safe) / loss(safe / power), 4.0) > 8.0 / per_row
        return replace(self, units=share * (power if worth else xp.ones_like(safe)))

    # steps ------------------------------------------------------------------------------------

    def project(self, W: Any, *, metric: "Metric | None" = None, xp: Any) -> Any:
        """The format's own projection, rounded."""
        W, metric = in_units(W, metric, self.units, xp=xp)
        return self._rounded(self.inner.project(W, metric=metric, xp=xp), W, metric, xp=xp)

    def step(
        self, target: Any, previous: Any, weight: float, *, metric: "Metric | None" = None, xp: Any
    ) -> Any:
        """The format's step from the old weight, rounded; the old one where that is no better.

        Where the nearest weight of all can be found, that.
        """
        if self.projects_exactly(metric):
            return self.project(target, metric=metric, xp=xp)
        own, norm = in_units(target, metric, self.units, xp=xp)
        M = self.inner.step(own, previous.floats(xp=xp), weight, metric=norm, xp=xp)
        new = self._rounded(M, own, norm, like=previous, xp=xp)
        form = EUCLIDEAN if metric is None else metric

        def distance(M: Any) -> float:
            return float(form.squared_distance(target, M.to_dense(xp=xp), xp=xp))

        return new if distance(new) < distance(previous) else previous

    def finished(self, M: Any, W: Any, *, metric: "Metric | None" = None, xp: Any) -> Any:
        """A weight of ``training``, rounded near W."""
        if isinstance(M, QuantizedWeight):
            return M
        W, metric = in_units(W, metric, self.units, xp=xp)
        if self.units is not None:
            used = self.units > 0.0
            safe = xp.where(used, self.units, xp.ones_like(self.units))
            M = M.rows_scaled(xp.astype(used, safe.dtype) / safe, xp=xp)
        return self._rounded(M, W, metric, xp=xp)

    def _rounded(self, M: Any, W: Any, metric: "Metric | None", like: Any = None, *, xp: Any) -> Any:
        """Number by number, each fitted to what the others have become; the best of some rounds."""
        norm, least = EUCLIDEAN if metric is None else metric, math.inf
        best: list = []
        count = len(M.numbers)
        parts = list(M.numbers) if like is None else list(like.inner.numbers)
        for again in range(_ROUNDS if count > 1 else 1):
            for k in range(count):
                local = M.local(k, W, metric, xp=xp)
                starts = () if like is None and not again else _starts(parts[k])
                options = {"support": local.support, "starts": starts, "columns": self.columns}
                found = round_matrix(local.matrix, self.grid, local.metric, **options, xp=xp)
                codes = local.restore(found.codes)
                parts[k] = QuantizedArray.of_codes(codes, found.scale, found.table, self.grid, xp=xp)
                M = M.with_numbers([*M.numbers[:k], local.restore(found.values), *M.numbers[k + 1 :]])
            error = float(norm.squared_distance(W, M.to_dense(xp=xp), xp=xp)) if count > 1 else 0.0
            if not best or error < least:
                best, least = list(parts), error
        inner = M.with_numbers(_joined(best, M.bonds))
        return QuantizedWeight(inner, None if self.units is None else self.units)


def _starts(part: Any) -> tuple:
    """Scales or levels of an earlier rounding."""
    if not isinstance(part, QuantizedArray):
        return ()
    return (
        ()
        if part.scale is None and part.table is None
        else (part.scale if part.table is None else part.table,)
    )


def _joined(parts: list, bonds: tuple) -> list:
    """The same numbers with one scale for both ends of a bond."""
    parts = list(parts)
    for k, j in bonds:
        if j < len(parts) and parts[k].scale is not None and parts[j].scale is not None:
            parts[j] = replace(parts[j], scale=parts[j].scale * parts[k].scale)
            parts[k] = replace(parts[k], scale=None)
    return parts


def in_units(W: Any, metric: "Metric | None", units: Any, *, xp: Any) -> tuple:
    """A weight and its metric for weights without their row factors; rows that are out weigh nothing."""
    if units is None:
        return W, metric
    used = units > 0.0
    inverse = xp.where(used, 1.0 / xp.where(used, units, xp.ones_like(units)), xp.zeros_like(units))
    W = W * inverse[:, None]
    metric = EUCLIDEAN if metric is None else metric
    size = xp.sum(xp.where(used, units, xp.zeros_like(units))) / xp.sum(xp.astype(used, units.dtype))
    safe, G = xp.where(used, units, xp.zeros_like(units) + size), metric.G
    if G is None or G.ndim == 1:
        return W, Metric(safe**2 if G is None else G * safe**2, metric.S)
    both = xp.logical_and(used[:, None], used[None, :])
    own = xp.linalg.diagonal(G) * safe**2
    G = xp.where(both, safe[:, None] * G * safe[None, :], xp.zeros_like(G))
    return W, Metric(xp.where(used[:, None], G, own[:, None] * xp.eye(G.shape[0], dtype=G.dtype)), metric.S)

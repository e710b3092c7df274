# SPDX-License-Identifier: BSD-3-Clause
"""The columns of X as the solvers see them: about their means, in units of comparable spread."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..backends import RowBasis, SparseRows, get_backend, namespace_of
from ..numerics import ColumnMoments

#: spreads of columns may differ from their median by this factor; larger differences are a matter of units
SPREAD_RANGE = 2.0
#: the same where columns are very many: the rare ones, such as words, have small spreads, and ought to
WIDE_SPREAD_RANGE = 32.0
#: spreads from the mean that an entry of a column may have, or the column has less of a say: what sets it
#: apart is a few rows, as for a pixel at the edge of images
FAR = 4.0
#: spreads from the mean to which entries are drawn in, in columns with extreme ones
EXTREME_REACH = 20.0
#: scale of ramps beside columns of spread 1, at least, and the share of the sum of the columns' squared
#: spreads that those of the ramps reach by a larger one
RAMP_SCALE, RAMP_SHARE = 0.5, 0.3
#: spreads from 0 to the mean beyond which the zeros of sparse rows are few, and stored
FAR_ZEROS = 1.0


@dataclass(frozen=True, eq=False)
class InputMap:
    """X -> (X - origin) * scale, and in coordinates of the rows' own space where columns are many.

    Attributes
    ----------
    origin, scale : arrays of shape (d_0,)
    basis : array of shape (d_0, k), or RowBasis, or None
        Orthonormal columns that span all training rows; None: the columns themselves.
    reach : array of shape (d_0,) or None
        Entries that are farther than this from the origin are drawn in for the training, so that a few
        extreme ones do not decide all sums; the network takes X as it is. None: none are.
    far : bool array of shape (d_0,) or None
        Columns whose mean is more than a spread away from 0, of use for sparse rows only; None: none are.
    """

    origin: Any
    scale: Any
    basis: Any = None
    reach: Any = None
    far: Any = None

    @classmethod
    def from_moments(
        cls,
        moments: ColumnMoments,
        like: Any,
        *,
        centre: bool,
        shared: bool = False,
        drop_constant: bool = True,
        wide: bool = False,
        n_ramps: int = 0,
    ) -> InputMap:
        """The map that makes columns comparable.

        Spreads keep their ratio to the median one up to a factor of 2 (of 32 where columns are very many):
        within that, a larger spread may well mean something; beyond, it is a matter of units. The mean
        square of all spreads becomes 1, so that first weights and ridges are of the usual size.

        Columns with entries farther from the mean than 4 spreads become smaller, so that these are 4 at most:
        what few rows have can be learned by heart, and says little of others. Very many columns keep their
        spreads anyway. Constant columns become 0, as they have nothing to say. In columns with a few extreme
        entries these are drawn in.

        Parameters
        ----------
        moments : ColumnMoments
        like : array
            Its dtype, library and device are the map's.
        centre : bool
            Whether there are intercepts to take the means.
        shared : bool, default=False
            One scale and no origin for all columns, as for the pixels of an image.
        drop_constant : bool, default=True
            Whether constant columns become 0; in a stream they may come to life.
        wide : bool, default=False
            Whether columns are very many.
        n_ramps : int, default=0
            How many of the last columns are ramps, from 0 to 1. They have one scale, so that a ramp that few
            rows have risen on is no louder than others: 0.5, as what a column itself can say is cheaper to
            say, or so much more that all together have 0.3 times the variance of all columns, as few ramps
            beside many columns would be too quiet. One ramp has no more than one column then.

        Returns
        -------
        inputs : InputMap
        """
        xp, reach, far = namespace_of(moments.mean), None, None
        if shared:
            square = xp.mean(moments.square / moments.weight + moments.mean**2)
            factor = xp.where(square > 0.0, 1.0 / xp.sqrt(xp.where(square > 0.0, square, 1.0)), 1.0)
            scale, origin = xp.zeros_like(moments.mean) + factor, xp.zeros_like(moments.mean)
        else:
            mean = moments.mean if centre else xp.zeros_like(moments.mean)
            spread = xp.sqrt(moments.square / moments.weight + (0.0 if centre else moments.mean**2))
            is_ramp = xp.arange(mean.shape[0]) >= mean.shape[0] - n_ramps
            ratio, size = SPREAD_RANGE, column_size(spread, moments.farthest, xp=xp)
            if wide:
                ratio, size = WIDE_SPREAD_RANGE, spread
            scale = comparable_scale(spread, moments.varies & ~is_ramp, ratio, size, xp=xp)
            origin = mean
            if n_ramps:
                scale = scale_with_ramps(scale, spread, n_ramps, xp=xp)
            if not drop_constant:
                size = xp.where(moments.largest > 0.0, moments.largest, xp.ones_like(mean))
                scale = xp.where(scale > 0.0, scale, 1.0 / size)
            extreme = moments.extreme & ~is_ramp
            if bool(xp.any(extreme)):
                reach = xp.where(extreme, EXTREME_REACH * spread, xp.full_like(spread, math.inf))
            far = (scale > 0.0) & (xp.abs(mean) > FAR_ZEROS * spread)
        names = namespace_of(like)
        origin, scale = (names.asarray(x, dtype=like.dtype) for x in (origin, scale))
        reach = None if reach is None else names.asarray(reach, dtype=like.dtype)
        return cls(origin, scale, None, reach, far)

    def without_scale(self) -> InputMap:
        """The map that only takes the means off."""
        return replace(self, scale=namespace_of(self.scale).ones_like(self.scale))

    def of_rows(self, X: Any) -> tuple[InputMap, Any]:
        """The map onto the space of the rows, for fewer rows than columns, and these rows in it.

        Ridges and the Frobenius norm see no difference, as the basis is orthonormal: first weights in the
        space of the rows are all that training can reach.

        Parameters
        ----------
        X : array of shape (n, d_0)

        Returns
        -------
        inputs : InputMap
        Z : array of shape (n, k)
        """
        xp = namespace_of(X)
        Z = self.columns(X)
        is_sparse = isinstance(Z, SparseRows)
        values, vectors = xp.linalg.eigh(Z.row_gram() if is_sparse else Z @ Z.T)
        floor = Z.shape[0] * float(xp.finfo(Z.dtype).eps) * xp.max(values)
        (rows,) = xp.nonzero(values > floor)
        if rows.shape[0] == 0:  # all rows are alike
            rows = xp.asarray([values.shape[0] - 1])
        values, vectors = xp.take(values, rows), xp.take(vectors, rows, axis=1)
        roots = xp.sqrt(xp.clip(values, float(xp.finfo(Z.dtype).smallest_normal), None))
        basis = RowBasis(Z, vectors / roots) if is_sparse else (Z.T @ vectors) / roots
        return replace(self, basis=basis), vectors * roots

    def __call__(self, X: Any) -> Any:
        """Rows as the solvers see them, an array of shape (n, d_0) or (n, k)."""
        Z = self.columns(X)
        return Z if self.basis is None else Z @ self.basis

    def columns(self, X: Any) -> Any:
        """(X - origin) * scale with extreme entries drawn in, shape (n, d_0)."""
        if isinstance(X, SparseRows):
            return X.mapped(self.origin, self.scale, self.reach, self._filled)
        D = self.deviations(X)
        D *= self.scale  # the deviations are a new array
        return D

    def deviations(self, X: Any) -> Any:
        """X - origin with extreme entries drawn in, shape (n, d_0)."""
        D = X - self.origin
        if self.reach is None:
            return D
        xp = namespace_of(D)
        return xp.minimum(xp.maximum(D, -self.reach), self.reach)

    def without_extremes(self, X: Any) -> Any:
        """X with extreme entries drawn in."""
        if self.reach is None:
            return X
        if isinstance(X, SparseRows):
            return X.drawn_in(self.origin, self.reach, self._filled)
        return self.origin + self.deviations(X)

    @cached_property
    def _filled(self) -> Any:
        """Numbers of the columns whose zeros sparse rows store, an array of int; None: there are none."""
        xp = namespace_of(self.origin)
        if self.far is None or not bool(xp.any(self.far)):
            return None
        return xp.nonzero(self.far)[0]

    def __getstate__(self) -> dict:
        return {name: value for name, value in vars(self).items() if name != "_filled"}

    def engine_weights(self, W: Any, b: Any) -> tuple[Any, Any]:
        """First weights and intercepts for mapped rows, from those for X as it is.

        What a constant column adds goes into the intercepts.
        """
        xp = namespace_of(W)
        origin, scale = self.per_input(W)
        b = None if b is None else b + origin @ W
        safe = xp.where(scale != 0.0, scale, xp.ones_like(scale))
        W = xp.where(scale != 0.0, 1.0 / safe, xp.zeros_like(scale))[:, None] * W
        return (W if self.basis is None else self.basis.T @ W), b

    def per_input(self, W: Any) -> tuple[Any, Any]:
        """Origin and scale of what multiplies W: of patches, where one scale serves all."""
        if W.shape[0] == self.scale.shape[0]:
            return self.origin, self.scale
        xp = namespace_of(self.scale)
        zeros = xp.zeros(W.shape[0], dtype=self.scale.dtype)
        return zeros, zeros + self.scale[0]

    def is_near(self, other: InputMap, tolerance: float = 0.1) -> bool:
        """Whether two maps are the same up to a share of the spreads."""
        xp = namespace_of(self.scale)
        shift = xp.max(xp.abs(self.origin - other.origin) * self.scale)
        change = xp.max(xp.abs(other.scale - self.scale) - tolerance * xp.abs(self.scale))
        return bool(shift <= tolerance) and bool(change <= 0.0)


def column_size(spread: Any, farthest: Any, *, xp: Any) -> Any:
    """Sizes of columns: their spreads, or a quarter of the distance of the farthest entry from the mean."""
    return xp.maximum(spread, farthest / FAR)


def comparable_scale(spread: Any, varies: Any, ratio: float, size: Any, *, xp: Any) -> Any:
    """Factors that bring spreads near one another, 0 where nothing varies; mean square spread 1.

    Columns of a ``size`` beyond their spreads, which no size is less than, become as much smaller.
    """
    host = get_backend(xp).to_numpy(spread[varies], xp=xp)
    if host.shape[0] == 0:
        return xp.zeros_like(spread)
    host.sort()
    median = float(host[host.shape[0] // 2])
    safe = xp.where(varies, spread, xp.ones_like(spread))
    target = xp.clip(safe / median, 1.0 / ratio, ratio) * safe / xp.where(varies, size, safe)
    share = xp.astype(varies, spread.dtype)
    mean_square = xp.sum(share * target**2) / xp.sum(share)
    return share * target / safe / xp.sqrt(mean_square)


def scale_with_ramps(scale: Any, spread: Any, n_ramps: int, *, xp: Any) -> Any:
    """Factors of columns and of the ramps behind them, which have one; mean square spread 1.

    Parameters
    ----------
    scale, spread : arrays of shape (d_0,)
        ``scale`` is 0 for ramps, and for columns that do not vary.
    n_ramps : int
    xp : module
        Array API namespace.
    """
    n_columns = scale.shape[0] - n_ramps
    columns, ramps = xp.sum((scale * spread) ** 2), xp.sum(spread[n_columns:] ** 2)
    share = min(RAMP_SHARE, n_ramps / max(1, int(xp.sum(xp.astype(scale > 0.0, xp.int64)))))
    known = (columns > 0.0) & (ramps > 0.0)
    one = xp.ones_like(ramps)
    factor = xp.where(known, xp.sqrt(share * columns / xp.where(known, ramps, one)), xp.zeros_like(one))
    factor = xp.maximum(factor, RAMP_SCALE * one)
    scale = xp.concat([scale[:n_columns], xp.zeros_like(scale[n_columns:]) + factor])
    square = xp.mean((scale * spread) ** 2)
    return scale / xp.sqrt(xp.where(square > 0.0, square, one))


def farthest_origin(dtype: Any, *, xp: Any) -> float:
    """Spreads from 0 to an origin up to which intercepts of a dtype can take it: half the digits are left."""
    return float(xp.finfo(dtype).eps) ** -0.5

# SPDX-License-Identifier: BSD-3-Clause
"""Canonical polyadic (CP) format."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._validation import check_rank_number
from ..numerics._metric import EUCLIDEAN, Metric
from ._base import CompressedWeight, CompressionPlan
from ._local import Local
from ._two_sided import TwoSidedCompression, fit_factors, local_factor
from .tensors._factor_maps import (
    khatri_rao,
    khatri_rao_maps,
    marginal_factors,
    multiply_modes,
)
from .tensors._tensorize import largest_rank

#: conjugate gradient iterations per factor, and passes of a cold projection; with two iterations and
#: twenty passes the fit is nearer on a made metric and farther on one of HAR, which is worse conditioned
_ITERATIONS, _PROJECT_PASSES = 5, 10


@dataclass(frozen=True, eq=False)
class CPWeight(CompressedWeight):
    """A sum of R rank one tensors: factors (n_k, R) of the row modes and of the column modes."""

    rows: tuple
    columns: tuple

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        sides = (self.rows, self.columns)
        return tuple(math.prod(U.shape[0] for U in side) for side in sides)

    @property
    def n_parameters(self) -> int:
        """R times the sum of the modes."""
        return sum(math.prod(U.shape) for U in self.arrays)

    @property
    def arrays(self) -> tuple:
        """The factors."""
        return self.rows + self.columns

    @property
    def cost(self) -> float:
        """R (d_in + d_out) multiply-adds per row."""
        return float(self.rows[0].shape[1] * sum(self.shape))

    @property
    def bonds(self) -> Any:
        """A component has one scale."""
        last = len(self.arrays) - 1
        return tuple((k, last) for k in range(last))

    def with_numbers(self, numbers: Sequence) -> Any:
        """Other factors."""
        split = len(self.rows)
        return CPWeight(tuple(numbers[:split]), tuple(numbers[split:]))

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """Least squares for one factor; its metric has the mean of a side over the other modes."""
        metric = EUCLIDEAN if metric is None else metric
        own, others = list(self.rows), list(self.columns)
        if k >= len(own):
            k, own, others, W, metric = k - len(own), others, own, W.T, metric.transposed
        modes, B = tuple(U.shape[0] for U in own), khatri_rao(others, xp=xp)
        SB = metric.columns.multiply(B)
        shared = (own, modes, W @ SB, B, SB, metric.rows, khatri_rao_maps, _gram, _ITERATIONS)
        return local_factor(k, *shared, xp=xp)

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """Columns of a factor."""
        return scale[None, :]

    def to_dense(self, *, xp: Any) -> Any:
        """Khatri-Rao product of the rows times that of the columns."""
        return khatri_rao(self.rows, xp=xp) @ khatri_rao(self.columns, xp=xp).T

    def check_arrays(self, *, xp: Any) -> None:
        """All factors must have a column for every term."""
        ranks = {U.shape[1] if U.ndim == 2 else None for U in self.arrays}
        if len(ranks) != 1 or None in ranks or not (self.rows and self.columns):
            raise ValueError("the factors of a CP weight do not have the same number of terms")

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """V -> (V A) B'."""
        A, B = khatri_rao(self.rows, xp=xp), khatri_rao(self.columns, xp=xp).T
        return lambda V: (V @ A) @ B

    def scaled(self, factor: float) -> "CPWeight":
        """Scale the last factor."""
        return CPWeight(self.rows, (*self.columns[:-1], self.columns[-1] * factor))


@dataclass(frozen=True)
class CPPlan(CompressionPlan):
    """Modes and rank for one shape."""

    row_modes: tuple
    column_modes: tuple
    rank: int
    exact = False
    takes_bits = True

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return (math.prod(self.row_modes), math.prod(self.column_modes))

    @property
    def n_parameters(self) -> int:
        """R times the sum of the modes."""
        return self.rank * sum(self.row_modes + self.column_modes)

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> CPWeight:
        """Passes of :meth:`step` from R terms that are orthogonal to each other.

        The start nests singular value decompositions: of W between rows and columns, then of every
        singular vector between its modes. The terms are orthogonal, so the R largest are the best
        of them; with all of them W comes back.
        """
        form = EUCLIDEAN if metric is None else metric
        M = CPWeight(*self._orthogonal_terms(W, form, xp=xp))
        if metric is None and len(self.row_modes + self.column_modes) == 2:
            return M
        for _ in range(_PROJECT_PASSES):
            M = self._pass(W, M, form, xp=xp)
        return M

    def step(
        self, target: Any, previous: CPWeight, weight: float, *, metric: Metric | None = None, xp: Any
    ) -> CPWeight:
        """One pass of alternating least squares from the old factors; it never goes up."""
        return self._pass(target, previous, EUCLIDEAN if metric is None else metric, xp=xp)

    def _pass(self, W: Any, M: CPWeight, metric: Metric, *, xp: Any) -> CPWeight:
        rows, columns = _balanced(M.rows + M.columns, len(M.rows), xp=xp)
        for _ in range(2):  # rows, then columns as the rows of the transposed problem
            B = khatri_rao(columns, xp=xp)
            SB = metric.columns.multiply(B)
            rows = fit_factors(rows, W @ SB, B, SB, metric.rows, khatri_rao_maps, _gram, _ITERATIONS, xp=xp)
            rows, columns, W, metric = columns, rows, W.T, metric.transposed
        return CPWeight(tuple(rows), tuple(columns))

    def _orthogonal_terms(self, W: Any, metric: Metric, *, xp: Any) -> tuple[tuple, tuple]:
        modes = self.row_modes + self.column_modes
        pairs = marginal_factors(metric.rows, self.row_modes, W.dtype, xp=xp)
        pairs += marginal_factors(metric.columns, self.column_modes, W.dtype, xp=xp)
        tensor = multiply_modes(xp.reshape(W, modes), [L.T for L, _ in pairs], xp=xp)
        U, s, Vh = xp.linalg.svd(xp.reshape(tensor, self.shape), full_matrices=False)
        most = min(self.rank, s.shape[0])
        owner, weights, rows = _nested(U[:, :most].T, self.row_modes, xp=xp)
        weights = weights * xp.take(s, owner)
        # every row term of a singular pair meets every column term of it
        column_owner, column_weights, columns = _nested(Vh[:most, :], self.column_modes, xp=xp)
        per = column_owner.shape[0] // most
        places = xp.reshape(owner[:, None] * per + xp.arange(per)[None, :], (-1,))
        sources = xp.repeat(xp.arange(owner.shape[0]), per)
        weights = xp.take(weights, sources) * xp.take(column_weights, places)
        best = xp.argsort(-weights)[: self.rank]
        weights = xp.take(weights, best)
        row, column = xp.take(sources, best), xp.take(places, best)
        factors = [xp.take(F, row, axis=0).T for F in rows]
        factors += [xp.take(F, column, axis=0).T for F in columns]
        missing = self.rank - best.shape[0]
        if missing:
            factors = [_padded(F, missing, xp=xp) for F in factors]
            weights = xp.concat([weights, xp.zeros(missing, dtype=W.dtype)])
        factors = [K.T @ F for F, (_, K) in zip(factors, pairs, strict=True)]
        factors[0] = factors[0] * weights
        split = len(self.row_modes)
        return tuple(factors[:split]), tuple(factors[split:])


def _nested(vectors: Any, modes: tuple, *, xp: Any) -> tuple[Any, Any, list]:
    """Rank one terms of each vector: its index, weight, and one (terms, n_k) array per mode."""
    owner = xp.arange(vectors.shape[0])
    found: list
    weights, found = xp.ones(vectors.shape[0], dtype=vectors.dtype), []
    for n in modes[:-1]:
        U, s, vectors = xp.linalg.svd(xp.reshape(vectors, (vectors.shape[0], n, -1)), full_matrices=False)
        k = s.shape[1]
        owner, weights = xp.repeat(owner, k), xp.repeat(weights, k) * xp.reshape(s, (-1,))
        found = [xp.repeat(F, k, axis=0) for F in found]
        found.append(xp.reshape(xp.permute_dims(U, (0, 2, 1)), (-1, n)))
        vectors = xp.reshape(vectors, (weights.shape[0], -1))
    return owner, weights, [*found, vectors]


def _padded(F: Any, missing: int, *, xp: Any) -> Any:
    """More columns, the first unit vector: terms without weight that a step can use."""
    first = xp.astype(xp.arange(F.shape[0]) == 0, F.dtype)
    return xp.concat([F, xp.broadcast_to(first[:, None], (F.shape[0], missing))], axis=1)


def _balanced(factors: Sequence, split: int, *, xp: Any) -> tuple[list, list]:
    """The same terms with factors of equal norm."""
    norms = [xp.sqrt(xp.sum(U * U, axis=0)) for U in factors]
    total = norms[0] * 0.0
    for norm in norms:
        total = total + xp.log(xp.where(norm > 0, norm, xp.ones_like(norm)))
    size = xp.exp(total / len(factors))
    factors = [
        U * xp.where(norm > 0, size / xp.where(norm > 0, norm, xp.ones_like(norm)), norm)
        for U, norm in zip(factors, norms, strict=True)
    ]
    return factors[:split], factors[split:]


def _gram(K: Any, factors: Sequence, k: int, *, xp: Any) -> Any:
    """K times the Gram matrices of the other factors, entry by entry."""
    for j, U in enumerate(factors):
        if j != k:
            K = K * (U.T @ U)
    return K


class CP(TwoSidedCompression):
    """Weights in CP format: a sum of R outer products over row modes and column modes.

    Parameters
    ----------
    rank : int or float, default=0.25
        An int is the number R of terms. A float in (0, 1] is the share of the dense parameters that
        the factors may take; R is the largest that fits, at least 1.
    tensor_shape : tuple of two tuples of int or None, default=None
        Row modes with product d_in and column modes with product d_out. None factors both into
        modes of about 32 (a prime stays whole).

    Examples
    --------
    >>> plan = CP(rank=10).plan((1024, 512))
    >>> plan.row_modes, plan.column_modes
    ((32, 32), (32, 16))
    >>> plan.n_parameters
    1120
    """

    def __init__(self, rank: float = 0.25, tensor_shape: tuple | None = None):
        self.rank = rank
        self.tensor_shape = tensor_shape

    def highest_rank(self, shape: tuple) -> int:
        """Number of orthogonal terms that give back every weight of the shape."""
        most = min(shape)
        for modes in self._modes(tuple(shape)):
            for k in range(len(modes) - 1):
                most *= min(modes[k], math.prod(modes[k + 1 :]))
        return most

    def plan(self, shape: tuple) -> CPPlan:
        """Resolve modes and rank for weights of shape (d_in, d_out)."""
        rows, columns = self._modes(tuple(shape))
        highest = self.highest_rank(shape)
        rank = check_rank_number(self.rank, highest, "CP", shape)
        if isinstance(rank, float):
            size = sum(rows + columns)
            rank = largest_rank(lambda r: r * size, highest, rank * shape[0] * shape[1])
        return CPPlan(rows, columns, rank)

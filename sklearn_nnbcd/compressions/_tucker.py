# SPDX-License-Identifier: BSD-3-Clause
"""Tucker format."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._validation import check_rank_number
from ..numerics._conjugate import conjugate_gradients
from ..numerics._linalg import inverse_gram
from ..numerics._metric import EUCLIDEAN, Metric
from ._base import CompressedWeight, CompressionPlan
from ._local import Local
from ._tensorized import positive_integers
from ._two_sided import TwoSidedCompression, fit_factors, local_factor
from .tensors._factor_maps import (
    kronecker,
    kronecker_maps,
    marginal_factors,
    multiply_modes,
)
from .tensors._tensorize import largest_rank

#: conjugate gradient iterations per factor, and passes of a cold projection
_ITERATIONS, _PROJECT_PASSES = 5, 5


@dataclass(frozen=True, eq=False)
class TuckerWeight(CompressedWeight):
    """A core and one factor (n_k, R_k) per mode.

    The core is kept as a matrix, the ranks of the row modes by those of the column modes, so that
    W = A core B' with A and B the Kronecker products of the factors.
    """

    core: Any
    rows: tuple
    columns: tuple

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        sides = (self.rows, self.columns)
        return tuple(math.prod(U.shape[0] for U in side) for side in sides)

    @property
    def n_parameters(self) -> int:
        """Entries of the core and of all factors."""
        return sum(math.prod(array.shape) for array in self.arrays)

    @property
    def arrays(self) -> tuple:
        """The core and the factors."""
        return (self.core, *self.rows, *self.columns)

    @property
    def cost(self) -> float:
        """Multiply-adds per row, mode by mode through the row factors, the core, the others."""
        total, size = math.prod(self.core.shape), self.shape[0]
        for U in self.rows:
            total += size * U.shape[1]
            size = size // U.shape[0] * U.shape[1]
        size = self.core.shape[1]
        for U in self.columns:
            total += size * U.shape[0]
            size = size // U.shape[1] * U.shape[0]
        return float(total)

    def with_numbers(self, numbers: Sequence) -> Any:
        """Another core, and other factors."""
        split = 1 + len(self.rows)
        return TuckerWeight(numbers[0], tuple(numbers[1:split]), tuple(numbers[split:]))

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """Least squares for the core, or for one factor with the mean of its side over the other modes."""
        metric = EUCLIDEAN if metric is None else metric
        if k == 0:
            core = _fit_core(self.core, self.rows, self.columns, W, metric, xp=xp)
            A, B = kronecker(self.rows, xp=xp), kronecker(self.columns, xp=xp)
            sides = A.T @ metric.rows.multiply(A), B.T @ metric.columns.multiply(B)
            return Local(core, Metric(*sides))
        k, own, others, core = k - 1, list(self.rows), self.columns, self.core
        if k >= len(own):
            k, own, others, core = k - len(own), list(self.columns), self.rows, self.core.T
            W, metric = W.T, metric.transposed
        modes, B = tuple(U.shape[0] for U in own), kronecker(others, xp=xp) @ core.T
        SB = metric.columns.multiply(B)
        shared = (own, modes, W @ SB, B, SB, metric.rows, kronecker_maps, _gram, _ITERATIONS)
        return local_factor(k, *shared, xp=xp)

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """Columns of the core or of a factor."""
        return scale[None, :]

    def to_dense(self, *, xp: Any) -> Any:
        """A core B'."""
        return kronecker(self.rows, xp=xp) @ self.core @ kronecker(self.columns, xp=xp).T

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """V -> V @ W, one mode after the other."""
        rows = [U.T for U in self.rows]

        def product(V: Any) -> Any:
            modes = tuple(U.shape[0] for U in self.rows)
            T = _multiply_trailing(xp.reshape(V, (V.shape[0], *modes)), rows, xp=xp)
            T = xp.reshape(T, (V.shape[0], -1)) @ self.core
            ranks = tuple(U.shape[1] for U in self.columns)
            T = _multiply_trailing(xp.reshape(T, (V.shape[0], *ranks)), self.columns, xp=xp)
            return xp.reshape(T, (V.shape[0], -1))

        return product

    def scaled(self, factor: float) -> "TuckerWeight":
        """Scale the core."""
        return TuckerWeight(self.core * factor, self.rows, self.columns)


def _multiply_trailing(T: Any, matrices: Sequence, *, xp: Any) -> Any:
    """``matrices[k]`` (m_k, n_k) applied to mode k + 1 of a tensor whose first mode stays."""
    for A in matrices:
        T = xp.permute_dims(T, (0, *range(2, T.ndim), 1))
        T = xp.reshape(xp.reshape(T, (-1, T.shape[-1])) @ A.T, (*T.shape[:-1], A.shape[0]))
    return T


@dataclass(frozen=True)
class TuckerPlan(CompressionPlan):
    """Modes and ranks for one shape."""

    row_modes: tuple
    column_modes: tuple
    ranks: tuple
    exact = False
    takes_bits = True
    step_every = 5

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return (math.prod(self.row_modes), math.prod(self.column_modes))

    @property
    def n_parameters(self) -> int:
        """Entries of the core and of all factors."""
        return _size(self.row_modes + self.column_modes, self.ranks)

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> TuckerWeight:
        """Passes of :meth:`step` from the higher-order singular value decomposition.

        A metric enters the start by its mean over all modes but one.
        """
        form = EUCLIDEAN if metric is None else metric
        modes, split = self.row_modes + self.column_modes, len(self.row_modes)
        pairs = marginal_factors(form.rows, self.row_modes, W.dtype, xp=xp)
        pairs += marginal_factors(form.columns, self.column_modes, W.dtype, xp=xp)
        tensor = multiply_modes(xp.reshape(W, modes), [L.T for L, _ in pairs], xp=xp)
        bases = []
        for k, rank in enumerate(self.ranks):
            order = (k, *(j for j in range(len(modes)) if j != k))
            unfolding = xp.reshape(xp.permute_dims(tensor, order), (modes[k], -1))
            gram = unfolding @ unfolding.T
            bases.append(xp.linalg.eigh(gram)[1][:, modes[k] - rank :])
        core = multiply_modes(tensor, [Q.T for Q in bases], xp=xp)
        core = xp.reshape(core, (math.prod(self.ranks[:split]), -1))
        factors = [K.T @ Q for Q, (_, K) in zip(bases, pairs, strict=True)]
        M = TuckerWeight(core, tuple(factors[:split]), tuple(factors[split:]))
        for _ in range(_PROJECT_PASSES):
            M = self._pass(W, M, form, xp=xp)
        return M

    def step(
        self, target: Any, previous: TuckerWeight, weight: float, *, metric: Metric | None = None, xp: Any
    ) -> TuckerWeight:
        """One pass of least squares fits from the old factors and core; it never goes up."""
        return self._pass(target, previous, EUCLIDEAN if metric is None else metric, xp=xp)

    def _pass(self, W: Any, M: TuckerWeight, metric: Metric, *, xp: Any) -> TuckerWeight:
        rows: Sequence
        columns: Sequence
        core, rows, columns = M.core, M.rows, M.columns
        for _ in range(2):  # rows, then columns as the rows of the transposed problem
            rows, core = _orthonormal(rows, core, xp=xp)
            columns, core = _orthonormal(columns, core.T, xp=xp)
            core = core.T
            B = kronecker(columns, xp=xp) @ core.T
            SB = metric.columns.multiply(B)
            rows = fit_factors(rows, W @ SB, B, SB, metric.rows, kronecker_maps, _gram, _ITERATIONS, xp=xp)
            rows, columns, core, W, metric = columns, rows, core.T, W.T, metric.transposed
        rows, core = _orthonormal(rows, core, xp=xp)
        columns, core = _orthonormal(columns, core.T, xp=xp)
        core = _fit_core(core.T, rows, columns, W, metric, xp=xp)
        return TuckerWeight(core, tuple(rows), tuple(columns))


def _orthonormal(factors: Sequence, core: Any, *, xp: Any) -> tuple[list, Any]:
    """The same product with orthonormal factors; what they lose goes to the rows of the core."""
    bases, rests = [], []
    for U in factors:
        Q, R = xp.linalg.qr(U)
        bases.append(Q)
        rests.append(R)
    return bases, kronecker(rests, xp=xp) @ core


def _fit_core(core: Any, rows: Sequence, columns: Sequence, W: Any, metric: Metric, *, xp: Any) -> Any:
    """min ||W - A core B'|| in the metric, solved up to rounding."""
    A, B = kronecker(rows, xp=xp), kronecker(columns, xp=xp)
    GA, SB = metric.rows.multiply(A), metric.columns.multiply(B)
    left, right = A.T @ GA, B.T @ SB
    solve_left, solve_right = inverse_gram(left, xp=xp), inverse_gram(right, xp=xp)
    b = GA.T @ W @ SB
    return conjugate_gradients(
        core,
        b - left @ core @ right,
        lambda X: left @ X @ right,
        lambda R: solve_right(solve_left(R).T).T,
        _ITERATIONS,
        right=b,
        xp=xp,
    )


def _gram(K: Any, factors: Sequence, k: int, *, xp: Any) -> Any:
    """K summed over the diagonal of all ranks but the k-th: the other factors are orthonormal."""
    ranks = [U.shape[1] for U in factors]
    a, b, c = math.prod(ranks[:k]), ranks[k], math.prod(ranks[k + 1 :])
    K = xp.permute_dims(xp.reshape(K, (a, b, c, a, b, c)), (1, 4, 0, 2, 3, 5))
    ones = xp.reshape(xp.eye(a * c, dtype=K.dtype), (-1, 1))
    return xp.reshape(xp.reshape(K, (b * b, -1)) @ ones, (b, b))


def _size(modes: tuple, ranks: tuple) -> int:
    """Entries of the core and of all factors."""
    return math.prod(ranks) + sum(n * r for n, r in zip(modes, ranks, strict=True))


class Tucker(TwoSidedCompression):
    """Weights in Tucker format over row modes and column modes.

    Parameters
    ----------
    rank : int, tuple of int or float, default=0.25
        An int bounds the rank of every mode; a tuple gives them one by one, row modes first; ranks
        above the size of a mode are lowered to it. A float in (0, 1] is the share of the dense
        parameters that core and factors may take; one bound for all, the largest that fits.
    tensor_shape : tuple of two tuples of int or None, default=None
        Row modes with product d_in and column modes with product d_out. None factors both into
        modes of at most about 128 (a prime stays whole); the fewer modes, the nearer to low rank.

    Examples
    --------
    >>> plan = Tucker(rank=10).plan((1024, 512))
    >>> plan.row_modes, plan.column_modes
    ((128, 8), (128, 4))
    >>> plan.ranks, plan.n_parameters
    ((10, 8, 10, 4), 5840)
    """

    _mode_target = 128

    def __init__(self, rank: float | tuple = 0.25, tensor_shape: tuple | None = None):
        self.rank = rank
        self.tensor_shape = tensor_shape

    def highest_rank(self, shape: tuple) -> int:
        """The largest mode."""
        return max(max(modes) for modes in self._modes(tuple(shape)))

    def plan(self, shape: tuple) -> TuckerPlan:
        """Resolve modes and ranks for weights of shape (d_in, d_out)."""
        rows, columns = self._modes(tuple(shape))
        return TuckerPlan(rows, columns, self._ranks(rows, columns, tuple(shape)))

    def _ranks(self, rows: tuple, columns: tuple, shape: tuple) -> tuple:
        modes = rows + columns
        if isinstance(self.rank, tuple | list):
            given = positive_integers(self.rank)
            if given is None or len(given) != len(modes):
                raise ValueError(
                    f"The 'rank' of Tucker must have one integer >= 1 for each of the {len(modes)} "
                    f"modes {modes} (weight of shape {shape}). Got {self.rank!r}. Try a single int "
                    "or a float share."
                )
            return _feasible([min(r, n) for r, n in zip(given, modes, strict=True)])
        highest = max(modes)
        rank = check_rank_number(self.rank, highest, "Tucker", shape)

        def capped(r: int) -> tuple:
            return _feasible([min(r, n) for n in modes])

        if isinstance(rank, float):
            budget = rank * shape[0] * shape[1]
            rank = largest_rank(lambda r: _size(modes, capped(r)), highest, budget)
        return capped(rank)


def _feasible(ranks: Sequence[int]) -> tuple:
    """Ranks none of which is above the product of the others."""
    ranks = list(ranks)
    for k in sorted(range(len(ranks)), key=lambda k: -ranks[k]):
        ranks[k] = min(ranks[k], math.prod(ranks[:k] + ranks[k + 1 :]))
    return tuple(ranks)

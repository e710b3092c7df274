# SPDX-License-Identifier: BSD-3-Clause
"""Matrices of bounded rank."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._validation import check_rank_number
from ..numerics._linalg import inverse_gram, proximal_sandwich
from ..numerics._metric import EUCLIDEAN, Metric
from ._base import BaseCompression, CompressedWeight, CompressionPlan
from ._local import Local
from .tensors._tensorize import largest_rank


@dataclass(frozen=True, eq=False)
class LowRankWeight(CompressedWeight):
    """W = left @ right with left (d_in, r) and right (r, d_out)."""

    left: Any
    right: Any
    bonds = ((0, 1),)

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return (self.left.shape[0], self.right.shape[1])

    @property
    def n_parameters(self) -> int:
        """r (d_in + d_out)."""
        return self.left.shape[1] * sum(self.shape)

    @property
    def arrays(self) -> tuple:
        """Both factors."""
        return (self.left, self.right)

    def with_numbers(self, numbers: Sequence) -> Any:
        """Other factors."""
        return LowRankWeight(*numbers)

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """Least squares for one factor, in a metric that is a product of two sides, too.

        The right factor is taken transposed: its rows share a scale, as the columns of the left one do.
        """
        metric = EUCLIDEAN if metric is None else metric
        if k == 1:
            metric, W = metric.transposed, W.T
        other = self.right.T if k == 0 else self.left
        image = metric.columns.multiply(other)
        gram = other.T @ image
        best = inverse_gram(gram, xp=xp)((W @ image).T).T
        return Local(best, Metric(metric.G, gram), _transpose if k == 1 else _same)

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """Columns of the left factor, rows of the right one."""
        return scale[None, :] if k == 0 else scale[:, None]

    @property
    def factors(self) -> tuple[Any, Any]:
        """A and B of W = A B."""
        return (self.left, self.right)

    @property
    def cost(self) -> float:
        """r (d_in + d_out) multiply-adds per row."""
        return float(self.n_parameters)

    def to_dense(self, *, xp: Any) -> Any:
        """left @ right."""
        return self.left @ self.right

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """V -> (V left) right."""
        return lambda V: (V @ self.left) @ self.right

    def sparse_operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """As :meth:`operator`."""
        return self.operator(xp=xp)

    def selected(self, indices: Any, axis: int, *, xp: Any) -> "LowRankWeight":
        """Rows of the left factor, or columns of the right one."""
        if axis == 0:
            return LowRankWeight(xp.take(self.left, indices, axis=0), self.right)
        return LowRankWeight(self.left, xp.take(self.right, indices, axis=1))

    def rows_scaled(self, factors: Any, *, xp: Any) -> "LowRankWeight":
        """Scale the rows of the left factor."""
        return LowRankWeight(factors[:, None] * self.left, self.right)

    def rows_mixed(self, basis: Any, *, xp: Any) -> "LowRankWeight":
        """Mix the rows of the left factor."""
        return LowRankWeight(basis @ self.left, self.right)

    def columns_scaled(self, factors: Any, *, xp: Any) -> "LowRankWeight":
        """Scale the columns of the right factor."""
        return LowRankWeight(self.left, self.right * factors[None, :])

    def scaled(self, factor: float) -> "LowRankWeight":
        """Scale the right factor."""
        return LowRankWeight(self.left, self.right * factor)


def _same(matrix: Any) -> Any:
    return matrix


def _transpose(matrix: Any) -> Any:
    return matrix.T


@dataclass(frozen=True)
class LowRankPlan(CompressionPlan):
    """Rank r for one shape."""

    shape: tuple
    rank: int
    exact = False
    takes_bits = True
    takes_row_factors = True
    has_factor_step = True
    step_every = 1

    @property
    def n_parameters(self) -> int:
        """r (d_in + d_out)."""
        return self.rank * sum(self.shape)

    @property
    def inner_rank(self) -> int:
        """The rank: any two factors make a weight of this plan."""
        return self.rank

    def for_inputs(self, n_inputs: int) -> "LowRankPlan":
        """The same rank, or the largest that there is."""
        return LowRankPlan((n_inputs, self.shape[1]), min(self.rank, n_inputs, self.shape[1]))

    def product(self, A: Any, B: Any) -> LowRankWeight:
        """A B, kept as its factors."""
        return LowRankWeight(A, B)

    def projects_exactly(self, metric: Metric | None) -> bool:
        """True: Eckart and Young hold in whitened coordinates."""
        return True

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> LowRankWeight:
        """Nearest matrix of rank r: one symmetric eigenproblem of the smaller side.

        With Z = L_G' W L_S the nearest matrix is W projected onto the leading eigenvectors of the
        smaller one of Z'Z and ZZ'. Squaring costs half of the digits in directions that hardly
        matter; the pass of subspace iteration that follows gives them back.
        """
        metric = EUCLIDEAN if metric is None else metric
        Z = metric.whiten(W)
        if W.shape[1] <= W.shape[0]:
            Q = _leading(Z.T @ Z, self.rank, xp=xp)
        else:
            Q, _ = xp.linalg.qr(Z.T @ _leading(Z @ Z.T, self.rank, xp=xp))
        return _subspace_pass(W, Q, metric, xp=xp)

    def begin(self, W: Any, *, metric: Metric | None = None, xp: Any) -> LowRankWeight:
        """Three passes of subspace iteration from the rows of W that weigh most: thin products only."""
        metric = EUCLIDEAN if metric is None else metric
        Z = metric.whiten(W)
        largest = xp.argsort(xp.sum(Z * Z, axis=1))[Z.shape[0] - self.rank :]
        M = LowRankWeight(None, xp.take(W, largest, axis=0))
        for _ in range(3):
            M = self.step(W, M, 1.0, metric=metric, xp=xp)
        return M

    def step(
        self, target: Any, previous: LowRankWeight, weight: float, *, metric: Metric | None = None, xp: Any
    ) -> LowRankWeight:
        """Alternating least squares from the old factors: best left, then best right.

        One pass is one step of subspace iteration; it never raises the distance to the target and
        needs thin products only, instead of an SVD.
        """
        metric = EUCLIDEAN if metric is None else metric
        Q, _ = xp.linalg.qr(metric.whiten_columns(previous.right).T)
        return _subspace_pass(target, Q, metric, xp=xp)

    def factor_step(
        self, W: Any, previous: LowRankWeight, tau: float, alpha: float, *, xp: Any
    ) -> LowRankWeight:
        """The left factor, then the right one, each by ridge regression towards its old value."""
        right = previous.right
        left = _proximal_factor(right.T, right @ W.T, previous.left.T, tau, alpha, xp=xp).T
        return LowRankWeight(left, _proximal_factor(left, left.T @ W, right, tau, alpha, xp=xp))


def _proximal_factor(other: Any, image: Any, old: Any, tau: float, alpha: float, *, xp: Any) -> Any:
    """argmin_A tau/2 ||W - other A||^2 + alpha/2 ||A - old||^2 with image = other' W."""
    one = xp.ones((1, 1), dtype=old.dtype)
    target = (tau * image + alpha * old)[:, :, None]
    return proximal_sandwich(other.T @ other, one, target, tau, alpha, xp=xp)[:, :, 0]


def _leading(A: Any, rank: int, *, xp: Any) -> Any:
    """Eigenvectors of the ``rank`` largest eigenvalues of a symmetric matrix."""
    return xp.linalg.eigh(A)[1][:, A.shape[0] - rank :]


def _subspace_pass(W: Any, Q: Any, metric: Metric, *, xp: Any) -> LowRankWeight:
    """Best left factor for the right row space Q', then the best right factor for that left one.

    Q (d_out, r) has orthonormal columns in whitened coordinates. Z = L_G' W L_S is never formed.
    """
    rows, columns = metric.rows, metric.columns
    P, _ = xp.linalg.qr(rows.whiten(W @ columns.lower(Q)))
    right = rows.lower(P).T @ W
    return LowRankWeight(rows.restore(P), right)


class LowRank(BaseCompression):
    """Weights of rank at most ``rank``.

    Parameters
    ----------
    rank : int or float, default=0.25
        An int is the rank, 1 <= rank <= min(d_in, d_out). A float in (0, 1] is the share of the
        dense parameters that the two factors may take; the rank is the largest that fits, at least
        1.

    Examples
    --------
    >>> LowRank(rank=2).plan((30, 20)).n_parameters
    100
    """

    def __init__(self, rank: float = 0.25):
        self.rank = rank

    def highest_rank(self, shape: tuple) -> int:
        """min(d_in, d_out)."""
        return min(shape)

    def plan(self, shape: tuple) -> LowRankPlan:
        """Resolve the rank for weights of shape (d_in, d_out)."""
        highest = self.highest_rank(shape)
        rank = check_rank_number(self.rank, highest, "LowRank", shape)
        if isinstance(rank, float):
            rank = largest_rank(lambda r: r * sum(shape), highest, rank * shape[0] * shape[1])
        return LowRankPlan(tuple(shape), rank)

# SPDX-License-Identifier: BSD-3-Clause
"""Matrices of bounded rank."""

from dataclasses import dataclass

from ..utils._tensor_train import sweep_cores
from ..utils._tensorize import largest_rank
from ..utils._validation import check_rank_number
from ._base import BaseCompression, CompressedWeight, CompressionPlan


@dataclass(frozen=True, eq=False)
class LowRankWeight(CompressedWeight):
    """W = left @ right with left (d_in, r) and right (r, d_out)."""

    left: object
    right: object

    @property
    def shape(self):
        """(d_in, d_out)."""
        return (self.left.shape[0], self.right.shape[1])

    @property
    def n_parameters(self):
        """r (d_in + d_out)."""
        return self.left.shape[1] * sum(self.shape)

    @property
    def arrays(self):
        """Both factors."""
        return (self.left, self.right)

    @property
    def cost(self):
        """r (d_in + d_out) multiply-adds per row."""
        return float(self.n_parameters)

    def to_dense(self, *, xp):
        """left @ right."""
        return self.left @ self.right

    def operator(self, *, xp):
        """V -> (V left) right."""
        return lambda V: (V @ self.left) @ self.right

    def scaled(self, factor):
        """Scale the right factor."""
        return LowRankWeight(self.left, self.right * factor)


@dataclass(frozen=True)
class LowRankPlan(CompressionPlan):
    """Rank r for one shape."""

    shape: tuple
    rank: int
    exact = False

    @property
    def n_parameters(self):
        """r (d_in + d_out)."""
        return self.rank * sum(self.shape)

    def project(self, W, *, xp):
        """Truncated singular value decomposition."""
        U, s, Vh = xp.linalg.svd(W, full_matrices=False)
        r = self.rank
        return LowRankWeight(U[:, :r] * s[:r], Vh[:r, :])

    def step(self, target, previous, weight, *, xp):
        """Alternating least squares from the old factors: best left, then best right.

        One pass is one step of subspace iteration; it never raises the distance to the target and
        needs two thin products instead of an SVD.
        """
        start = [previous.left[None, :, :], previous.right[:, :, None]]
        left, right = sweep_cores(target, start, xp=xp)
        return LowRankWeight(left[0, :, :], right[:, :, 0])


class LowRank(BaseCompression):
    """Weights of rank at most ``rank``.

    Parameters
    ----------
    rank : int or float, default=0.25
        An int is the rank, 1 <= rank <= min(d_in, d_out). A float in (0, 1] is the share of the dense
        parameters that the two factors may take; the rank is the largest that fits, at least 1.

    Examples
    --------
    >>> LowRank(rank=2).plan((30, 20)).n_parameters
    100
    """

    def __init__(self, rank=0.25):
        self.rank = rank

    def highest_rank(self, shape):
        """min(d_in, d_out)."""
        return min(shape)

    def plan(self, shape):
        """Resolve the rank for weights of shape (d_in, d_out)."""
        highest = self.highest_rank(shape)
        rank = check_rank_number(self.rank, highest, "LowRank", shape)
        if isinstance(rank, float):
            rank = largest_rank(lambda r: r * sum(shape), highest, rank * shape[0] * shape[1])
        return LowRankPlan(tuple(shape), rank)

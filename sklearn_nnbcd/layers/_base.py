# SPDX-License-Identifier: BSD-3-Clause
"""What the engine asks of a layer."""

from dataclasses import dataclass

from sklearn.base import BaseEstimator


@dataclass(frozen=True)
class LayerStatistics:
    """Sums over rows from which W_i and b_i are solved; statistics of blocks of rows add up.

    Attributes
    ----------
    gram : array of shape (d_in, d_in) or None
        Weighted sum of (v - shift)(v - shift)'; None where the caller already has it.
    cross : array of shape (d_in, d_out)
        Weighted sum of (v - shift) e', with e = u - (v W + b) the residual of the old weights.
    sum_v : array of shape (d_in,)
        Weighted sum of v - shift.
    sum_e : array of shape (d_out,)
        Weighted sum of e.
    weight : float
        Sum of the sample weights.
    """

    gram: object
    cross: object
    sum_v: object
    sum_e: object
    weight: float

    def __add__(self, other):
        gram = None if self.gram is None else self.gram + other.gram
        return LayerStatistics(
            gram,
            self.cross + other.cross,
            self.sum_v + other.sum_v,
            self.sum_e + other.sum_e,
            self.weight + other.weight,
        )


class BaseLayer(BaseEstimator):
    """An affine map U = V W + b in the notation of the paper, rows are samples.

    A layer owns the algebra of its two least squares problems: the weight block (12), from additive
    statistics, and the input block (9).
    """

    def build(self, input_shape):
        """Shape of one output row, for input rows of the given shape."""
        raise NotImplementedError

    def weight_shape(self, input_shape):
        """Shape (d_in, d_out) of the weight for rows of the given shape."""
        raise NotImplementedError

    def forward(self, V, W, b, *, xp):
        """U = V W + b."""
        raise NotImplementedError

    def input_sum(self, V, s, *, xp):
        """Weighted column sums of what multiplies W, shape (d_in,), and the sum of the weights."""
        raise NotImplementedError

    def statistics(self, V, E, s, shift, *, with_gram, xp):
        """:class:`LayerStatistics` of one block of rows."""
        raise NotImplementedError

    def input_operator(self, W, rho, gamma, *, xp):
        """What :meth:`solve_input` needs of W, computed once a sweep."""
        raise NotImplementedError

    def solve_input(self, operator, S, R, *, xp):
        """argmin_V rho/2 ||U - V W - b||^2 + gamma/2 ||V - S||^2, with R = U - S W - b."""
        raise NotImplementedError

    def design(self, V, *, xp):
        """The rows that multiply W, shape (rows, d_in): U = design(V) W + b up to the shape of U."""
        raise NotImplementedError

    def rows(self, E, *, xp):
        """An array of the shape of U as the rows of ``design(V) W``, shape (rows, d_out)."""
        raise NotImplementedError

    def pull_back(self, E, W, *, xp):
        """The adjoint of V -> V W: how a change of V answers to E, an array of the shape of U."""
        raise NotImplementedError

    def pull_back_metric(self, S, W, *, xp):
        """The quadratic form S of U's units as a form of V's units, shape (d_V, d_V)."""
        raise NotImplementedError

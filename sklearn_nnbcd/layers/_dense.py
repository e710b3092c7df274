# SPDX-License-Identifier: BSD-3-Clause
"""The fully connected layer."""

from ..backends import get_backend
from ..utils._linalg import add_to_diagonal, spd_solve
from ._base import BaseLayer, LayerStatistics


class Dense(BaseLayer):
    """Fully connected layer, U = V W + b.

    Parameters
    ----------
    units : int
        Number of outputs d_out.

    Examples
    --------
    >>> Dense(3).weight_shape((5,))
    (5, 3)
    """

    def __init__(self, units):
        self.units = units

    def build(self, input_shape):
        """Shape of one output row, (units,)."""
        return (self.units,)

    def weight_shape(self, input_shape):
        """(d_in, units)."""
        (d_in,) = input_shape
        return (d_in, self.units)

    def forward(self, V, W, b, *, xp):
        """V W + b; b may be None."""
        U = V @ W
        if b is not None:
            U += b
        return U

    def input_sum(self, V, s, *, xp):
        """Weighted column sums of V and the sum of the weights."""
        if s is None:
            return xp.sum(V, axis=0), float(V.shape[0])
        return s @ V, float(xp.sum(s))

    def statistics(self, V, E, s, shift, *, with_gram, xp):
        """Sums over the rows of V, E, weighted by s (None: ones), V taken relative to ``shift``."""
        weight = float(V.shape[0]) if s is None else float(xp.sum(s))
        if shift is not None:
            V = V - shift
        if s is not None:
            root = xp.sqrt(s)[:, None]
            V, E = V * root, E * root
            ones = root[:, 0]
            sum_v, sum_e = ones @ V, ones @ E
        else:
            sum_v, sum_e = xp.sum(V, axis=0), xp.sum(E, axis=0)
        gram = get_backend(xp).gram(V, xp=xp) if with_gram else None
        return LayerStatistics(gram, V.T @ E, sum_v, sum_e, weight)

    def input_operator(self, W, rho, gamma, *, xp):
        """rho (rho W' W + gamma I)^{-1} W' of shape (d_out, d_in), by the smaller Gram side."""
        d_in, d_out = W.shape
        if d_out <= d_in:
            A = add_to_diagonal(rho * (W.T @ W), gamma, xp=xp)
            return rho * spd_solve(A, W.T, xp=xp)
        A = add_to_diagonal(rho * (W @ W.T), gamma, xp=xp)
        return rho * spd_solve(A, W, xp=xp).T

    def solve_input(self, operator, S, R, *, xp):
        """V = S + R (rho (rho W' W + gamma I)^{-1} W'), eq. (9)."""
        V = R @ operator
        V += S
        return V

    def design(self, V, *, xp):
        """V itself."""
        return V

    def rows(self, E, *, xp):
        """E itself."""
        return E

    def pull_back(self, E, W, *, xp):
        """E W'."""
        return E @ W.T

    def pull_back_metric(self, S, W, *, xp):
        """W S W'."""
        return W @ S @ W.T

# SPDX-License-Identifier: BSD-3-Clause
"""The fully connected layer."""

import math
from typing import Any

from .._validation import check_integer
from ._base import BaseLayer, dense_operator, squared_norm_bound


class Dense(BaseLayer):
    """Fully connected layer, U = V W + b. An image is read as one flat row.

    Parameters
    ----------
    units : int
        Number of outputs d_out.

    Examples
    --------
    >>> Dense(3).weight_shape((5,))
    (5, 3)
    """

    def __init__(self, units: int):
        self.units = units

    def build(self, input_shape: tuple) -> tuple:
        """Shape of one output row, (units,)."""
        return (check_integer(self.units, "units", "Dense", cure="Try 100."),)

    def weight_shape(self, input_shape: tuple) -> tuple:
        """(d_in, units)."""
        return (math.prod(input_shape), self.units)

    def factored(self, rank: int) -> tuple[BaseLayer, BaseLayer]:
        """``rank`` units and then its own, both dense."""
        inner = Dense(rank) if self.input_shape_ is None else Dense(rank).bind(self.input_shape_)
        return inner, Dense(self.units).bind((rank,))

    def input_curvature(self, W: Any, *, xp: Any) -> Any:
        """A bound of the squared spectral norm of W."""
        return squared_norm_bound(W, xp=xp)

    def design(self, V: Any, *, xp: Any) -> Any:
        """V itself."""
        return V

    def adjoint(self, A: Any, *, xp: Any) -> Any:
        """A itself."""
        return A

    def input_operator(self, W: Any, rho: float, gamma: float, *, xp: Any) -> Any:
        """rho (rho W' W + gamma I)^{-1} W' of shape (d_out, d_in), by the smaller Gram side."""
        return dense_operator(W, rho, gamma, xp=xp)

    def pull_back_metric(self, S: Any, W: Any, *, xp: Any) -> Any:
        """W S W'; of an image, the mean of its diagonal blocks, one for each pixel."""
        if self.input_shape_ is None or len(self.input_shape_) == 1:
            return W @ S @ W.T
        pixels = math.prod(self.input_shape_[:-1])
        return paired_channels(W, W @ S, pixels, xp=xp) * (1.0 / pixels)


def paired_channels(A: Any, B: Any, groups: int, *, xp: Any) -> Any:
    """Sum of A_g B_g' over row blocks A_g, B_g of equal size, shape (rows of a block, same)."""
    shape = (groups, A.shape[0] // groups, A.shape[1])
    wide = [xp.reshape(xp.permute_dims(xp.reshape(M, shape), (1, 0, 2)), (shape[1], -1)) for M in (A, B)]
    return wide[0] @ wide[1].T

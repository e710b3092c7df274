# SPDX-License-Identifier: BSD-3-Clause
"""Orthogonal weights."""

from typing import Any

from numpy.random import RandomState
from scipy.linalg import qr

from .._validation import check_number
from ._base import BaseInitializer


class Orthogonal(BaseInitializer):
    """``gain`` times a matrix with orthonormal rows or columns, whichever are fewer, uniform (Haar).

    Parameters
    ----------
    gain : float, default=1.0
        Common singular value.
    """

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def check_parameters(self) -> None:
        """Raise unless ``gain`` is in its range."""
        check_number(self.gain, "gain", "Orthogonal", strict=True, cure="1 keeps lengths.")

    def draw(self, shape: tuple, random_state: RandomState) -> Any:
        """QR of a Gaussian matrix, signs fixed by the diagonal of R."""
        tall = (max(shape), min(shape))
        Q, R = qr(random_state.normal(size=tall), mode="economic")
        Q = Q * ((R.diagonal() >= 0.0) * 2.0 - 1.0)
        return self.gain * (Q if shape[0] >= shape[1] else Q.T)

# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian with a fixed standard deviation."""

from typing import Any

from numpy.random import RandomState

from .._validation import check_number
from ._base import BaseInitializer


class Gaussian(BaseInitializer):
    """Normal draws with mean 0 and standard deviation ``scale``; the paper uses 0.01.

    Parameters
    ----------
    scale : float, default=0.01
        Standard deviation.
    """

    def __init__(self, scale: float = 0.01):
        self.scale = scale

    def check_parameters(self) -> None:
        """Raise unless ``scale`` is in its range."""
        check_number(self.scale, "scale", "Gaussian", strict=True, cure="The paper has 0.01.")

    def draw(self, shape: tuple, random_state: RandomState) -> Any:
        """Normal draws."""
        return random_state.normal(0.0, self.scale, size=shape)

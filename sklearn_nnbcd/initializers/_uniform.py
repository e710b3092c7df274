# SPDX-License-Identifier: BSD-3-Clause
"""Uniform on a fixed interval."""

from typing import Any

from numpy.random import RandomState

from .._validation import check_number
from ._base import BaseInitializer


class Uniform(BaseInitializer):
    """Uniform draws from [-scale, scale].

    Parameters
    ----------
    scale : float, default=0.05
        Half width of the interval.
    """

    def __init__(self, scale: float = 0.05):
        self.scale = scale

    def check_parameters(self) -> None:
        """Raise unless ``scale`` is in its range."""
        check_number(self.scale, "scale", "Uniform", strict=True, cure="Try 0.05.")

    def draw(self, shape: tuple, random_state: RandomState) -> Any:
        """Uniform draws."""
        return random_state.uniform(-self.scale, self.scale, size=shape)

# SPDX-License-Identifier: BSD-3-Clause
"""Uniform on a fixed interval."""

from .._validation import check_number
from ._base import BaseInitializer


class Uniform(BaseInitializer):
    """Uniform draws from [-scale, scale].

    Parameters
    ----------
    scale : float, default=0.05
        Half width of the interval.
    """

    def __init__(self, scale=0.05):
        self.scale = scale

    def check_parameters(self):
        """Raise unless ``scale`` is in its range."""
        check_number(self.scale, "scale", "Uniform", strict=True, cure="Try 0.05.")

    def draw(self, shape, random_state):
        """Uniform draws."""
        return random_state.uniform(-self.scale, self.scale, size=shape)

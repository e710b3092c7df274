# SPDX-License-Identifier: BSD-3-Clause
"""What the engine asks of an initialiser."""

import math
from typing import Any

from numpy.random import RandomState

from .._sklearn_compat import LinkedEstimator
from .._validation import check_number


class BaseInitializer(LinkedEstimator):
    """Draws a weight of a given shape.

    The draw depends on the random state and the shape alone, never on the data, so weights of rows
    and their order cannot matter.
    """

    def check_parameters(self) -> None:
        """Raise ValueError or TypeError for bad parameters; called once, before any work."""

    #: whether the weights belong to targets in the units of y, rather than to the engine's
    in_user_units = False

    def draw(self, shape: tuple, random_state: RandomState) -> Any:
        """A float64 NumPy array of shape (d_in, d_out) from a numpy RandomState."""
        raise NotImplementedError

    def draw_network(self, shapes: list[tuple], random_state: RandomState) -> tuple[list, list]:
        """First weights of a whole network.

        Parameters
        ----------
        shapes : list of tuple
            (d_in, d_out) of layers 1 ... N.
        random_state : numpy.random.RandomState

        Returns
        -------
        W : list of float64 NumPy arrays
        b : list of NumPy arrays of shape (d_out,), or None
            None: intercepts start at 0.
        """
        return [self.draw(shape, random_state) for shape in shapes], [None] * len(shapes)


class VarianceScaling(BaseInitializer):
    """Zero mean, variance gain^2 * c / fan; the common part of the named schemes.

    Parameters
    ----------
    gain : float, default=1.0
        Factor on the standard deviation.
    """

    distribution = "normal"

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def check_parameters(self) -> None:
        """Raise unless ``gain`` is in its range."""
        cure = "1 is the scheme as published."
        check_number(self.gain, "gain", type(self).__name__, strict=True, cure=cure)

    def variance(self, d_in: int, d_out: int) -> float:
        """Variance of an entry for gain 1."""
        raise NotImplementedError

    def draw(self, shape: tuple, random_state: RandomState) -> Any:
        """Draw from the normal or the uniform distribution with that variance."""
        deviation = self.gain * math.sqrt(self.variance(*shape))
        if self.distribution == "normal":
            return random_state.normal(0.0, deviation, size=shape)
        half = deviation * math.sqrt(3.0)
        return random_state.uniform(-half, half, size=shape)

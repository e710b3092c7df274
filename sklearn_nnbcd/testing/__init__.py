# SPDX-License-Identifier: BSD-3-Clause
"""Contract checkers: what a piece of each family must do, as plain functions.

Each takes an instance of a piece and raises AssertionError, saying what is wrong, if it breaks its
contract. They need no test runner, so whoever writes a piece can call them; the tests of the
library call them for every entry of the registries.

Tolerances are multiples of the rounding unit of the arrays times the size of what is added up.
"""

from ._base import check_activation, check_initializer, check_loss, check_placement, check_probabilities
from ._compressions import check_compression, check_error_falls, check_lossless, check_metric
from ._derivatives import check_derivative, check_gradient, check_hessian
from ._layers import check_layer
from ._regularizers import check_regularizer

__all__ = [
    "check_activation",
    "check_compression",
    "check_derivative",
    "check_error_falls",
    "check_gradient",
    "check_hessian",
    "check_initializer",
    "check_layer",
    "check_loss",
    "check_lossless",
    "check_metric",
    "check_placement",
    "check_probabilities",
    "check_regularizer",
]

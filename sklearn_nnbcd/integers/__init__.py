# SPDX-License-Identifier: BSD-3-Clause
"""Networks in integers, as small devices compute them."""

from ._estimator import calibrated, check_activation_bits, integer_outputs, quantize_activations
from ._form import IntegerForm, checked_form
from ._network import IntegerNetwork, check_own, last_step

__all__ = [
    "IntegerForm",
    "IntegerNetwork",
    "calibrated",
    "check_activation_bits",
    "check_own",
    "checked_form",
    "integer_outputs",
    "last_step",
    "quantize_activations",
]

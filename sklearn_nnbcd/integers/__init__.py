# SPDX-License-Identifier: BSD-3-Clause
"""Networks in integers, as small devices compute them, in NumPy."""

from ._network import IntegerNetwork

__all__ = ["IntegerNetwork"]

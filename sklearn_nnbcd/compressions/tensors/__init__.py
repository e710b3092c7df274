# SPDX-License-Identifier: BSD-3-Clause
"""How matrices become tensors, and the fits of trains and factors that run every sweep."""

from ._tensorize import Tensorization

__all__ = ["Tensorization"]

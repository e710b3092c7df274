# SPDX-License-Identifier: BSD-3-Clause
"""How matrices become tensors, and the fits of trains and factors that run every sweep."""

from ._tensorize import Tensorization
from ._train_fit import fit_core

__all__ = ["Tensorization", "fit_core"]

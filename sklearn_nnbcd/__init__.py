# SPDX-License-Identifier: BSD-3-Clause
"""Compressed neural networks as scikit-learn estimators, trained by block coordinate descent."""

__version__ = "0.2.0"

from ._classifier import NNBCDClassifier
from ._regressor import NNBCDRegressor

__all__ = ["NNBCDClassifier", "NNBCDRegressor", "__version__"]

# SPDX-License-Identifier: BSD-3-Clause
"""The best network in N bytes: paths from large to small, and the choice among them."""

from ._cv import NNBCDClassifierCV, NNBCDRegressorCV
from ._display import CompressionPathDisplay
from ._path import CompressionPath, compression_path

__all__ = [
    "CompressionPath",
    "CompressionPathDisplay",
    "NNBCDClassifierCV",
    "NNBCDRegressorCV",
    "compression_path",
]

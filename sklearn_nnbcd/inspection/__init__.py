# SPDX-License-Identifier: BSD-3-Clause
"""Reports on fitted networks, and figures of them."""

from ._compression_report import CompressionReport, compression_report
from ._fit_report import FitReport, fit_report
from ._objective_display import ObjectiveDisplay
from ._size_display import LayerSizeDisplay
from ._spectrum_display import WeightSpectrumDisplay

__all__ = [
    "CompressionReport",
    "FitReport",
    "LayerSizeDisplay",
    "ObjectiveDisplay",
    "WeightSpectrumDisplay",
    "compression_report",
    "fit_report",
]

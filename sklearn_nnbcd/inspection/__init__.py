# SPDX-License-Identifier: BSD-3-Clause
"""Reports on fitted networks."""

from ._compression_report import CompressionReport, compression_report
from ._fit_report import FitReport, fit_report

__all__ = ["CompressionReport", "FitReport", "compression_report", "fit_report"]

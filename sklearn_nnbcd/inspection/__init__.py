# SPDX-License-Identifier: BSD-3-Clause
"""Reports on fitted networks."""

from ._compression_report import CompressionReport, compression_report

__all__ = ["CompressionReport", "compression_report"]

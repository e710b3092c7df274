# SPDX-License-Identifier: BSD-3-Clause
"""Linear algebra and scalar equations in any array namespace; :class:`Metric` is public."""

from ._extremes import InnerSums, without_extremes
from ._metric import EUCLIDEAN, Metric, Side
from ._moments import ColumnMoments

__all__ = ["ColumnMoments", "EUCLIDEAN", "InnerSums", "Metric", "Side", "without_extremes"]

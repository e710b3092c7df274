# SPDX-License-Identifier: BSD-3-Clause
"""Linear algebra and scalar equations in any array namespace; :class:`Metric` is public."""

from ._metric import EUCLIDEAN, Metric, Side

__all__ = ["EUCLIDEAN", "Metric", "Side"]

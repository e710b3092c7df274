# SPDX-License-Identifier: BSD-3-Clause
"""Losses of classes whose targets may be smoothed."""

import copy
from typing import Self

from .._validation import check_number
from ._base import BaseLoss

#: share of the targets that goes to all classes alike where outputs are calibrated on held-out rows
CALIBRATED = 0.02


class SmoothedLoss(BaseLoss):
    """A likelihood of classes with the parameter ``smoothing``, a number or "auto" (Szegedy et al. 2016).

    Class attributes
    ----------------
    uncalibrated : float
        What "auto" stands for where outputs are not calibrated on held-out rows.
    """

    tasks = frozenset({"classification"})
    is_likelihood = True
    uncalibrated = 0.0

    def __init__(self, smoothing: float | str = "auto"):
        self.smoothing = smoothing

    @property
    def _is_auto(self) -> bool:
        return isinstance(self.smoothing, str) and self.smoothing == "auto"

    @property
    def share_smoothed(self) -> float:
        """Share of every target that goes to all classes alike."""
        return self.uncalibrated if self._is_auto else float(self.smoothing)

    def check_parameters(self) -> None:
        """Raise unless ``smoothing`` is a number in [0, 1] or "auto"."""
        if not self._is_auto:
            cure = 'Try 0.02; "auto" is allowed, too.'
            check_number(self.smoothing, "smoothing", type(self).__name__, high=1.0, cure=cure)

    def for_calibration(self) -> BaseLoss:
        """The loss with what "auto" stands for where outputs are calibrated on held-out rows."""
        return self.with_smoothing(CALIBRATED) if self._is_auto else self

    def with_smoothing(self, share: float) -> Self:
        """A copy with a share in place of ``smoothing``; subclasses may have parameters of their own."""
        other = copy.copy(self)
        other.smoothing = share
        return other

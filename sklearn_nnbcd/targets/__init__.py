# SPDX-License-Identifier: BSD-3-Clause
"""From the user's y to the targets Y of the engine, and from outputs back to predictions."""

from ._base import BaseTargets
from ._indicators import Indicators
from ._kinds import one_target
from ._labels import Labels
from ._numbers import Numbers, as_columns, check_targets

__all__ = ["BaseTargets", "Indicators", "Labels", "Numbers", "as_columns", "check_targets", "one_target"]

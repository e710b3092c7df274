# SPDX-License-Identifier: BSD-3-Clause
"""What the Dask estimators do on the workers: functions of one part, (X, y or Y, s)."""

import functools
import operator
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from ._arrays import dtype_name
from ._input import checked_rows, checked_weights
from .numerics import ColumnMoments, InnerSums
from .targets import BaseTargets, as_columns

Part = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def check_part(estimator: Any, options: dict, x: Any, y: Any, s: Any) -> Part:
    """One partition, checked as the plain estimator checks its rows; rows of weight 0 are left out."""
    x, y = checked_rows(estimator, x, y, dtype=["float64", "float32"], **options)
    if s is None:
        return x, y, None
    s = checked_weights(s, x.shape[0], dtype_name(x)) if np.any(s) else s
    return x[s > 0], y[s > 0], s[s > 0].astype(x.dtype)


def count_rows(part: Part) -> int:
    """Rows of a part."""
    return part[0].shape[0]


def count_classes(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Classes of a part, and their rows, where weights count as copies."""
    check_classification_targets(part[1])
    classes, codes = np.unique(part[1], return_inverse=True)
    return classes, np.bincount(codes, weights=part[2], minlength=len(classes)).astype(float)


def input_moments(part: Part, targets: BaseTargets) -> ColumnMoments | None:
    """Means and spreads of the columns of X by all weights; None for a part without rows."""
    x, y, s = part
    with np.errstate(all="ignore"):
        return ColumnMoments.of(x, targets.row_weights(y, s, dtype_name(x)))


def inner_sums(part: Part, targets: BaseTargets, centre: Any, reach: Any) -> InnerSums | None:
    """Sums over the entries of X near the centres of the columns; None for a part without rows."""
    x, y, s = part
    with np.errstate(all="ignore"):
        return InnerSums.of(x, targets.row_weights(y, s, dtype_name(x)), centre, reach)


def target_moments(part: Part) -> ColumnMoments | None:
    """Means and spreads of the targets; None for a part without rows."""
    return ColumnMoments.of(as_columns(part[1]), part[2])


def least_target(part: Part) -> float:
    """Least target of a part; inf for a part without rows."""
    return float(np.min(part[1], initial=np.inf))


def encode_part(part: Part, targets: BaseTargets) -> Part:
    """The part with the engine's Y, and with all weights."""
    x, y, s = part
    dtype = dtype_name(x)
    return x, targets.encode(y, dtype), targets.row_weights(y, s, dtype)


def sum_losses(part: Part, network: Any, targets: BaseTargets) -> tuple[float, float]:
    """Sums of the weighted losses, in the units of y, and of the weights; 0 for a part without rows."""
    x, Y, s = part
    if not len(x):
        return 0.0, 0.0
    xp = network.xp
    value = targets.user_loss.value(targets.user_targets(Y, xp=xp), network.forward(x), xp=xp)
    return (float(np.sum(value)), len(x)) if s is None else (float(s @ value), float(np.sum(s)))


def run_method(x: np.ndarray, estimator: Any, method: str) -> np.ndarray:
    """Predictions for one chunk."""
    return getattr(estimator, method)(x)


# beside the client --------------------------------------------------------------------------------


def total_moments(parts: list) -> Any:
    """Moments or sums of all rows from those of parts, of which some have none."""
    return functools.reduce(operator.add, [part for part in parts if part is not None])

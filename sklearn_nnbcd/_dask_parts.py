# SPDX-License-Identifier: BSD-3-Clause
"""What the Dask estimators do on the workers: functions of one part, (X, y or Y, s)."""

import functools
import math
import operator
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.multiclass import check_classification_targets

from ._arrays import dtype_name
from ._input import checked_rows, checked_weights, column_ends, sampled
from ._outcome import user_losses
from .numerics import ColumnMoments, InnerSums
from .targets import BaseTargets, as_columns

Part = tuple[np.ndarray, np.ndarray, np.ndarray | None]


@contextmanager
def named_after(owner: str, estimator: Any) -> Iterator[None]:
    """Errors of the plain estimator speak of the class that the user has."""
    try:
        yield
    except (ValueError, TypeError) as error:
        text = re.sub(rf"\b{type(estimator).__name__}\b", owner, str(error))
        raise type(error)(text) from error


def check_part(estimator: Any, owner: str, options: dict, x: Any, y: Any, s: Any) -> Part:
    """One partition, checked as the plain estimator checks its rows; rows of weight 0 are left out."""
    with named_after(owner, estimator):
        x, y = checked_rows(estimator, x, y, dtype=["float64", "float32"], reset=False, **options)
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


def inner_sums(part: Part, targets: BaseTargets, *near: Any) -> InnerSums | None:
    """Sums over the entries of X near the centres of some columns; None for a part without rows."""
    x, y, s = part
    with np.errstate(all="ignore"):
        return InnerSums.of(x, targets.row_weights(y, s, dtype_name(x)), *near)


def part_ends(part: Part) -> tuple[np.ndarray, np.ndarray] | None:
    """Least and largest entries of the columns of X; None for a part without rows."""
    return column_ends(part[0]) if part[0].shape[0] else None


def map_part(part: Part, columns: Any) -> Part:
    """The part after a map of the columns of X."""
    return (columns(part[0]), *part[1:])


def sample_part(part: Part, targets: BaseTargets, share: float, columns: np.ndarray | None) -> tuple:
    """(X, Y, all weights or None) of a share of the rows, see :func:`sampled`."""
    return sampled(part, targets, math.ceil(share * part[0].shape[0]), columns)


def target_moments(part: Part) -> ColumnMoments | None:
    """Means and spreads of the targets; None for a part without rows."""
    return ColumnMoments.of(as_columns(part[1]), part[2])


def least_target(part: Part) -> float:
    """Least target of a part; inf for a part without rows."""
    return float(np.min(part[1])) if np.size(part[1]) else math.inf  # integers have no infinity


def encode_part(part: Part, targets: BaseTargets) -> Part:
    """The part with the engine's Y, and with all weights."""
    x, y, s = part
    dtype = dtype_name(x)
    return x, targets.encode(y, dtype), targets.row_weights(y, s, dtype)


def sum_losses(part: Part, network: Any, targets: BaseTargets) -> np.ndarray:
    """Sums of the weighted losses in the units of y, of those in the engine's, and of the weights."""
    x, Y, s = part
    if not x.shape[0]:
        return np.zeros(3)
    xp, V = network.xp, network.forward(x)
    with np.errstate(all="ignore"):
        user = user_losses(targets, Y, V, xp=xp)
        engine = targets.loss.value(Y, targets.engine_outputs(V, xp=xp), xp=xp)
    each = np.ones(len(x)) if s is None else s
    return np.array([each @ user, each @ engine, np.sum(each)], dtype=float)


def run_method(x: np.ndarray, estimator: Any, owner: str, method: str, empty: np.ndarray) -> np.ndarray:
    """Predictions for one chunk, which may have no rows; ``empty`` is what it then gives."""
    if not x.shape[0]:
        return empty
    with named_after(owner, estimator):
        return getattr(estimator, method)(x)


def code_weights(part: Part, n_classes: int) -> np.ndarray:
    """Sum of the weights of each class, of encoded labels."""
    _, Y, s = part
    codes = (Y[:, 0] > 0.0).astype(int) if Y.shape[1] == 1 else np.argmax(Y, axis=1)
    return np.bincount(codes, weights=s, minlength=n_classes).astype(float)


def count_hits(y: np.ndarray, predicted: np.ndarray, s: np.ndarray | None) -> np.ndarray:
    """Sums of the weights of rows with the right label, and of all weights."""
    each = np.ones(len(y)) if s is None else s
    return np.array([np.sum(each[y == predicted]), np.sum(each)], dtype=float)


@dataclass(frozen=True)
class Residuals:
    """Sums that a coefficient of determination is made of; those of parts add up."""

    targets: Any
    squares: Any
    lowest: Any
    highest: Any
    n_rows: int

    @classmethod
    def of(cls, y: np.ndarray, predicted: np.ndarray, s: np.ndarray | None) -> "Residuals":
        """Of rows, of which some may weigh nothing."""
        Y, P, count = as_columns(y), as_columns(predicted), len(y)
        if s is not None:
            Y, P, s = Y[s > 0], P[s > 0], s[s > 0].astype(float)
        squares = np.sum((Y - P) ** 2 if s is None else s[:, None] * (Y - P) ** 2, axis=0)
        low, high = np.min(Y, axis=0, initial=np.inf), np.max(Y, axis=0, initial=-np.inf)
        return cls(ColumnMoments.of(Y, s), squares, low, high, count)

    def __add__(self, other: "Residuals") -> "Residuals":
        both = [r.targets for r in (self, other) if r.targets is not None]
        targets = functools.reduce(operator.add, both) if both else None
        low, high = np.minimum(self.lowest, other.lowest), np.maximum(self.highest, other.highest)
        return Residuals(targets, self.squares + other.squares, low, high, self.n_rows + other.n_rows)

    def score(self) -> float:
        """The mean of 1 - residual / spread over outputs, as scikit-learn's ``r2_score`` has it.

        Constant targets give 1 where they are met and 0 where they are not.
        """
        if self.n_rows < 2:
            text = "R^2 score is not well-defined with less than two samples."
            warnings.warn(text, UndefinedMetricWarning, stacklevel=3)
            return math.nan
        varies = (self.highest > self.lowest) & (self.targets.square > 0.0)
        share = self.squares / np.where(varies, self.targets.square, 1.0)
        return float(np.mean(np.where(varies, 1.0 - share, np.where(self.squares == 0.0, 1.0, 0.0))))


# beside the client --------------------------------------------------------------------------------


def total_moments(parts: list) -> Any:
    """Moments or sums of all rows from those of parts, of which some have none."""
    return functools.reduce(operator.add, [part for part in parts if part is not None])

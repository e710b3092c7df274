# SPDX-License-Identifier: BSD-3-Clause
"""What the Dask estimators do on the workers: functions of one part, (X, y or Y, s)."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from ._arrays import dtype_name
from ._class_targets import class_codes
from ._input import checked_rows, checked_weights


def check_part(local, x, y, s):
    """One partition, checked as the plain estimator checks its rows; rows of weight 0 are left out."""
    x, y = checked_rows(local, x, y, dtype=["float64", "float32"], **local._target_options)
    if s is None:
        return x, y, None
    s = checked_weights(s, x.shape[0], dtype_name(x)) if np.any(s) else s
    return x[s > 0], y[s > 0], s[s > 0].astype(x.dtype)


def count_rows(part):
    """Rows of a part."""
    return part[0].shape[0]


def count_classes(part):
    """Classes of a part, and their rows, where weights count as copies."""
    check_classification_targets(part[1])
    classes, codes = np.unique(part[1], return_inverse=True)
    return classes, np.bincount(codes, weights=part[2], minlength=len(classes)).astype(float)


def code_part(part, local, each):
    """Targets and all weights of a part."""
    x, y, s = part
    return x, *local._coded(class_codes(y, local.classes_), s, each, dtype_name(x))


def columns_of(y):
    """Targets as float64 columns."""
    return np.asarray(y, dtype=np.float64).reshape(len(y), -1)


def sum_targets(part):
    """Sums of the weights and of the weighted targets."""
    Y = columns_of(part[1])
    s = np.ones(len(Y)) if part[2] is None else part[2].astype(np.float64)
    return s.sum(), s @ Y


def sum_squares(part, mean):
    """Weighted sum of the mean squares about ``mean``."""
    square = np.mean((columns_of(part[1]) - mean) ** 2, axis=1)
    return float(square.sum() if part[2] is None else part[2].astype(np.float64) @ square)


def target_range(part):
    """Least and largest target of a part; inf and -inf for a part without rows."""
    return float(np.min(part[1], initial=np.inf)), float(np.max(part[1], initial=-np.inf))


def scale_part(part, local):
    """Scaled targets of a part."""
    x, y, s = part
    return x, local._scaled(columns_of(y), dtype_name(x)), s


def sum_losses(part, local, problem):
    """Sums of the weighted losses and of the weights; 0 for a part without rows."""
    x, Y, s = part
    if not len(x):
        return 0.0, 0.0
    value = local._loss.value(local._decode_targets(Y), local._forward(x), xp=problem.xp)
    return (float(np.sum(value)), len(x)) if s is None else (float(s @ value), float(np.sum(s)))


def run_method(x, network, method):
    """Predictions for one chunk."""
    return getattr(network, method)(x)

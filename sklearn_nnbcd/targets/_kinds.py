# SPDX-License-Identifier: BSD-3-Clause
"""What a classifier's targets are."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d


def one_target(y: Any) -> tuple[np.ndarray, bool]:
    """One label per row, or an indicator matrix of several labels.

    Parameters
    ----------
    y : array of shape (n,), (n, 1) or (n, n_labels), or a sparse matrix

    Returns
    -------
    y : array of shape (n,) or (n, n_labels)
    is_indicator : bool

    Raises
    ------
    ValueError
        For numbers that are no classes, and for several targets of several classes each.
    """
    if hasattr(y, "toarray"):
        y = y.toarray()
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    kind = type_of_target(y, input_name="y")
    if kind == "unknown" and y.dtype.kind == "O":
        each, kind = y.ravel()[0], "int" if is_whole(y) else "str"
        raise ValueError(
            "Unknown label type: the 'y' of fit must hold numbers, text or bools. Got objects, the first one "
            f"{each!r} of type {type(each).__name__}. Give them one dtype, e.g. by y.astype({kind})."
        )
    check_classification_targets(y)
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(
            "The 'y' of fit must hold one class label per row, or a column of 0 and 1 per label. "
            f"Got a target of type {kind!r}. Use sklearn.multioutput.MultiOutputClassifier for "
            "several targets of several classes each."
        )
    return y, kind == "multilabel-indicator"


def is_whole(labels: np.ndarray) -> bool:
    """Whether objects are all integers."""
    return all(isinstance(label, Integral) for label in labels.ravel())

# SPDX-License-Identifier: BSD-3-Clause
"""What a classifier's targets are."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d


def one_target(y):
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
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(
            "The 'y' of fit must hold one class label per row, or a column of 0 and 1 per label. "
            f"Got a target of type {kind!r}. Use sklearn.multioutput.MultiOutputClassifier for "
            "several targets of several classes each."
        )
    return y, kind == "multilabel-indicator"


def signed_labels(estimator, y, elementwise):
    """An indicator matrix as -1 and 1.

    Parameters
    ----------
    estimator : estimator
        Its 'loss' and 'class_weight' go into messages.
    y : array of shape (n, n_labels)
    elementwise : bool
        Whether the loss looks at every output by itself.

    Raises
    ------
    ValueError
        If it does not, if there are class weights, or for other entries than 0 and 1.
    """
    owner = type(estimator).__name__
    if not elementwise:
        raise ValueError(
            f"The 'loss' of {owner} must look at every label by itself for a 'y' of several labels. "
            f"Got {estimator.loss!r}, which takes classes to exclude each other. Use 'logistic'."
        )
    if estimator.class_weight is not None:
        raise ValueError(
            f"The 'class_weight' of {owner} must be None for a 'y' of several labels. Got "
            f"{estimator.class_weight!r}. Use sample_weight."
        )
    if not np.isin(y, (0, 1)).all():
        raise ValueError(
            "The 'y' of fit must hold 0 and 1 if it has a column per label. Got "
            f"{np.unique(y).tolist()}. Use sklearn.preprocessing.MultiLabelBinarizer."
        )
    return 2.0 * y - 1.0

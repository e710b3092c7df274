# SPDX-License-Identifier: BSD-3-Clause
"""Integers for a fitted estimator: it then predicts what a device computes."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._arrays import to_namespace, to_numpy
from ..backends import SparseRows, namespace_of
from ..graphs import network_graph
from ..network import CALIBRATION_ROWS, Network, network_rows
from ..targets import Numbers
from ._form import IntegerForm, integer_form

#: what ``activation_bits`` may be
PRECISION_BITS = (8, 16)


def calibrated(network: Network, targets: Any, X: Any, activation_bits: int | None) -> IntegerForm | None:
    """The integers of a network, with ranges from rows; of many some are taken.

    Parameters
    ----------
    network : Network
        In the units of X and y.
    targets : targets
    X : array or SparseRows of shape (n, d_0), or None
        As the network takes it.
    activation_bits : {8, 16} or None
        None, or no rows: there are no integers.

    Raises
    ------
    ValueError
        For values that integers of so many bits cannot hold side by side.
    """
    if X is None or activation_bits is None:
        return None
    rows = X[:: 1 + (X.shape[0] - 1) // CALIBRATION_ROWS, ...]
    return integer_form(network_graph(network, targets), dense_rows(rows), f"int{activation_bits}")


def dense_rows(X: Any) -> np.ndarray:
    """Rows as an array of NumPy; a mapped or sparse table is made dense."""
    return X @ np.eye(X.shape[1], dtype=X.dtype) if isinstance(X, SparseRows) else to_numpy(X)


def integer_outputs(form: IntegerForm, targets: Any, X: Any, like: Any) -> Any:
    """Outputs of an estimator's integers for checked rows, which may be sparse or another library's.

    Float64 for classes, which keeps different integers different, and the float32 of a device for numbers.

    Parameters
    ----------
    form : IntegerForm
    targets : targets
    X : array or SparseRows of shape (n, d_0)
    like : array
        Of the library and device of the outputs.
    """
    dtype, sparse = "float32" if isinstance(targets, Numbers) else "float64", isinstance(X, SparseRows)
    parts = [X] if not sparse else [X[k : k + 1024] for k in range(0, X.shape[0], 1024)]
    found = [form.outputs(dense_rows(part), dtype) for part in parts]
    V = found[0] if len(found) == 1 else np.concatenate(found)
    return to_namespace(V, like=like, dtype=getattr(namespace_of(like), dtype))


def check_activation_bits(value: Any, owner: str) -> None:
    """Raise ValueError unless a value of ``activation_bits`` is 8, 16 or None."""
    if value is not None and not (type(value) is int and value in PRECISION_BITS):
        raise ValueError(f"The 'activation_bits' of {owner} must be 8, 16 or None. Got {value!r}. Try 8.")


def quantize_activations(estimator: Any, X: Any, activation_bits: int = 8) -> Any:
    """A copy of a fitted estimator that computes in integers, exactly as a device does.

    What ``activation_bits`` of the estimator does at the end of a fit, without one. Weights that have few
    bits keep their integers; others are rounded to as many bits as the activations.

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Fitted.
    X : array-like of shape (n_samples, n_features)
        Rows, such as those of the training: they set the ranges of all values.
    activation_bits : {8, 16}, default=8

    Returns
    -------
    rounded : estimator
        For prediction, with ``activation_bits`` set.

    Raises
    ------
    ValueError
        For other bits, and for values that integers of so many bits cannot hold side by side.
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.export import IntegerNetwork
    >>> from sklearn_nnbcd.integers import quantize_activations
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((8,), random_state=0).fit(X, y)
    >>> small = quantize_activations(model, X)
    >>> device = IntegerNetwork.from_estimator(small)
    >>> bool((small.predict(X) == device.predict(X)).all())
    True
    """
    check_is_fitted(estimator, "network_")
    check_activation_bits(activation_bits, "quantize_activations")
    if activation_bits is None:
        raise ValueError("The 'activation_bits' of quantize_activations must be 8 or 16. Got None. Try 8.")
    network = estimator.network_
    rows = network_rows(network, X, "quantize_activations")
    rounded = copy.copy(estimator)
    rounded.activation_bits = activation_bits
    rounded.integers_ = calibrated(network, estimator.targets_, rows, activation_bits)
    return rounded

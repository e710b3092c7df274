# SPDX-License-Identifier: BSD-3-Clause
"""Rows and targets of a user as a fitted network takes them."""

from typing import Any

import numpy as np
from scipy.sparse import issparse

from .._arrays import is_foreign, on_host, to_namespace
from ..backends import SparseRows
from ._network import Network


def network_rows(network: Network, X: Any, owner: str) -> Any:
    """Rows as the network takes them: its library and precision, images flat, sparse ones sparse.

    Parameters
    ----------
    network : Network
    X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, height, width, channels)
    owner : str
        Who asks, for the message.

    Returns
    -------
    X : array of shape (n_samples, n_features) or SparseRows

    Raises
    ------
    ValueError
        For another number of features.
    """
    rows: Any
    if issparse(X):
        rows = SparseRows.of(X.astype(network.coefs[0].dtype))
    else:
        rows = X if is_foreign(X) else np.asarray(X)
        rows = to_namespace(rows, like=network.array, dtype=network.coefs[0].dtype)
        rows = network.xp.reshape(rows, (rows.shape[0], -1))
    if rows.shape[1] != network.n_features:
        raise ValueError(
            f"The 'X' of {owner} must have {network.n_features} features, as in fit. Got {rows.shape[1]}."
        )
    return rows


def network_targets(estimator: Any, X: Any, y: Any = None) -> Any:
    """Targets as the network's outputs are coded, where the network is.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows as the estimator takes them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None, default=None
        None: what the estimator predicts.

    Returns
    -------
    Y : array of shape (n_samples, d_N)
    """
    network, targets = estimator.network_, estimator.targets_
    y = np.asarray(on_host(estimator.predict(X) if y is None else y))
    return network.xp.asarray(targets.encode(y, network.dtype))

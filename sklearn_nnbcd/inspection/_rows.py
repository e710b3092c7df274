# SPDX-License-Identifier: BSD-3-Clause
"""Rows and targets as a user passes them, for a fitted network."""

from typing import Any

import numpy as np
from scipy.sparse import issparse

from .._arrays import is_foreign, to_numpy
from ..backends import SparseRows
from ..network import Network


def network_rows(network: Network, X: Any, owner: str) -> Any:
    """Rows as the network takes them: its library and precision, images flat, sparse ones sparse.

    Raises
    ------
    ValueError
        For another number of features.
    """
    if issparse(X):
        X = SparseRows.of(X.astype(network.array.dtype))
    else:
        X = to_numpy(X) if is_foreign(X) else np.asarray(X)
        X = network.xp.asarray(X, dtype=network.array.dtype)
        X = network.xp.reshape(X, (X.shape[0], -1))
    if X.shape[1] != network.n_features:
        raise ValueError(
            f"The 'X' of {owner} must have {network.n_features} features, as in fit. Got {X.shape[1]}."
        )
    return X

# SPDX-License-Identifier: BSD-3-Clause
"""Narrower layers for a fitted network: units that do nothing are taken out, exactly."""

import copy

from sklearn.utils.validation import check_is_fitted

from ._network import operators
from .layers import Dense


def narrow_network(coefs, intercepts, activations, *, movable=None, xp):
    """Take out hidden units that nothing enters or that nothing leaves.

    A unit whose incoming weights are all zero is constant, sigma(b): it moves into the intercepts of
    the next layer. A unit whose outgoing weights are all zero is not seen. Either may make others so;
    this goes on until nothing changes. The outputs stay what they were, up to rounding.

    Parameters
    ----------
    coefs : list of CompressedWeight
        W_1 ... W_N. A layer between formats that cannot give up rows or columns stays as it is.
    intercepts : list of arrays of shape (d_i,) or None
    activations : sequence of activations
        sigma_1 ... sigma_N.
    movable : sequence of bool or None, default=None
        Whether units of hidden layer i = 1 ... N - 1 may go; None: all may.
    xp : module
        Array API namespace.

    Returns
    -------
    coefs : list of CompressedWeight
    intercepts : list of arrays or None
        At least one unit is left in every layer.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd.activations import Identity, ReLU
    >>> from sklearn_nnbcd.compressions import DenseWeight
    >>> W1, W2 = np.asarray([[1.0, 0.0, 2.0]]), np.asarray([[1.0], [3.0], [0.0]])
    >>> coefs, intercepts = narrow_network(
    ...     [DenseWeight(W1), DenseWeight(W2)], [np.asarray([0.0, 2.0, 0.0]), np.zeros(1)],
    ...     [ReLU(), Identity()], xp=np)
    >>> [coef.shape for coef in coefs], float(intercepts[1][0])
    ([(1, 1), (1, 1)], 6.0)
    """
    coefs, intercepts = list(coefs), list(intercepts)
    changed = True
    while changed:
        changed = False
        for i in range(len(coefs) - 1):
            if movable is None or movable[i]:
                changed |= _narrow_layer(coefs, intercepts, activations[i], i, xp=xp)
    return coefs, intercepts


def _narrow_layer(coefs, intercepts, activation, i, *, xp):
    """Take idle units out between coefs[i] and coefs[i + 1], in place; True if there were any."""
    W, W_next = coefs[i].to_dense(xp=xp), coefs[i + 1].to_dense(xp=xp)
    reached = xp.any(W != 0, axis=0)
    busy = xp.logical_and(reached, xp.any(W_next != 0, axis=1))
    first = xp.arange(busy.shape[0]) == 0
    busy = xp.where(xp.any(busy), busy, first)
    (kept,) = xp.nonzero(busy)
    if kept.shape[0] == busy.shape[0]:
        return False
    narrow = coefs[i].taken(kept, 1, xp=xp), coefs[i + 1].taken(kept, 0, xp=xp)
    if narrow[0] is None or narrow[1] is None:
        return False
    b, b_next = intercepts[i], intercepts[i + 1]
    zeros = xp.zeros(W.shape[1], dtype=W.dtype)
    constant = activation(zeros if b is None else b, xp=xp)
    constant = xp.where(xp.logical_or(reached, busy), zeros, constant)
    if bool(xp.any(constant != 0)):
        moved = constant @ W_next
        intercepts[i + 1] = moved if b_next is None else b_next + moved
    if b is not None:
        intercepts[i] = xp.take(b, kept)
    coefs[i], coefs[i + 1] = narrow
    return True


def narrow(estimator):
    """A copy of a fitted estimator with the same predictions and no idle hidden units.

    Units whose incoming or outgoing weights are all zero, as ``compression="group_lasso"`` and strong
    pruning make them, are taken out, and the neighbouring layers shrink with them. Layers that a skip
    connection or a convolution needs whole keep their width. The copy is for prediction; a later
    ``fit`` starts from the widths that its parameters name.

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Fitted.

    Returns
    -------
    narrowed : estimator
    """
    check_is_fitted(estimator, "compressed_coefs_")
    narrowed = copy.copy(estimator)
    xp = narrowed._namespace()
    layers, skips = list(narrowed._layers), narrowed._skips
    skipped = {k for k in skips if k is not None} | {i for i, k in enumerate(skips) if k is not None}
    plain = [type(layer) is Dense for layer in layers[1:]]
    movable = [plain[i] and plain[i + 1] and i + 1 not in skipped for i in range(len(layers) - 2)]
    coefs, intercepts = narrow_network(
        narrowed.compressed_coefs_, narrowed.intercepts_, narrowed._activations, movable=movable, xp=xp
    )
    for i, coef in enumerate(coefs):
        if plain[i]:
            width = layers[1].input_shape_ if i == 0 else (coef.shape[0],)
            layers[i + 1] = Dense(coef.shape[1]).bind(width)
    narrowed.compressed_coefs_, narrowed.intercepts_ = coefs, intercepts
    narrowed._layers = tuple(layers)
    narrowed._operators = operators(coefs, xp=xp)
    return narrowed

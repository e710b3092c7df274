# SPDX-License-Identifier: BSD-3-Clause
"""Narrower layers for a fitted network: units that do nothing are taken out, exactly."""

import copy
from dataclasses import replace
from typing import Any

from sklearn.utils.validation import check_is_fitted

from ..compressions.quantization import plain_numbers, taken
from ..layers import Dense
from ._fitted import refuse_integers
from ._network import Network


def narrow_network(network: Network) -> Network:
    """The same outputs without hidden units that nothing enters or that nothing leaves.

    A unit whose incoming weights are all zero is constant, sigma(b): it goes into the intercepts of
    the next layer. A unit whose outgoing weights are all zero is not seen. Either may make others so;
    this goes on until nothing changes. The outputs stay what they were, up to rounding. Layers that a
    skip connection or a convolution needs whole keep their width, as do those between formats that
    cannot give up rows or columns; one unit is left in every layer.

    Parameters
    ----------
    network : Network

    Returns
    -------
    narrowed : Network

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd.activations import Identity, ReLU
    >>> from sklearn_nnbcd.compressions import DenseWeight
    >>> from sklearn_nnbcd.layers import Dense
    >>> W1, W2 = np.asarray([[1.0, 0.0, 2.0]]), np.asarray([[1.0], [3.0], [0.0]])
    >>> network = Network(
    ...     (None, Dense(3).bind((1,)), Dense(1).bind((3,))), (DenseWeight(W1), DenseWeight(W2)),
    ...     (np.asarray([0.0, 2.0, 0.0]), np.zeros(1)), (ReLU(), Identity()))
    >>> narrowed = narrow_network(network)
    >>> [coef.shape for coef in narrowed.coefs], float(narrowed.intercepts[1][0])
    ([(1, 1), (1, 1)], 6.0)
    """
    xp, layers, skips = network.xp, list(network.layers), network.skips
    coefs, intercepts = list(network.coefs), list(network.intercepts)
    skipped = {k for k in skips if k is not None} | {i for i, k in enumerate(skips) if k is not None}
    plain = [type(layer) is Dense for layer in layers[1:]]
    changed = True
    while changed:
        changed = False
        for i in range(network.N - 1):
            if plain[i] and plain[i + 1] and i + 1 not in skipped:
                changed |= _narrow_layer(coefs, intercepts, network.activations[i], i, xp=xp)
    for i, coef in enumerate(coefs):
        if plain[i]:
            width = layers[1].input_shape_ if i == 0 else (coef.shape[0],)
            layers[i + 1] = Dense(coef.shape[1]).bind(width)
    return replace(network, layers=tuple(layers), coefs=tuple(coefs), intercepts=tuple(intercepts))


def _narrow_layer(coefs: list, intercepts: list, activation: Any, i: int, *, xp: Any) -> bool:
    """Take idle units out between coefs[i] and coefs[i + 1], in place; True if there were any."""
    W, W_next = coefs[i].to_dense(xp=xp), coefs[i + 1].to_dense(xp=xp)
    reached = xp.any(W != 0, axis=0)
    busy = xp.logical_and(reached, xp.any(W_next != 0, axis=1))
    first = xp.arange(busy.shape[0]) == 0
    busy = xp.where(xp.any(busy), busy, first)
    (remaining,) = xp.nonzero(busy)
    if remaining.shape[0] == busy.shape[0]:
        return False
    narrow = coefs[i].selected(remaining, 1, xp=xp), coefs[i + 1].selected(remaining, 0, xp=xp)
    if narrow[0] is None or narrow[1] is None:
        return False
    b, b_next = plain_numbers(intercepts[i]), intercepts[i + 1]
    zeros = xp.zeros(W.shape[1], dtype=W.dtype)
    constant = activation(zeros if b is None else b, xp=xp)
    constant = xp.where(xp.logical_or(reached, busy), zeros, constant)
    if bool(xp.any(constant != 0)):
        added = constant @ W_next
        intercepts[i + 1] = added if b_next is None else plain_numbers(b_next) + added
    if b is not None:
        intercepts[i] = taken(intercepts[i], remaining, xp=xp)
    coefs[i], coefs[i + 1] = narrow
    return True


def narrow(estimator: Any) -> Any:
    """A copy of a fitted estimator with the same predictions and no idle hidden units.

    See :func:`narrow_network`; ``compression="group_lasso"`` and strong pruning make such units. The
    copy is for prediction; a later ``fit`` starts from the widths that its parameters name.

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Fitted.

    Returns
    -------
    narrowed : estimator

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If it computes in integers.
    """
    check_is_fitted(estimator, "network_")
    refuse_integers(estimator, "narrow")
    narrowed = copy.copy(estimator)
    narrowed.network_ = narrow_network(estimator.network_)
    return narrowed

# SPDX-License-Identifier: BSD-3-Clause
"""Few bits for the numbers of a network that is fitted already."""

import copy
import math
from dataclasses import replace
from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._validation import check_option
from ..compressions import (
    DensePlan,
    DenseWeight,
    QuantizedPlan,
    QuantizedWeight,
    check_bits,
)
from ..compressions.quantization import Grid
from ..layers import Dense
from ..numerics import ColumnMoments, Metric
from ..numerics._linalg import spd_solve
from ._adapt import DistanceFromOutputs, adapted_network
from ._fitted import refuse_integers
from ._fixed_point import with_fixed_point, with_layer
from ._inputs import InputMap, column_size, farthest_origin
from ._metrics import (
    ROUNDING_RIDGE,
    centred_inputs,
    inputs_with_ridge,
    mean_squares,
    network_metrics,
    row_shares,
)
from ._network import Network
from ._precision import stored_in_single
from ._rows import network_rows, network_targets

#: share of the loss by which outputs may differ before anything is done about it
TOLERANCE = 0.01
#: rows that a rounded fit looks at, at most
CALIBRATION_ROWS = 10_000


def quantize_network(
    network: Network,
    X: Any,
    bits: Any = 8,
    *,
    Y: Any = None,
    loss: Any = None,
    s: Any = None,
    feedback: str = "both",
) -> Network:
    """A network with numbers of few bits, near a fitted one on some rows.

    Layer by layer, from the first one: W_i is fitted to what the layers below have become, and its numbers,
    in whatever format it has, are rounded in the metric of the rows, see
    :class:`~sklearn_nnbcd.compressions.Quantized`. The intercepts take what that changes at the mean.

    Parameters
    ----------
    network : Network
    X : array of shape (n, d_0)
        Rows, such as those of the training, in the namespace and of the dtype of the network.
    bits : {8, 4, 3, 2, 'ternary', 'binary'}, Grid, or list with one entry for each layer, default=8
        None in a list leaves a layer as it is.
    Y : array of shape (n, d_N) or None, default=None
        Targets. With them, what is not rounded yet makes up for each rounded layer by some Gauss-Newton steps
        towards the outputs that the network had, as far as the loss sees a difference
        (:class:`DistanceFromOutputs`).
    loss : loss or None, default=None
        Of the outputs, which are weighed by its mean Hessian; None: all alike.
    s : array of shape (n,) or None, default=None
        Sample weights.
    feedback : {'both', 'inputs', 'none'}, default='both'
        What makes up for the error of a number: those of other inputs and outputs, of other inputs only, or
        none, each number being rounded for itself.

    Returns
    -------
    network : Network

    Raises
    ------
    ValueError, TypeError
        For other ``bits``, or a layer that is rounded already.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd import NNBCDRegressor
    >>> X = np.linspace(-1, 1, 50, dtype="float32")[:, None]
    >>> network = NNBCDRegressor((8,), random_state=0).fit(X, X[:, 0]).network_
    >>> small = quantize_network(network, X, bits=4)
    >>> network.n_bytes, small.n_bytes  # floats; codes of 8 bytes, 9 scales, 9 intercepts, 4 powers
    (100, 30)
    """
    owner, xp = "quantize_network", network.xp
    each = list(bits) if isinstance(bits, list | tuple) else [bits] * network.N
    if len(each) != network.N:
        raise ValueError(
            f"The 'bits' of {owner}, when a list, must have one entry per layer: {network.N}. Got {bits!r}."
        )
    grids = [
        given if given is None or isinstance(given, Grid) else check_bits(given, owner) for given in each
    ]
    if any(
        isinstance(coef, QuantizedWeight) and grid for coef, grid in zip(network.coefs, grids, strict=True)
    ):
        raise ValueError(
            f"The network of {owner} must not have rounded numbers there yet. Got "
            f"{[type(coef).__name__ for coef in network.coefs]}. "
            "Give None for these layers."
        )
    check_option(feedback, ("both", "inputs", "none"), "feedback", owner)
    columns, network = network.columns, replace(network, columns=None)
    X = X if columns is None else columns(X)  # once for all passes
    V, U = network.trace(X)
    network, V[0] = _with_far_columns_apart(network, V[0], s)
    now, hessian, enough, metrics = network, None, -math.inf, [None] * (network.N + 1)
    is_seen = loss is not None and Y is not None
    if is_seen and feedback != "none":
        hessian = loss.mean_hessian(Y, V[-1], s, xp=xp)
        share = row_shares(network.layers[network.N], Y, s, xp=xp)[:, 0]
        loss = DistanceFromOutputs(loss, Y, V[-1], xp=xp)
        enough = TOLERANCE * float(xp.sum(share * loss.least)) + TOLERANCE**2
    if feedback != "none":
        metrics = network_metrics(network, V, U, s, hessian=hessian, ridge=ROUNDING_RIDGE)
    free = {i for i, coef in enumerate(network.coefs, 1) if isinstance(coef, DenseWeight)}
    Z = V
    for i, grid in enumerate(grids, 1):
        if grid is not None:
            before = Z if i in free and is_seen else V  # the loss has been seen to
            now = _rounded_layer(now, i, grid, before[i - 1], Z[i - 1], s, metrics[i], feedback, xp=xp)
            free = free - {i}
        if grid is not None and hessian is not None:
            now, Z = adapted_network(now, X, Y, loss, free, s, enough=enough)
        elif now is not network:  # layers below are what they were
            Z = [*Z[:i], now.activations[i - 1](now.affine(i, Z, xp=xp), xp=xp), *Z[i + 1 :]]
    if now.inputs is not None and grids[0] is not None:
        now = replace(now, inputs=None).with_input_map(now.inputs)
    now = with_fixed_point(now, X, s, [i for i, grid in enumerate(grids, 1) if grid is not None])
    return replace(now, columns=columns)


def _with_far_columns_apart(network: Network, V: Any, s: Any) -> tuple[Network, Any]:
    """The network with an origin for its columns where intercepts of single precision could not hold it.

    Rounded networks are stored in single precision. V are the rows that come to ``network.inputs``, or to the
    first layer; so are those that come back.
    """
    b, layer, xp = network.intercepts[0], network.layers[1], network.xp
    if network.inputs is not None or b is None or type(layer) is not Dense:
        return network, V
    moments = ColumnMoments.of(V, s)
    distance = xp.abs(moments.mean) / moments.spread
    is_far = moments.varies & (distance > farthest_origin(xp.float32, xp=xp))
    if not bool(xp.any(is_far)):
        return network, V
    origin = xp.asarray(moments.mean, dtype=V.dtype)
    inputs = InputMap(origin, xp.ones_like(origin), far=distance > 1.0)
    b = b + origin @ network.coefs[0].to_dense(xp=xp)
    return replace(network, inputs=inputs, intercepts=(b, *network.intercepts[1:])), inputs(V)


def _rounded_layer(
    now: Network, i: int, grid: Any, V: Any, Z: Any, s: Any, metric: Any, feedback: str, *, xp: Any
) -> Network:
    """The network with W_i rounded; V came to this layer before, and Z comes now."""
    layer, coef, b = now.layers[i], now.coefs[i - 1], now.intercepts[i - 1]
    W = coef.to_dense(xp=xp)
    (A, mean), (B, centre) = (centred_inputs(layer, x, s, xp=xp) for x in (V, Z))
    share = row_shares(layer, V, s, xp=xp)
    if feedback == "none":
        metric = Metric(inputs_with_ridge(mean_squares(B, share, xp=xp), i, ROUNDING_RIDGE, xp=xp))
    else:
        weighted = B * xp.sqrt(share)
        metric = replace(metric, G=inputs_with_ridge(weighted.T @ weighted, i, ROUNDING_RIDGE, xp=xp))
        if Z is not V:  # min ||A W - B W'||
            W = W + spd_solve(metric.G, B.T @ (share * (A @ W - B @ W)), xp=xp)
    plan = QuantizedPlan(DensePlan(tuple(W.shape)), grid, columns=feedback == "both")
    ones = xp.ones_like(mean)
    if i == 1 and type(layer) is Dense and now.inputs is None and coef.rows_scaled(ones, xp=xp) is not None:
        deviation = xp.sqrt(mean_squares(B, share, xp=xp))
        used = deviation > 0.0
        farthest = xp.asarray(ColumnMoments.of(Z, s).farthest, dtype=W.dtype)
        unit = column_size(deviation, farthest, xp=xp)  # as in the training
        plan = plan.for_row_sizes(
            xp.astype(used, W.dtype) / xp.where(used, unit, ones), coef.n_parameters, xp=xp
        )
    M = plan.finished(coef, W, metric=metric, xp=xp)
    if M.row_scale is not None:
        M = M.rows_scaled(ones, xp=xp)
    if b is not None:
        b = b + mean @ coef.to_dense(xp=xp) - centre @ M.to_dense(xp=xp)
    return with_layer(now, i, M, b)


def quantize(estimator: Any, X: Any, y: Any = None, bits: Any = 8, *, feedback: str = "both") -> Any:
    """A copy of a fitted estimator whose numbers have few bits.

    What ``bits`` of the estimator does at the end of a fit, without one. See :func:`quantize_network`.

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Fitted.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows, such as those of the training.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None, default=None
        Their targets; None: what the estimator predicts.
    bits : {8, 4, 3, 2, 'ternary', 'binary'}, or list with one entry for each layer, default=8
    feedback : {'both', 'inputs', 'none'}, default='both'
        See :func:`quantize_network`.

    Returns
    -------
    rounded : estimator
        For prediction; a later ``fit`` follows its own ``bits``.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        For other ``bits``, and for an estimator that computes in integers already.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.network import quantize
    >>> X, y = load_digits(return_X_y=True)
    >>> model = NNBCDClassifier((32,), max_iter=5, random_state=0).fit(X.astype("float32"), y)
    >>> small = quantize(model, X, y, bits=4)
    >>> small.n_bytes_ < 0.25 * model.n_bytes_
    True
    >>> abs(small.score(X, y) - model.score(X, y)) < 0.01
    True
    """
    check_is_fitted(estimator, "network_")
    refuse_integers(estimator, "quantize")
    network, targets = estimator.network_, estimator.targets_
    rows, Y = network_rows(network, X, "quantize"), network_targets(estimator, X, y)
    rounded = copy.copy(estimator)
    found = quantize_fit(network, targets, (rows, Y, None), bits, feedback)
    rounded.network_ = stored_in_single(found)
    return rounded


def quantize_fit(network: Network, targets: Any, rows: tuple, bits: Any, feedback: str = "both") -> Network:
    """:func:`quantize_network` on some rows of a fit, with its loss.

    Parameters
    ----------
    network : Network
        In the units of X and y.
    targets : targets
    rows : tuple (X, Y, s)
        Encoded; of many some are taken.
    bits : int, str or list
    feedback : str, default="both"
    """
    X, Y, s = (None if x is None else x[:: 1 + (x.shape[0] - 1) // CALIBRATION_ROWS, ...] for x in rows)
    xp = network.xp
    Y = targets.user_targets(Y, xp=xp)
    return quantize_network(network, X, bits, Y=Y, loss=targets.user_loss, s=s, feedback=feedback)

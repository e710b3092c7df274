# SPDX-License-Identifier: BSD-3-Clause
"""A fitted network as scikit-learn's own MLP, for tools that know only that."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from .._arrays import to_numpy
from .._from_mlp import ACTIVATIONS_OF_MLP
from .._sklearn_compat import MLP_HAS_POISSON, set_fitted_mlp
from ..activations import ACTIVATIONS
from ..layers import Dense
from ..losses import CrossEntropy, Logistic, Poisson
from ..network import Network, check_holds_network, refuse_integers
from ..targets import Indicators, Labels, Numbers

#: class of an activation -> scikit-learn's name
NAMES = {ACTIVATIONS[ours]: theirs for theirs, ours in ACTIVATIONS_OF_MLP.items()}


def to_mlp(estimator: Any) -> MLPClassifier | MLPRegressor:
    """A fitted MLPClassifier or MLPRegressor with the dense weights of a network.

    It predicts what the network predicts, up to rounding, and is as large as a dense network: scales of
    the columns become part of the first layer, and every weight is written out.

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Fitted.

    Returns
    -------
    mlp : MLPClassifier or MLPRegressor
        Fitted, with parameters that say what it is; its ``partial_fit`` goes on from the weights.

    Raises
    ------
    ValueError
        For what an MLP cannot express, by name: convolutions and residual blocks, other activations than
        relu, tanh, sigmoid and identity, different ones in different layers, columns with extreme entries
        that are drawn in, and the losses 'squared_error', 'hinge' and (for three or more classes)
        'logistic' of a classifier, whose probabilities are no softmax.
    TypeError
        For another estimator.
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.export import to_mlp
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((8,), compression="low_rank", rank=2, random_state=0).fit(X, y)
    >>> mlp = to_mlp(model)
    >>> [coef.shape for coef in mlp.coefs_], bool((mlp.predict(X) == model.predict(X)).all())
    ([(4, 8), (8, 3)], True)
    """
    check_holds_network(estimator, "to_mlp", "", "Of a pipeline pass the last step, pipeline[-1].")
    refuse_integers(estimator, "to_mlp")
    network, targets = estimator.network_, estimator.targets_
    out_activation = _out_activation(targets)
    parameters = {"activation": _activation(network)}
    if out_activation == "exp":
        parameters["loss"] = "poisson"
    _check_plain(network)
    dense = network.without_input_map()
    coefs = [to_numpy(W) for W in dense.dense_coefs()]
    given = zip(dense.dense_intercepts(), coefs, strict=True)
    intercepts = [np.zeros(W.shape[1], W.dtype) if b is None else to_numpy(b).copy() for b, W in given]
    kind = MLPRegressor if isinstance(targets, Numbers) else MLPClassifier
    mlp = kind(hidden_layer_sizes=tuple(W.shape[1] for W in coefs[:-1]), **parameters)
    mlp.coefs_, mlp.intercepts_ = [W.copy() for W in coefs], intercepts
    mlp.n_layers_, mlp.n_outputs_, mlp.out_activation_ = len(coefs) + 1, coefs[-1].shape[1], out_activation
    mlp.n_features_in_ = coefs[0].shape[0]
    if hasattr(estimator, "feature_names_in_"):
        mlp.feature_names_in_ = estimator.feature_names_in_
    classes = None if isinstance(targets, Numbers) else targets.classes
    return set_fitted_mlp(mlp, classes, isinstance(targets, Indicators))


def _refusal(what: str, got: str, cure: str) -> ValueError:
    return ValueError(f"The 'estimator' of to_mlp must have {what}. Got {got}. {cure}")


def _out_activation(targets: Any) -> str:
    """What an MLP does to its outputs, where it is what the loss does."""
    loss = type(targets.loss)
    if isinstance(targets, Numbers):
        if loss is Poisson and not MLP_HAS_POISSON:
            cure = "Upgrade scikit-learn to 1.7 or newer."
            raise _refusal("a loss that MLPRegressor knows", "'poisson'", cure)
        return "exp" if loss is Poisson else "identity"
    if isinstance(targets, Labels) and targets.n_outputs > 1 and loss is CrossEntropy:
        return "softmax"
    if (targets.n_outputs == 1 or isinstance(targets, Indicators)) and loss in (CrossEntropy, Logistic):
        return "logistic"
    raise _refusal(
        "the probabilities of a softmax, or of a logistic function for two classes and for labels",
        f"a network with the loss {targets.loss!r} and {targets.n_outputs} outputs, whose probabilities an "
        "MLPClassifier would give otherwise",
        "Fit with loss='cross_entropy', or use export_onnx.",
    )


def _activation(network: Network) -> str:
    """The one activation of all hidden layers, by scikit-learn's name."""
    kinds = {type(activation) for activation in network.activations[:-1]}
    if len(kinds) > 1 or not kinds <= set(NAMES):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        allowed = ", ".join(sorted(kind.__name__ for kind in NAMES))
        raise _refusal(f"one activation of {allowed} in all hidden layers", names, "Use export_onnx.")
    return NAMES[kinds.pop()] if kinds else "relu"


def _check_plain(network: Network) -> None:
    """ValueError unless every layer is V W + b of the layer before, and columns are scaled at most."""
    others = {type(layer).__name__ for layer in network.layers[1:] if type(layer) is not Dense}
    if any(k is not None for k in network.skips):
        others.add("Residual")
    if others:
        raise _refusal("dense layers only", ", ".join(sorted(others)), "Use export_onnx.")
    if network.columns is not None:
        cure = "Fit with bend_columns=False and column_bins=0, or use export_onnx."
        raise _refusal("columns that are scaled at most", "one with bent columns or ramps", cure)
    if network.inputs is not None and network.inputs.reach is not None:
        got = "one that draws extreme entries of some columns in"
        raise _refusal("columns that are scaled at most", got, "Repair these entries and fit again.")

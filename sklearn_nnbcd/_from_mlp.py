# SPDX-License-Identifier: BSD-3-Clause
"""From a fitted MLPClassifier or MLPRegressor of scikit-learn to the same network here."""

from typing import Any

from sklearn.neural_network import MLPClassifier, MLPRegressor

from .activations import ACTIVATIONS, Identity
from .compressions import DenseWeight
from .layers import Dense
from .network import Network

#: scikit-learn's name of an activation -> ours
ACTIVATIONS_OF_MLP = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
#: activation of the outputs of an MLP -> the loss whose predictions are the same
LOSSES_OF_OUTPUTS = {
    "softmax": "cross_entropy",
    "logistic": "logistic",
    "identity": "squared_error",
    "exp": "poisson",
}
#: parameters that the MLP decides
FROM_MLP_PARAMETERS = (
    "hidden_layer_sizes",
    "activation",
    "layers",
    "input_shape",
    "fit_intercept",
    "initializer",
)


def parameters_of_mlp(mlp: Any) -> dict:
    """Widths, activation and loss of a fitted MLP, by the names of our parameters."""
    return {
        "hidden_layer_sizes": tuple(coef.shape[1] for coef in mlp.coefs_[:-1]),
        "activation": ACTIVATIONS_OF_MLP[mlp.activation],
        "loss": LOSSES_OF_OUTPUTS[mlp.out_activation_],
    }


def network_of_mlp(mlp: Any) -> Network:
    """The network of a fitted MLP, with copies of its weights."""
    coefs = tuple(DenseWeight(coef.copy()) for coef in mlp.coefs_)
    layers = (None, *(Dense(coef.shape[1]).bind((coef.shape[0],)) for coef in coefs))
    hidden = ACTIVATIONS[ACTIVATIONS_OF_MLP[mlp.activation]]()
    activations = (*[hidden] * (len(coefs) - 1), Identity())
    return Network(layers, coefs, tuple(b.copy() for b in mlp.intercepts_), activations)


def check_mlp(mlp: Any, owner: str, task: str) -> None:
    """Raise unless ``mlp`` is a fitted MLP of the task of the estimator named ``owner``."""
    wanted = MLPClassifier if task == "classification" else MLPRegressor
    named = f"sklearn.neural_network.{wanted.__name__}"
    if not isinstance(mlp, wanted):
        cure = "Train one, or fit without it."
        if isinstance(mlp, MLPClassifier | MLPRegressor):
            other = "NNBCDRegressor" if task == "classification" else "NNBCDClassifier"
            cure = f"Use {other}.from_mlp."
        elif hasattr(mlp, "steps"):
            cure = "Pass the last step of the pipeline, pipeline[-1], and put the result in its place."
        raise TypeError(f"The 'mlp' of {owner}.from_mlp must be a fitted {named}. Got {mlp!r}. {cure}")
    if not hasattr(mlp, "coefs_"):
        raise ValueError(
            f"The 'mlp' of {owner}.from_mlp must be a fitted {named}. Got one without weights. Call its "
            "fit(X, y) first."
        )

# SPDX-License-Identifier: BSD-3-Clause
"""Names that users bring from elsewhere: full names of formats, and those of scikit-learn's MLPs."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Iterable
from typing import Any

from ._validation import did_you_mean, squeezed

#: parameter -> another name that means exactly the same -> ours
ALIASES: dict[str, dict[str, str]] = {
    "activation": {"logistic": "sigmoid"},
    "compression": {"tensor_train": "tt"},
    "loss": {"log_loss": "cross_entropy"},
}

#: parameter -> a name from elsewhere, in small letters without separators -> what to use instead
HINTS: dict[str, dict[str, str]] = {
    "activation": {
        "logistic": "Use 'sigmoid'.",
        "linear": "Use 'identity'.",
        "none": "Use 'identity'.",
        "hardtanh": "Use 'hard_tanh'.",
        "gelu": "Use 'softplus' or 'relu'.",
        "elu": "Use 'softplus' or 'leaky_relu'.",
        "silu": "Use 'softplus' or 'relu'.",
        "swish": "Use 'softplus' or 'relu'.",
        "softmax": "Hidden layers have none: loss='cross_entropy' brings it to the outputs.",
    },
    "compression": {
        "tensortrain": "Use 'tt'.",
        "ttsvd": "Use 'tt'.",
        "hosvd": "Use 'tucker'.",
        "cpd": "Use 'cp'.",
        "parafac": "Use 'cp'.",
        "candecomp": "Use 'cp'.",
        "canonicalpolyadic": "Use 'cp'.",
        "svd": "Use 'low_rank'.",
        "lora": "Use 'low_rank'.",
        "factorized": "Use 'low_rank'.",
        "pruning": "Use 'l0' with a sparsity.",
        "prune": "Use 'l0' with a sparsity.",
        "sparse": "Use 'l0' with a sparsity, or 'l1'.",
        "magnitude": "Use 'l0' with a sparsity.",
        "lasso": "Use 'l1'.",
        "dense": "Use None.",
        "none": "Use None, without quotes.",
    },
    "loss": {
        "logloss": "Use 'cross_entropy'.",
        "crossentropy": "Use 'cross_entropy'.",
        "categoricalcrossentropy": "Use 'cross_entropy'.",
        "binarycrossentropy": "Use 'logistic'.",
        "mse": "Use 'squared_error'.",
        "l2": "Use 'squared_error'.",
        "mae": "Use 'absolute_error'.",
        "l1": "Use 'absolute_error'.",
        "squaredhinge": "Use 'hinge'.",
    },
    "solver": {
        "adam": "That is one of MLPClassifier's; 'minibatch' takes its place, without a learning rate.",
        "sgd": "That is one of MLPClassifier's; 'minibatch' takes its place, without a learning rate.",
        "lbfgs": "That is one of MLPClassifier's; 'full' takes its place.",
        "bcd": "Use 'full', which is Algorithm 1 of the paper.",
        "fullbatch": "Use 'full'.",
        "batch": "Use 'full' or 'minibatch'.",
    },
}

#: a parameter that others have -> what takes its place here
ELSEWHERE = {
    "alpha": "The L2 penalty alpha of MLPClassifier is 'ridge' here, the paper's alpha is 'proximal'.",
    "l2": "The L2 penalty is 'ridge' here.",
    "weight_decay": "The L2 penalty is 'ridge' here.",
    "batch_size": "It belongs to a solver: solver=MiniBatch(batch_size=...) from sklearn_nnbcd.solvers.",
    "averaging": "It belongs to a solver: solver=MiniBatch(averaging=...) from sklearn_nnbcd.solvers.",
    "compress_after": "It belongs to a solver: solver=MiniBatch(compress_after=...).",
    "block_step": "Use solver='exact' for the closed forms on batches.",
    "projection": "It belongs to a solver: solver=FullBatch(projection=...) from sklearn_nnbcd.solvers.",
    "relaxation": "It belongs to a solver: solver=FullBatch(relaxation=...) from sklearn_nnbcd.solvers.",
    "extrapolation": "It belongs to a solver: solver=FullBatch(extrapolation=...).",
    "alpha_w": "It belongs to a solver: solver=FullBatch(alpha_w=...) from sklearn_nnbcd.solvers.",
    "tensorization": "It belongs to a format: compression=TensorTrain(tensorization=...) of "
    "sklearn_nnbcd.compressions.",
    "hidden_layers": "Use 'hidden_layer_sizes'.",
    "epochs": "Use 'max_iter'.",
    "n_epochs": "Use 'max_iter'.",
    "patience": "Use 'n_iter_no_change'.",
    "n_jobs": "The threads are those of the linear algebra library: see threadpoolctl.",
    "shuffle": "'minibatch' shuffles its rows always, 'full' takes all of them.",
    "max_fun": "Use 'max_iter'.",
    **dict.fromkeys(
        ("learning_rate", "learning_rate_init", "power_t", "momentum", "nesterovs_momentum")
        + ("beta_1", "beta_2", "epsilon"),
        "Blocks are solved for, so there is no length of a step to set: leave it out.",
    ),
}


def canonical(value: Any, parameter: str) -> Any:
    """Our name for one that means exactly the same; anything else as it is.

    Examples
    --------
    >>> canonical("logistic", "activation"), canonical("relu", "activation")
    ('sigmoid', 'relu')
    """
    return ALIASES.get(parameter, {}).get(value, value) if isinstance(value, str) else value


def cure_for(value: Any, options: Iterable[str], parameter: str) -> str:
    """' Use X.' for a name from elsewhere, ' Did you mean X?' for a near miss, otherwise nothing.

    Examples
    --------
    >>> cure_for("ReLU", ["relu", "tanh"], "activation")
    " Did you mean 'relu'?"
    >>> cure_for("svd", ["tt", "low_rank"], "compression")
    " Use 'low_rank'."
    """
    hint = HINTS.get(parameter, {}).get(squeezed(value))
    return did_you_mean(value, options) if hint is None else f" {hint}"


def cure_for_parameter(name: str, known: Iterable[str]) -> str:
    """What takes the place of a parameter that an estimator does not have.

    Examples
    --------
    >>> cure_for_parameter("rnk", ["rank", "tau"])
    "Did you mean 'rank'?"
    """
    known = list(known)
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.7)
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    return f"Did you mean {close[0]!r}?" if close else f"The parameters are {', '.join(known)}."


def named_parameters(cls: type) -> type:
    """Class decorator: the constructor says what takes the place of a parameter that it does not have."""
    plain = vars(cls)["__init__"]
    known = [name for name in inspect.signature(plain).parameters if name != "self"]

    @functools.wraps(plain)
    def __init__(self: Any, *args: Any, **parameters: Any) -> None:  # noqa: N807
        for name in parameters:
            if name not in known:
                owner, cure = type(self).__name__, cure_for_parameter(name, known)
                raise TypeError(f"{owner} got an unexpected keyword argument {name!r}. {cure}")
        plain(self, *args, **parameters)

    cls.__init__ = __init__  # type: ignore[misc]
    return cls

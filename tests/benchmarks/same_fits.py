# SPDX-License-Identifier: BSD-3-Clause
"""Whether two versions of the package fit the same networks, to rounding.

    python tests/benchmarks/same_fits.py run FILE.npz      # once with each version on the path
    python tests/benchmarks/same_fits.py compare A.npz B.npz

Parameters that moved into solvers and formats are given where the version at hand has them.
"""

import inspect
import sys

import numpy as np
from sklearn.datasets import load_diabetes, load_digits, load_wine
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import TensorTrain
from sklearn_nnbcd.layers import Conv2D, Dense, Residual

WINE, DIGITS, DIABETES = (f(return_X_y=True) for f in (load_wine, load_digits, load_diabetes))
PLAIN = {"relaxation": 1.0, "extrapolation": False, "alpha_w": 0.1}
IMAGES = {"layers": [Conv2D(4, 3), Dense(16)], "input_shape": (8, 8, 1)}
BLOCKS = {"layers": [Dense(12), Residual([Dense(12), Dense(12)])]}

#: name -> (estimator, data, solver, parameters of the estimator, parameters of the solver)
CONFIGURATIONS = {
    "full dense": ("classifier", WINE, "full", {}, {}),
    "full paper": ("classifier", WINE, "full", {"compression": "low_rank", "rank": 3}, PLAIN),
    "full tt": ("classifier", WINE, "full", {"compression": TensorTrain(3, tensorization="paired")}, {}),
    "full l0, data metric": ("classifier", WINE, "full", {"compression": "l0"}, {"projection": "data"}),
    "full tucker, hinge": ("classifier", WINE, "full", {"compression": "tucker", "loss": "hinge"}, {}),
    "full residual, tanh": ("classifier", WINE, "full", {"activation": "tanh", **BLOCKS}, {}),
    "full regression": ("regressor", DIABETES, "full", {"activity_regularizer": "l1"}, {}),
    "minibatch dense": ("classifier", DIGITS, "minibatch", {}, {"averaging": 2.0}),
    "minibatch low rank": ("classifier", DIGITS, "minibatch", {"compression": "low_rank", "rank": 4}, {}),
    "minibatch budget": (
        "classifier",
        DIGITS,
        "minibatch",
        {"compression": "l0", "compression_ratio": 0.2, "compress_output": True},
        {"compress_after": 0.3},
    ),
    "minibatch conv, cp": ("classifier", DIGITS, "minibatch", {"compression": "cp", **IMAGES}, {}),
    "minibatch regression": ("regressor", DIABETES, "minibatch", {"compression": "tt"}, {"batch_size": 50}),
    "exact dense": ("classifier", DIGITS, "exact", {"loss": "squared_error"}, {}),
}


def make(kind, solver, parameters, of_solver):
    """The estimator, in the words of the version that is imported."""
    cls = NNBCDClassifier if kind == "classifier" else NNBCDRegressor
    known = inspect.signature(cls).parameters
    given = {"random_state": 0, "max_iter": 12, "loss": "squared_error", **parameters}
    if "layers" not in given:
        given["hidden_layer_sizes"] = (24, 16)
    if "block_step" in known:  # the first version
        if solver == "exact":
            solver, of_solver = "minibatch", {**of_solver, "block_step": "exact"}
        return cls(solver=solver, **given, **of_solver)
    from sklearn_nnbcd.solvers import SOLVERS

    return cls(solver=SOLVERS[solver](**of_solver), **given)


def fit_all():
    """Name -> outputs of the fitted network and the curve of the fit."""
    found = {}
    for name, (kind, (X, y), solver, parameters, of_solver) in CONFIGURATIONS.items():
        X = X / 16 if "input_shape" in parameters else StandardScaler().fit_transform(X)
        s = np.linspace(0.5, 1.5, len(y))
        model = make(kind, solver, parameters, of_solver).fit(X, y, sample_weight=s)
        outputs = model.decision_function(X) if kind == "classifier" else model.predict(X)
        found[name] = np.concatenate([np.ravel(outputs), model.objective_curve_, [model.loss_]])
    return found


def compare(first, second):
    """Print the largest difference of each configuration, relative to the largest entry."""
    one, other = np.load(first), np.load(second)
    for name in CONFIGURATIONS:
        a, b = one[name], other[name]
        print(f"{name:24s} {np.max(np.abs(a - b)) / np.max(np.abs(a)):.1e}")


if __name__ == "__main__":
    if sys.argv[1] == "run":
        np.savez(sys.argv[2], **fit_all())
    else:
        compare(*sys.argv[2:])

# SPDX-License-Identifier: BSD-3-Clause
"""Fitted networks of every kind, drawn at random: for tests of what reads a fitted network."""

import warnings

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.activations import ACTIVATIONS, LeakyReLU, Polynomial
from sklearn_nnbcd.compressions import COMPRESSIONS, CP, L0, GroupLasso, LowRank, Sum, TensorTrain, Tucker
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense, Residual
from sklearn_nnbcd.losses import LOSSES

CLASSES = {
    "ints": np.array([-3, 7, 40, 41, 90000]),
    "strings": np.array(["äh", 'say "no"', "back\\slash", "what??/", "e"]),
    "bools": np.array([False, True]),
}


def random_network(seed):
    """A fitted estimator, alone or behind a scaler, and rows that it has not seen.

    Where the fit itself refuses what was drawn, as where polynomials overflow, the test is skipped.

    Returns
    -------
    model : estimator or Pipeline
    X : array of shape (40, n_features)
    text : str
        What was drawn.
    """
    rng = np.random.default_rng(seed)
    images = rng.random() < 0.3
    shape = (6, 5, 2) if images else (int(rng.choice([1, 4, 12, 30])),)
    n_features, dtype = int(np.prod(shape)), rng.choice(["float32", "float64"])
    X = (rng.standard_normal((100, n_features)) * rng.uniform(0.3, 3.0, n_features)).astype(dtype)
    X += rng.uniform(-2.0, 2.0, n_features).astype(dtype)
    far = np.random.default_rng([seed, 1])  # draws of its own, so that the others do not depend on it
    if not images and far.random() < 0.4:
        columns = far.random(n_features) < 0.5
        X[:, columns] += far.standard_t(1.0, (100, int(columns.sum()))).astype(dtype)
    scores = X @ rng.standard_normal((n_features, 5)) + rng.standard_normal((100, 5))
    task = rng.choice(["labels", "indicators", "numbers"], p=[0.6, 0.15, 0.25])
    options = _architecture(rng, images) | {
        "activation": _activation(rng),
        "compression": _compression(rng),
        "compress_output": bool(rng.random() < 0.5),
        "fit_intercept": bool(rng.random() < 0.85),
        "loss": _loss(rng, task),
        "solver": str(rng.choice(["full", "minibatch"])),
        "max_iter": 2,
        "random_state": 0,
        "column_bins": 0 if images else int(far.choice([0, 0, 2, 5])),
    }
    if options["compression"] is None:
        del options["compress_output"]
    if images:
        options["input_shape"] = shape
    model = (NNBCDRegressor if task == "numbers" else NNBCDClassifier)(**options)
    scaler = [None, None, StandardScaler(), MinMaxScaler(clip=True), RobustScaler()][rng.integers(5)]
    if scaler is not None:
        model = make_pipeline(scaler, model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model.fit(X[:60], _targets(rng, task, scores[:60], options["loss"]))
        except ValueError as refusal:
            pytest.skip(f"no network: {refusal}")
    return model, X[60:], " ".join(repr(model).split())


def _architecture(rng, images):
    kind = rng.integers(3)
    if images:
        first = [
            Conv2D(4, 3, stride=int(rng.integers(1, 3)), padding=int(rng.integers(2))),
            Conv2D(3, (2, 3), padding=(0, 1)),
        ][rng.integers(2)]
        pool = [[], [AveragePool2D(2)], [AveragePool2D((2, 1), stride=1)]][rng.integers(3)]
        rest = [[], [Dense(6)], [Residual([Conv2D(int(first.filters), 3, padding=1)] * 2)]][rng.integers(3)]
        return {"layers": [first, *rest] if rest and isinstance(rest[0], Residual) else [first, *pool, *rest]}
    if kind == 0:
        return {"layers": [Dense(8), Residual([Dense(6), Dense(8)]), Dense(4)]}
    return {"hidden_layer_sizes": [(), (8,), (12, 6), (9, 9, 4)][rng.integers(4)] or (5,)}


def _activation(rng):
    return [*ACTIVATIONS, LeakyReLU(0.2), Polynomial((0.1, 0.5, 0.2, 0.01))][
        rng.integers(len(ACTIVATIONS) + 2)
    ]


def _compression(rng):
    others = [
        None,
        TensorTrain(rank=0.5),
        TensorTrain(rank=0.5, tensorization="paired"),
        TensorTrain(rank=0.6, tensorization="flat_transposed"),
        Tucker(rank=0.5),
        CP(rank=0.4),
        GroupLasso(strength=0.5, groups="inputs"),
        GroupLasso(strength=0.3),
        Sum([LowRank(rank=0.3), L0(sparsity=0.9)]),
    ]
    named = [*COMPRESSIONS, *others]
    return named[rng.integers(len(named))]


def _loss(rng, task):
    wanted = "regression" if task == "numbers" else "classification"
    return str(rng.choice([name for name, loss in LOSSES.items() if wanted in loss.tasks]))


def _targets(rng, task, scores, loss):
    if task == "numbers":
        y = np.exp(0.1 * scores) if loss == "poisson" else 30.0 * scores - 500.0
        return y[:, 0] if rng.random() < 0.5 else y[:, :3]
    if task == "indicators":
        return (scores[:, :3] > 0).astype(rng.choice(["int64", "float64", "bool"]))
    names = CLASSES[str(rng.choice(list(CLASSES)))]
    n_classes = 2 if rng.random() < 0.3 else len(names)
    codes = np.argmax(scores[:, :n_classes], axis=1)
    codes[:n_classes] = np.arange(n_classes)  # every class has a row
    return names[codes]

# SPDX-License-Identifier: BSD-3-Clause
"""Networks as scikit-learn's own MLPs."""

import numpy as np
import pytest
import sklearn
from random_networks import random_network
from sklearn.datasets import load_diabetes, load_iris
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils._testing import ignore_warnings
from sklearn.utils.fixes import parse_version

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.export import to_mlp
from sklearn_nnbcd.layers import Conv2D, Dense, Residual


def assert_agrees(model, mlp, X):
    """Labels are equal; numbers up to rounding of two orders of the same sums."""
    kind = MLPRegressor if isinstance(model, NNBCDRegressor) else MLPClassifier
    assert type(mlp) is kind
    tolerance = 1e-12 if model.network_.dtype == "float64" else 2e-5
    if kind is MLPRegressor:
        expected = model.predict(X)
        np.testing.assert_allclose(mlp.predict(X), expected, tolerance, tolerance * np.abs(expected).max())
        return
    assert mlp.predict(X).tolist() == model.predict(X).tolist()
    np.testing.assert_allclose(mlp.predict_proba(X), model.predict_proba(X), atol=tolerance)


def test_a_random_network_agrees_or_is_refused_by_name():
    n_agreed = 0
    for seed in range(90):
        model, X, text = random_network(seed)
        if hasattr(model, "steps"):
            model, X = model[-1], model[:-1].transform(X)
        try:
            mlp = to_mlp(model)
        except ValueError as error:
            assert str(error).startswith("The 'estimator' of to_mlp must have "), text
        else:
            assert_agrees(model, mlp, X)
            n_agreed += 1
    assert n_agreed >= 5


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("two", [False, True])
def test_classifiers(activation, two):
    X, y = load_iris(return_X_y=True)
    y = np.array(["no", "yes", "maybe"])[y]
    if two:
        y[y == "maybe"] = "no"
    options = {"compression": "l0", "fit_intercept": activation != "tanh", "max_iter": 5, "random_state": 0}
    model = NNBCDClassifier((8, 5), activation=activation, **options).fit(X, y)
    mlp = to_mlp(model)
    assert_agrees(model, mlp, X)
    assert mlp.get_params()["hidden_layer_sizes"] == (8, 5)
    assert NNBCDClassifier.from_mlp(mlp).predict(X).tolist() == model.predict(X).tolist()


def test_labels_go_on_learning():
    X, y = load_iris(return_X_y=True)
    Y = np.stack([y == 0, y > 1], axis=1).astype(int)
    model = NNBCDClassifier((8,), max_iter=5, random_state=0).fit(X, Y)
    mlp = to_mlp(model)
    assert_agrees(model, mlp, X)
    before = mlp.coefs_[0].copy()
    mlp.partial_fit(X, Y)
    assert 0.0 < np.abs(mlp.coefs_[0] - before).max() < 0.1  # a step of Adam is 0.001 an entry and batch


@pytest.mark.parametrize("loss", ["squared_error", "huber", "absolute_error", "poisson"])
@ignore_warnings(category=UserWarning)
def test_regressors_with_columns_far_from_zero(loss):
    if loss == "poisson" and parse_version(sklearn.__version__) < parse_version("1.7"):
        pytest.skip("MLPRegressor has no poisson before scikit-learn 1.7")
    X, y = load_diabetes(return_X_y=True)
    X = X + 1e9  # too far for the origins to become part of the intercepts of a fit
    for targets in (y, np.stack([y, 1e3 + y], axis=1)):
        model = NNBCDRegressor((8,), loss=loss, max_iter=3, random_state=0).fit(X, targets)
        expected = model.predict(X)
        # the columns' numbers have 9 digits before what varies, so products of them have 7 left
        np.testing.assert_allclose(to_mlp(model).predict(X), expected, rtol=1e-4, atol=1e-4 * expected.std())


@pytest.mark.parametrize(
    "options, what",
    [
        ({"layers": [Conv2D(2, 2), Dense(3)], "input_shape": (2, 2, 1)}, "dense layers only. Got Conv2D"),
        ({"layers": [Dense(4), Residual([Dense(3), Dense(4)])]}, "Got Residual"),
        ({"activation": "softplus"}, "Got Softplus"),
        ({"loss": "squared_error"}, r"the loss SquaredError\(\) and 3 outputs"),
        ({"loss": "hinge"}, r"the loss Hinge\(\)"),
        ({"loss": "logistic"}, r"the loss Logistic\(\)"),
    ],
)
def test_what_an_mlp_cannot_say_is_refused_by_name(options, what):
    X, y = load_iris(return_X_y=True)
    if "layers" not in options:
        options = options | {"hidden_layer_sizes": (4,)}
    model = NNBCDClassifier(**options, max_iter=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=what):
        to_mlp(model)


def test_other_estimators_are_refused():
    with pytest.raises(TypeError, match="Got MLPClassifier"):
        to_mlp(MLPClassifier())

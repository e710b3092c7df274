# SPDX-License-Identifier: BSD-3-Clause
"""Outputs that overflow are an error that names the row, not NaN or a wrong class."""

import warnings

import numpy as np
import pytest

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor

X = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
SHORT = {"hidden_layer_sizes": (5, 5), "max_iter": 3, "random_state": 0}


@pytest.mark.parametrize(
    ("model", "method"),
    [
        (NNBCDClassifier(activation="square", **SHORT), "predict"),
        (NNBCDClassifier(activation="square", **SHORT), "predict_proba"),
        (NNBCDClassifier(activation="square", **SHORT), "predict_log_proba"),
        (NNBCDClassifier(activation="square", loss="logistic", **SHORT), "decision_function"),
        (NNBCDRegressor(activation="square", **SHORT), "predict"),
        (NNBCDRegressor(loss="poisson", **SHORT), "predict"),
    ],
)
def test_an_overflow_names_the_row(model, method):
    model.fit(X, (X[:, 0] > 0).astype(int))
    far = X.copy()
    far[[7, 9]] *= 1e15
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(ValueError, match=rf"'X' of {type(model).__name__}.{method}.*float32.*in row 7\."):
            getattr(model, method)(far)
    assert np.isfinite(getattr(model, method)(X)).all()


@pytest.mark.parametrize("loss", ["squared_error", "huber", "absolute_error"])
def test_the_loss_of_large_targets_is_a_number(loss):
    """Squares of 1e30 have no place in single precision, in which the network is."""
    model = NNBCDRegressor(loss=loss, **SHORT).fit(X, 1e30 * X[:, 0].astype(float))
    assert np.isfinite(model.loss_) and model.loss_ > 1e20


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_log_probabilities_are_logarithms(loss):
    """Of squared error some probabilities are 0, and nothing is said of it."""
    model = NNBCDClassifier((5,), loss=loss, random_state=0).fit(X, (X[:, 0] > 0).astype(int))
    P = model.predict_proba(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        L = model.predict_log_proba(X)
    assert L.dtype == P.dtype and (P.min() == 0.0 or loss != "squared_error")
    np.testing.assert_array_equal(L == -np.inf, P == 0.0)
    np.testing.assert_allclose(np.exp(L), P, rtol=1e-5)

# SPDX-License-Identifier: BSD-3-Clause
"""partial_fit: learning from rows that come a few at a time."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.solvers import FullBatch, MiniBatch

OPTIONS = dict(hidden_layer_sizes=(32, 32), random_state=0)
COMPRESSED = dict(compression="low_rank", rank=8)


def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split((X / 16).astype("float32"), y, random_state=0)


def streamed(model, X, y, *, calls=5, passes=3, **first):
    """The model after some passes of calls with a part of the rows each."""
    for _ in range(passes):
        for part in range(calls):
            model.partial_fit(X[part::calls], y[part::calls], **first)
            first = {}
    return model


@pytest.mark.parametrize("compressed", [{}, COMPRESSED], ids=["dense", "low rank"])
def test_classifier_learns_from_a_stream(compressed):
    X, T, y, t = digits()
    model = streamed(NNBCDClassifier(**OPTIONS, **compressed), X, y, passes=5, classes=np.arange(10))
    assert model.score(T, t) > 0.94  # a linear model reaches 0.93
    assert model.n_iter_ == 25 and len(model.objective_curve_) == 25
    assert model.objective_curve_[-1] < 0.3 * model.objective_curve_[0]
    assert model.coefs_[0].dtype == np.float32
    assert (model.compression_ratio_ < 1.0) == bool(compressed)


def test_regressor_learns_from_a_stream():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 5))
    y = 50.0 * np.abs(X[:, 0] + X[:, 1]) - 300.0
    X, T, y, t = train_test_split(X, y, random_state=0)
    model = streamed(NNBCDRegressor(**OPTIONS), X, y, passes=6)
    assert model.score(T, t) > 0.8  # a linear model reaches 0.0
    both = streamed(NNBCDRegressor(**OPTIONS), X, np.column_stack([y, -y]), passes=1)
    assert both.predict(T).shape == (len(T), 2)


def test_the_first_call_needs_the_classes_and_later_ones_keep_them():
    X, _, y, _ = digits()
    few = y < 3
    model = NNBCDClassifier(**OPTIONS)
    with pytest.raises(ValueError, match="'classes' of partial_fit must name all labels"):
        model.partial_fit(X, y)
    assert not hasattr(model, "classes_")
    model.partial_fit(X[few], y[few], classes=np.arange(10))  # seven classes never came
    assert model.predict_proba(X).shape == (len(X), 10)
    model.partial_fit(X, y)
    with pytest.raises(ValueError, match="must stay those of the first call"):
        model.partial_fit(X, y, classes=np.arange(9))
    with pytest.raises(ValueError, match="Name every label in the first call"):
        model.partial_fit(X, y + 1)
    with pytest.raises(ValueError, match="'balanced', which needs all rows"):
        NNBCDClassifier(class_weight="balanced").partial_fit(X, y, classes=np.arange(10))
    with pytest.raises(ValueError, match="must keep the shape"):
        NNBCDRegressor(**OPTIONS).partial_fit(X, y * 1.0).partial_fit(X, np.column_stack([y, y]))


@pytest.mark.parametrize("compressed", [{}, COMPRESSED], ids=["dense", "low rank"])
def test_a_pickled_estimator_goes_on_from_its_weights(compressed):
    """The solver's state stays behind: a pickle is as small as after fit, and still learns."""
    X, T, y, t = digits()
    model = NNBCDClassifier(**OPTIONS, **compressed)
    model.partial_fit(X[:700], y[:700], classes=np.arange(10))
    stream = pickle.dumps(model)
    fitted = pickle.dumps(clone(model).set_params(solver="minibatch").fit(X[:700], y[:700]))
    assert len(stream) < 1.1 * len(fitted)  # the curve of a fit has an entry per pass
    copied = pickle.loads(stream)
    np.testing.assert_array_equal(copied.predict_proba(T), model.predict_proba(T))
    score = copied.score(T, t)
    streamed(copied, X, y, passes=3)
    assert copied.score(T, t) > max(score, 0.9)
    assert copied.n_iter_ == len(copied.objective_curve_) == 15  # a new stream, as after fit
    assert (copied.compression_ratio_ < 1.0) == bool(compressed)


@pytest.mark.parametrize("solver", ["full", FullBatch()], ids=["name", "instance"])
def test_the_full_solver_is_refused(solver):
    X, _, y, _ = digits()
    model = NNBCDClassifier(**OPTIONS, solver=solver)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        model.partial_fit(X, y, classes=np.arange(10))
    assert "takes rows a few at a time: 'minibatch' or 'exact'" in str(caught.value.__cause__ or caught.value)
    assert not hasattr(model, "network_") and not hasattr(model, "n_features_in_")


def test_the_exact_solver_learns_from_a_stream():
    X, T, y, t = digits()
    model = NNBCDClassifier(**OPTIONS, solver="exact")
    streamed(model, X, y, passes=5, classes=np.arange(10))
    assert model.score(T, t) > 0.8


def test_goes_on_after_fit_and_fit_begins_anew():
    X, T, y, t = digits()
    fitted = NNBCDClassifier(**OPTIONS, max_iter=3).fit(X, y)
    before, score = fitted.coefs_[0], fitted.score(T, t)
    fitted.partial_fit(X[:64], y[:64])
    change = np.linalg.norm(fitted.coefs_[0] - before) / np.linalg.norm(before)
    assert 0.0 < change < 0.2 and fitted.score(T, t) > score - 0.05
    again = fitted.fit(X, y)
    np.testing.assert_array_equal(again.coefs_[0], before)


def test_weights_are_copies():
    X, _, y, _ = digits()
    X, y = X[:90].astype("float64"), y[:90]
    copies = np.random.default_rng(0).integers(0, 3, size=90)
    # a given ridge: the evidence goes by relative weights
    options = dict(OPTIONS, solver=MiniBatch(batch_size=10**6, precision="double"), ridge=0.5)
    models = [NNBCDClassifier(**options) for _ in range(2)]
    models[0].partial_fit(X, y, copies.astype(float), classes=np.arange(10))
    models[1].partial_fit(X.repeat(copies, axis=0), y.repeat(copies), classes=np.arange(10))
    for a, b in zip(models[0].coefs_, models[1].coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)  # the same sums in another order


def test_numbers_that_overflow_leave_the_estimator_as_it_was():
    X, _, y, _ = digits()
    model = NNBCDClassifier(**OPTIONS).partial_fit(X, y, classes=np.arange(10))
    before, steps = model.coefs_, model.n_iter_
    with pytest.raises(ValueError, match="not finite"):
        model.partial_fit(X * np.float32(1e30), y)
    for a, b in zip(model.coefs_, before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.n_iter_ == steps
    assert model.partial_fit(X, y).loss_ < model.objective_curve_[0]
    assert not hasattr(clone(model), "_stream")

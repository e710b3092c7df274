# SPDX-License-Identifier: BSD-3-Clause
"""Bent columns: which ones, what they become, and that every way to a network knows of them."""

import io
import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.export import load_network, save_network, to_mlp
from sklearn_nnbcd.network import Bend, narrow
from sklearn_nnbcd.numerics import ColumnMoments

OPTIONS = {"hidden_layer_sizes": (12,), "max_iter": 20, "random_state": 0}


@pytest.fixture(scope="module")
def incomes():
    """Labels follow the logarithm of a column with a heavy tail; columns of other kinds stand beside it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    X[:, 1] = np.exp(2.0 * X[:, 1]) + 3.0  # far entries
    X[:, 2] = (rng.random(600) < 0.01) * 7.0  # two values, one of them rare
    X[:, 3] = 4.0  # constant
    X[0, 4] = 1e5  # one wrong entry
    return X, (np.log(X[:, 1] - 3.0) + 0.3 * X[:, 0] > 0.5).astype(int)


def moments(X):
    return ColumnMoments.of(X, None), (X.min(axis=0), X.max(axis=0)), X


def test_columns_with_far_entries_bend_and_no_others(incomes):
    X, _ = incomes
    bend = Bend.of_columns(*moments(X))
    np.testing.assert_array_equal(np.isfinite(bend.knee), [False, True, False, False, True])
    assert Bend.of_columns(*moments(X[:, [0, 2, 3]])) is None


def test_it_is_the_arc_that_it_says(incomes):
    X, _ = incomes
    bend, Z = Bend.of_columns(*moments(X)), X.copy()
    for j in (1, 4):
        c, k = X[:, j].mean(), X[:, j].std()
        for i in range(len(X)):
            Z[i, j] = k * (np.arcsinh((X[i, j] - c) / k) - np.arcsinh(-c / k))
    np.testing.assert_allclose(bend(X), Z, rtol=1e-12, atol=1e-15 * X[:, 4].std() * 10)  # a sum of two arcs
    assert (np.diff(bend(X)[np.argsort(X[:, 1]), 1]) >= 0).all()  # order stays
    np.testing.assert_allclose(bend(np.zeros((1, 5))), 0.0, atol=1e-300)


def test_sparse_rows_bend_as_dense_ones(incomes):
    X, y = incomes
    X = np.where(np.abs(X) > 1.0, X, 0.0)
    dense = NNBCDClassifier(**OPTIONS).fit(X, y)
    thin = NNBCDClassifier(**OPTIONS).fit(sparse.csr_array(X), y)
    assert dense.network_.bend is not None
    np.testing.assert_allclose(thin.predict_proba(sparse.csr_array(X)), dense.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(dense.predict_proba(sparse.csc_matrix(X)), dense.predict_proba(X), atol=1e-9)


def test_units_and_origins_of_columns_change_nothing_but_a_constant(incomes):
    X, _ = incomes
    factors = np.asarray([1e3, 1e-3, 2.0, 1.0, 50.0])
    T = X * factors + [5.0, -2.0, 0.0, 1.0, 10.0]
    one, other = (Bend.of_columns(*moments(Z))(Z) for Z in (X, T))
    change = (other - other[:1]) / factors - (one - one[:1])
    np.testing.assert_allclose(change / X.std(axis=0).clip(1e-3), 0.0, atol=1e-11)  # rounding of T


def test_they_learn_what_straight_columns_do_not(incomes):
    X, y = incomes
    X, T, y, t = X[:400, :4], X[400:, :4], y[:400], y[400:]
    bent = NNBCDClassifier((), random_state=0).fit(X, y)
    straight = NNBCDClassifier((), random_state=0, bend_columns=False).fit(X, y)
    assert straight.network_.bend is None
    assert bent.score(T, t) > straight.score(T, t) + 0.02  # a line in the logarithm


@pytest.mark.parametrize("solver", ["full", "minibatch", "exact"])
@pytest.mark.parametrize("kind", [NNBCDClassifier, NNBCDRegressor])
def test_losses_curves_and_copies_know_of_the_bend(incomes, solver, kind):
    X, y = incomes
    model = kind(**OPTIONS | {"solver": solver}).fit(X, y)
    expected = model.network_.bend is not None
    assert expected
    again = pickle.loads(pickle.dumps(model))
    file = io.BytesIO()
    save_network(model, file)
    file.seek(0)
    for other in (again, load_network(file), narrow(model)):
        np.testing.assert_allclose(other.predict(X), model.predict(X), rtol=1e-9, atol=1e-9)
    if kind is NNBCDRegressor:
        loss = 0.5 * np.mean((model.predict(X) - y) ** 2)
        assert loss == pytest.approx(model.loss_, rel=1e-6)
    with pytest.raises(ValueError, match="bend_columns=False"):
        to_mlp(model)


@pytest.mark.parametrize("solver", ["full", "minibatch"])
def test_going_on_keeps_it(incomes, solver):
    X, y = incomes
    model = NNBCDClassifier(**OPTIONS | {"solver": solver, "warm_start": True}).fit(X, y)
    bend, loss = model.network_.bend, model.loss_
    model.fit(X[:500], y[:500])
    assert model.network_.bend is bend and model.loss_ < loss * 1.2
    if solver == "minibatch":
        model.partial_fit(X, y)
        assert model.network_.bend is bend and model.loss_ < loss * 1.2


def test_early_stopping_scores_bent_rows(incomes):
    X, y = incomes
    model = NNBCDClassifier(**OPTIONS | {"early_stopping": True, "solver": "minibatch"})
    model.fit(X[:450], y[:450], X_val=X[450:], y_val=y[450:])
    assert model.score(X[450:], y[450:]) == pytest.approx(model.best_validation_score_)


@pytest.mark.parametrize(
    "options",
    [{"bits": 8}, {"max_bytes": 400}, {"fit_intercept": False}, {"bend_columns": False}],
)
def test_what_leaves_columns_straight(incomes, options):
    X, y = incomes
    model = NNBCDClassifier(
        **OPTIONS | options | ({"hidden_layer_sizes": "auto"} if "max_bytes" in options else {})
    )
    assert model.fit(X, y).network_.bend is None


def test_streams_and_clones(incomes):
    X, y = incomes
    stream = NNBCDClassifier(**OPTIONS).partial_fit(X, y, classes=[0, 1])
    assert stream.network_.bend is None and clone(stream).bend_columns is True
    with pytest.raises(TypeError, match="'bend_columns'"):
        NNBCDClassifier(bend_columns="yes").fit(X, y)


def test_a_pickle_holds_no_derived_arrays(incomes):
    model = NNBCDClassifier(**OPTIONS).fit(*incomes)
    model.predict(incomes[0])
    assert "_parts" in vars(model.network_.bend)
    assert set(vars(pickle.loads(pickle.dumps(model.network_.bend)))) == {"centre", "knee"}

# SPDX-License-Identifier: BSD-3-Clause
"""Tables that once came out wrong without a word: units, origins, extremes, many classes, streams."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor

SOLVERS = ["full", "minibatch", "exact"]
BATCH_SOLVERS = SOLVERS[1:]
FORMATS = [None, "low_rank", "l0"]


def short(solver):
    """A solver and sweeps or passes that are enough for these small tables."""
    return {"solver": solver, "max_iter": 120 if solver == "full" else 30, "random_state": 0}


def table(n=501, d=6, seed=0):
    """X, numbers, three classes."""
    X = np.random.default_rng(seed).normal(size=(n, d))
    return X, np.sin(X[:, 0]) + X[:, 1] / 2, np.digitize(X[:, 0] + X[:, 1], [-0.6, 0.6])


def in_other_units(X, how):
    """X with one or all columns in another unit."""
    X = X.copy()
    if how == "year":
        return np.column_stack([X, np.random.default_rng(1).integers(1990, 2025, len(X))])
    if how == "offset":
        return X + 100.0
    if how == "large":
        X[:, 5] *= 1e6
    if how == "mixed":
        X = X * 10.0 ** np.arange(-3, 3) + 5.0
    return X


# 1. columns of any scale and origin ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "dtype"), [("year", "float64"), ("offset", "float32"), ("large", "float64"), ("mixed", "float32")]
)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_scaler_in_front_changes_little(solver, how, dtype):
    """Spreads keep their ratio up to a factor of two inside, so the fits are alike and not the same."""
    X, y, c = table(seed=2)
    X = in_other_units(X, how)
    raw, scaled = X.astype(dtype), StandardScaler().fit_transform(X).astype(dtype)
    for model, target in (NNBCDRegressor, y), (NNBCDClassifier, c):
        fitted = [model(**short(solver)).fit(Z, target) for Z in (raw, scaled)]
        scores = [m.score(Z, target) for m, Z in zip(fitted, (raw, scaled), strict=True)]
        assert min(scores) > 0.9
        assert abs(scores[0] - scores[1]) < 0.03


@pytest.mark.parametrize("compression", ["tt", "low_rank", "l0"])
@pytest.mark.parametrize("solver", BATCH_SOLVERS)
def test_compressed_networks_take_columns_as_they_are(solver, compression):
    X, y, _ = table(seed=3)
    for how in ("year", "large"):
        Z = in_other_units(X, how)
        m = NNBCDRegressor(random_state=0, solver=solver, compression=compression, max_iter=40).fit(Z, y)
        assert m.score(Z, y) > 0.9


@pytest.mark.parametrize("solver", BATCH_SOLVERS)
def test_partial_fit_takes_columns_as_they_are(solver):
    X, y, c = table(seed=4)
    Z = in_other_units(X, "mixed")
    classifier, regressor = (m(random_state=0, solver=solver) for m in (NNBCDClassifier, NNBCDRegressor))
    for _ in range(30):
        for part in (slice(0, 250), slice(250, None)):
            classifier.partial_fit(Z[part], c[part], classes=[0, 1, 2])
            regressor.partial_fit(Z[part], y[part])
    assert classifier.score(Z, c) > 0.95
    assert regressor.score(Z, y) > 0.9


@pytest.mark.parametrize("size", [1e3, 1e6])
@pytest.mark.parametrize("solver", SOLVERS)
def test_one_extreme_row_leaves_the_others_as_they_are(solver, size):
    X, y, c = table()
    X[7] *= size
    others = np.arange(len(X)) != 7
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        classifier = NNBCDClassifier(**short(solver)).fit(X, c)
        regressor = NNBCDRegressor(**short(solver)).fit(X, y)
    assert classifier.score(X, c) > 0.94
    assert regressor.score(X[others], y[others]) > 0.9
    assert np.isfinite(classifier.predict_proba(X)).all()


def test_extremes_of_several_sizes_and_weights():
    X, _, c = table(1000, seed=5)
    X[[3, 5, 8], [0, 1, 2]] = 1e9, -1e5, 1e3
    X[:, 3] = c == 1  # a common entry is no extreme one
    m = NNBCDClassifier(**short("minibatch")).fit(X, c, sample_weight=np.full(1000, 0.1))
    assert m.score(X, c) > 0.95


# 2. many classes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_classes", "n_rows", "least"), [(200, 20, 0.99), (300, 12, 0.95)])
def test_many_classes(n_classes, n_rows, least):
    r = np.random.default_rng(0)
    y = np.repeat(np.arange(n_classes), n_rows)
    X = (3.0 * r.normal(size=(n_classes, 30)))[y] + r.normal(size=(len(y), 30))
    assert NNBCDClassifier(random_state=0).fit(X, y).score(X, y) >= least


# 3. weights of any sum ----------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_adaboost_on_iris(solver):
    X, y = load_iris(return_X_y=True)
    boosted = AdaBoostClassifier(NNBCDClassifier(**short(solver)), n_estimators=5, random_state=0).fit(X, y)
    assert boosted.score(X, y) > 0.94


@pytest.mark.parametrize("compression", [*FORMATS, "tt"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_constant_factor_of_the_weights_changes_nothing(solver, compression):
    """Trains of deficient ranks and refits amplify rounding: factors that cause none, as powers of two."""
    X, y, c = table(seed=6)
    s = np.random.default_rng(0).uniform(0.5, 2.0, len(X))
    factors = (2.0**-9, 1024.0) if compression in ("tt", "l0") else (1 / 501, 1000.0)
    for model, target in (NNBCDClassifier, c), (NNBCDRegressor, y):
        m = model(random_state=0, solver=solver, compression=compression, max_iter=3)
        weights = [clone(m).fit(X, target, sample_weight=f * s).coefs_[0] for f in (1.0, *factors)]
        for W in weights[1:]:
            np.testing.assert_allclose(W, weights[0], atol=1e-8 * np.abs(weights[0]).max())


# 4. finite, or an error ---------------------------------------------------------------------------


@pytest.mark.parametrize("solver", BATCH_SOLVERS)
def test_dead_layers_and_overflows_are_finite_or_raise(solver):
    X = np.zeros((20, 1))
    m = NNBCDClassifier((8, 8, 8), compression="l1", solver=solver, max_iter=3, random_state=0)
    assert np.isfinite(m.fit(X, np.arange(20) % 2).predict_proba(X)).all()
    for size in (2.7e29, 1e37):
        X = np.full((4, 2), size, "float32")
        m = NNBCDClassifier((), loss="cross_entropy", weight_regularizer="l2", solver=solver, max_iter=1)
        try:
            m.fit(X, [0, 1, 0, 1])
        except ValueError as error:
            assert "Standardise" in str(error)
        else:
            assert np.isfinite(m.coefs_[0]).all()
            assert np.isfinite(m.predict_proba(X)).all()


def test_huber_has_a_delta_for_each_output():
    X, y, _ = table(seed=7)
    Y = np.column_stack([1e3 * y, X[:, 2]])
    m = NNBCDRegressor(loss="huber", **short("minibatch")).fit(X, Y)
    assert np.isfinite(m.loss_)
    assert m.score(X, Y) > 0.9


# 5. and 6. going on -------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [None, "low_rank", "l0"])
@pytest.mark.parametrize("solver", BATCH_SOLVERS)
def test_going_on_loses_nothing(solver, compression):
    X, y, c = table(seed=8)
    for model, target in (NNBCDRegressor, y), (NNBCDClassifier, c):
        fitted = model(random_state=0, solver=solver, compression=compression, max_iter=30).fit(X, target)
        before = fitted.score(X, target)
        for _ in range(3):
            fitted.partial_fit(X, target)
            assert fitted.score(X, target) > before - 0.01
        warm = model(random_state=0, solver=solver, compression=compression, max_iter=30, warm_start=True)
        before = warm.fit(X, target).score(X, target)
        assert warm.set_params(max_iter=1).fit(X, target).score(X, target) > before - 0.01


# 7. the unit of a stream --------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["one row", "y in another unit"])
def test_the_first_rows_of_a_stream_do_not_fix_its_unit(first):
    X, y, _ = table(seed=9)
    y = 1e4 * y
    m = NNBCDRegressor(random_state=0, solver="minibatch")
    if first == "one row":
        m.partial_fit(X[:1], y[:1])
    else:
        m.partial_fit(X[:100], 1e-4 * y[:100])
    for _ in range(60):
        m.partial_fit(X, y)
    assert m.score(X, y) > 0.9


# 12. an MLP's weights are a parameter ------------------------------------------------------------


def test_a_clone_of_from_mlp_trains_as_the_constructor_says():
    X, _, c = table(seed=10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp = MLPClassifier((20,), max_iter=30, random_state=0).fit(X, c)
    m = NNBCDClassifier.from_mlp(mlp, max_iter=2, random_state=0, solver="minibatch")
    others = [clone(m), NNBCDClassifier(**m.get_params(deep=False)), m]
    outputs = [other.fit(X, c).decision_function(X) for other in others] + [m.fit(X, c).decision_function(X)]
    for V in outputs[1:]:
        np.testing.assert_array_equal(V, outputs[0])


# 14. no better than a constant --------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_fit_that_learns_nothing_warns(solver):
    X, y, c = np.zeros((100, 3)), np.arange(100.0), np.arange(100) % 2
    for model, target in (NNBCDRegressor, y), (NNBCDClassifier, c):
        with pytest.warns(ConvergenceWarning, match="no better on its training rows than a constant"):
            model(random_state=0, solver=solver, max_iter=3).fit(X, target)


# 23. and 33. targets ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, -1e6, 0.1])
@pytest.mark.parametrize("solver", SOLVERS)
def test_constant_targets(solver, value):
    X = table(seed=11)[0]
    m = NNBCDRegressor(random_state=0, solver=solver, max_iter=10).fit(X, np.full(len(X), value))
    np.testing.assert_allclose(m.predict(X), value, atol=1e-3, rtol=1e-6)


@pytest.mark.parametrize("compression", [None, "tt"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_outputs_each_in_its_own_unit(solver, compression):
    X, y, _ = table(seed=12)
    Y = np.column_stack([1e6 * y, X[:, 2] - X[:, 3], 1e-6 * y + 1.0])
    m = NNBCDRegressor(compression=compression, **short(solver)).fit(X, Y)
    assert (1.0 - ((m.predict(X) - Y) ** 2).mean(0) / Y.var(0) > 0.9).all()


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-3), ("float64", 1e-7)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_units_that_hardly_differ_multiply_no_rounding(dtype, tolerance):
    """Equal rows and ridge=0: the hidden units differ by rounding, and by the labels that pulled at them."""
    X, y = np.ones((60, 4), dtype), np.arange(60) % 2
    model = NNBCDClassifier(
        (9, 7), activation="softplus", solver="full", ridge=0.0, max_iter=5, random_state=0
    )
    scores = model.fit(X, y).decision_function(X)
    one_by_one = np.concatenate([model.decision_function(X[k : k + 1]) for k in range(3)])
    np.testing.assert_allclose(one_by_one, scores[:3], atol=tolerance)
    assert np.ptp(scores) <= tolerance

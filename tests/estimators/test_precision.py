# SPDX-License-Identifier: BSD-3-Clause
"""Rows in double precision, trained on in single precision."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_digits, make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.engine._minibatch import _step
from sklearn_nnbcd.solvers import MiniBatch
from sklearn_nnbcd.solvers._batches import PRECISIONS, SINGLE_WEIGHTS

pytestmark = pytest.mark.filterwarnings("ignore", category=ConvergenceWarning)

X, Y = make_classification(300, 20, n_informative=8, n_classes=3, random_state=0)


@pytest.fixture
def seen(monkeypatch):
    """Names of the dtypes of all arrays that batches change, and are changed by."""
    names, step = set(), _step.apply_changes

    def watched(state, changes, gain, pull):
        after = step(state, changes, gain, pull)
        weights = after.weights
        curvatures = [c.gram for c in after.curvatures[1:] if hasattr(c.gram, "dtype")]
        dense = [m for m in weights.M_dense if m is not None]
        arrays = [*weights.W[1:], *weights.b[1:], *changes[1:], *curvatures, *dense]
        names.update(x.dtype.name for x in arrays if x is not None)
        return after

    monkeypatch.setattr(_step, "apply_changes", watched)
    return names


COMPRESSIONS = (
    dict(),
    dict(compression="l0", compression_ratio=0.3),
    dict(compression="low_rank", compression_ratio=0.5),
    dict(compression="tt", compression_ratio=0.5),
    dict(compression="group_lasso"),
    dict(bits=4),
    dict(compression="ternary"),
    dict(compression="l0", compression_ratio=0.3, bits=4),
)


@pytest.mark.parametrize("parameters", COMPRESSIONS, ids=str)
@pytest.mark.parametrize("solver", ["minibatch", "exact"])
def test_large_networks_train_in_single_precision_and_end_in_that_of_X(parameters, solver, seen):
    """Columns in unlike units: a format may have rows' factors of its own."""
    units = np.geomspace(1e-3, 1e3, X.shape[1])
    model = NNBCDClassifier((64, 16), max_iter=3, random_state=0, solver=solver, **parameters)
    model.fit(X * units, Y, np.linspace(0.5, 2.0, len(Y)))
    assert seen == {"float32"}
    rounded = "bits" in parameters or parameters.get("compression") == "ternary"
    stored = "float32" if rounded else "float64"
    assert model.network_.dtype == stored
    assert model.predict_proba(X).dtype == np.float64


@pytest.mark.parametrize(
    "precision, expected", list(zip(PRECISIONS, ("float64", "float32", "float64"), strict=True))
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_small_networks_follow_X_unless_they_are_told(precision, expected, dtype, seen):
    expected = dtype if precision == "auto" else expected
    model = NNBCDClassifier((8,), max_iter=3, random_state=0, solver=MiniBatch(precision=precision))
    model.fit(X.astype(dtype), Y)
    assert seen == {expected}
    assert model.network_.dtype == dtype


def test_auto_goes_by_the_number_of_weights():
    solver = MiniBatch()
    assert solver.resolve_precision(SINGLE_WEIGHTS, "float64") == "float32"
    assert solver.resolve_precision(SINGLE_WEIGHTS - 1, "float64") == "float64"


@pytest.mark.parametrize("offset, unit", [(0.0, 1.0), (1.6e9, 100.0), (0.0, 1e-100), (0.0, 1e100)])
def test_columns_are_scaled_in_double_precision(offset, unit):
    """Single precision has 7 digits: of a time in seconds since 1970 none of them would be left."""
    fits = []
    for rows in (X, offset + unit * X):
        fits.append(NNBCDClassifier((64, 32), max_iter=20, random_state=0).fit(rows, Y).predict_proba(rows))
    assert np.abs(fits[0] - fits[1]).mean() < 0.01  # rounding of X itself, and what batches make of it


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix, sp.csr_array])
def test_fits_in_both_precisions_are_alike(make):
    """Outputs differ by single rounding, 1e-7, as often as it adds up over the batches."""
    images, digits = load_digits(return_X_y=True)
    rows, outputs = make(images), []
    for precision in ("single", "double"):
        model = NNBCDClassifier((64,), max_iter=10, random_state=0, solver=MiniBatch(precision=precision))
        outputs.append(model.fit(rows[:1200], digits[:1200]).predict_proba(rows[1200:]))
    assert np.abs(outputs[0] - outputs[1]).mean() < 1e-3
    assert np.abs(outputs[0] - outputs[1]).max() > 0


def test_targets_of_any_origin():
    rows, y = make_regression(400, 10, noise=1.0, random_state=0)
    model = NNBCDRegressor((64, 64), max_iter=30, random_state=0)
    plain = model.fit(rows, y).score(rows, y)
    assert model.fit(rows, 1e9 + y).score(rows, 1e9 + y) == pytest.approx(plain, abs=0.01)


def test_streams_and_warm_starts_go_on(seen):
    """Networks in between are in the precision of X; the next part starts from them in the training's."""
    model = NNBCDClassifier((64, 32), random_state=0)
    for _ in range(3):
        model.partial_fit(X, Y, classes=[0, 1, 2])
        assert model.network_.dtype == "float64"
    before = model.score(X, Y)
    model.set_params(warm_start=True, max_iter=5).fit(X, Y)
    assert model.score(X, Y) > before - 0.02
    assert seen == {"float32"}
    early = NNBCDClassifier((64, 32), random_state=0, early_stopping=True, max_iter=5).fit(X, Y)
    assert early.network_.dtype == "float64"


@pytest.mark.parametrize("unit", [1e-250, 1e-60, 1e-20, 1e20, 1e60, 1e250])
def test_a_factor_that_all_weights_share_changes_nothing(unit, seen):
    """Beyond the range of single precision the fit is in double: outputs differ by single rounding then."""
    s = np.linspace(0.5, 2.0, len(Y))
    outputs = []
    for factor in (1.0, unit):
        model = NNBCDClassifier((64, 32), max_iter=5, random_state=0).fit(X, Y, factor * s)
        outputs.append(model.predict_proba(X))
    assert seen == ({"float32"} if 1e-20 <= unit <= 1e20 else {"float32", "float64"})
    np.testing.assert_allclose(*outputs, atol=1e-3)
    stream = NNBCDClassifier((64, 32), random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    assert np.isfinite(stream.partial_fit(X, Y, unit * s).predict_proba(X)).all()


def test_single_precision_refuses_weights_beyond_it():
    model = NNBCDClassifier((64, 32), solver=MiniBatch(precision="single"))
    with pytest.raises(ValueError, match="'precision' of MiniBatch may be 'single' for weights .* Divide"):
        model.fit(X, Y, np.full(len(Y), 1e60))


def test_more_columns_than_rows(seen):
    rows = np.random.default_rng(0).normal(size=(60, 600))
    model = NNBCDRegressor((20,), max_iter=3, random_state=0, solver="minibatch").fit(rows, rows[:, 0])
    assert seen == {"float32"}
    assert model.network_.dtype == "float64"


@pytest.mark.parametrize("value", ["half", 32, None, np.float32])
def test_precision_must_be_one_of_three(value):
    with pytest.raises(ValueError, match="'precision' of MiniBatch must be one of .*'single'.* Got"):
        NNBCDRegressor(solver=MiniBatch(precision=value)).fit(X, Y)
